// Who sends: whoever shows a certificate or an access token that the configuration names. Asked
// before a request's body is read. Proven by callers.test.ts and attacks.test.ts.
import { REFUSED_CALLER_TOLD_MS } from '../caller-limits.ts'
import { RECEIVER_CODES, ReceiverError } from '../codes.ts'
import type { Asked, Caller, Enrolling, Log } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { seldom } from '../seldom.ts'
import { type Certificates, certificatesOf, thumbprintOf } from './certificate.ts'
import { type CheckProof, createDpop } from './dpop.ts'
import { createEnrolling, type EnrollingClients } from './enrolling.ts'
import { fetchKeys } from './io/issuer.ts'
import { issuerKeys, type KeysOptions } from './keys.ts'
import { type Asking, askingOf, type CallersOptions, checkCallers } from './options.ts'
import { type Beside, createTokens, type Tokens, type TrustedIssuer } from './token.ts'

export interface Callers {
  readonly asks: Asking
  /** Requests that were refused for who sent them, since the start. */
  readonly refused: number
  /**
   * Errors: RECEIVER_CREDENTIALS_MALFORMED, RECEIVER_CALLER_UNKNOWN, and those of certificates and
   * tokens.
   */
  identify(asked: Asked): Promise<Caller>
  /**
   * Who may enrol a key, by a token alone. Errors: those of identify(), RECEIVER_CALLER_FORBIDDEN,
   * RECEIVER_PATH_UNKNOWN where nobody may.
   */
  mayEnrol(asked: Asked): Promise<Enrolling>
  /** Replaces who may send, from the next request on. Errors: RECEIVER_CALLERS_INVALID. */
  allow(options: CallersOptions): void
}

export interface CallersParts {
  readonly limits: Limits
  readonly log: Log
  readonly now: () => number
  readonly uptimeMs: () => number
}

interface InForce {
  readonly asks: Asking
  readonly certificates: Certificates | null
  readonly tokens: Tokens | null
  readonly checkProof: CheckProof
  /** Null: nobody enrols by a token. */
  readonly enrolling: EnrollingClients | null
}

/** Errors: RECEIVER_CALLERS_INVALID. */
export function createCallers(options: CallersOptions, parts: CallersParts): Callers {
  const tell = tellSeldom(parts)
  // Of all lists: a proof that was used stays so when the callers change.
  const checkProof = createDpop(parts)
  let inForce = { ...read(options, parts), checkProof }
  let refused = 0

  async function counting<T>(identified: Promise<T>): Promise<T> {
    try {
      return await identified
    } catch (error) {
      if (error instanceof ReceiverError) {
        refused++
        tell(error)
      }
      throw error
    }
  }

  return {
    get asks() {
      return inForce.asks
    },
    get refused() {
      return refused
    },
    identify: (asked) => counting(callerOf(asked, inForce)),
    async mayEnrol(asked) {
      const { enrolling } = inForce
      if (enrolling === null) throw new ReceiverError('RECEIVER_PATH_UNKNOWN')
      return await counting(enrollingOf(asked, enrolling, checkProof))
    },
    allow(next) {
      inForce = { ...read(next, parts), checkProof }
      parts.log({ code: 'CALLERS_READ', level: 'info', asks: inForce.asks.join(' or ') })
    },
  }
}

function read(options: CallersOptions, parts: CallersParts): Omit<InForce, 'checkProof'> {
  checkCallers(options)
  const { certificates, issuers = [] } = options
  const trusted = new Map<string, TrustedIssuer>()
  const { limits, now } = parts
  const kept = { now, keptMs: limits.issuerRefreshMs }
  const tokens = issuers.length === 0 ? null : createTokens(trusted, kept)
  // Known once the issuers are, whose keys come later.
  let enrolling: EnrollingClients | null = null
  for (const issuer of issuers) {
    const fetch: KeysOptions['fetch'] = () => fetchKeys(issuer, limits.issuerTimeoutMs)
    const onChange = (): void => {
      tokens?.forget()
      enrolling?.forget()
    }
    const keys = issuerKeys({ ...parts, issuer: issuer.issuer, fetch, onChange })
    trusted.set(issuer.issuer, { options: issuer, keys })
    void keys.warm()
  }
  enrolling = createEnrolling(trusted, kept)
  const marks = certificates === undefined ? null : certificatesOf(certificates, now)
  return { asks: askingOf(options), certificates: marks, tokens, enrolling }
}

async function callerOf(asked: Asked, inForce: InForce): Promise<Caller> {
  const { certificates, checkProof, tokens } = inForce
  const shown = tokens === null ? null : tokenIn(asked)
  if (tokens !== null && shown !== null) {
    return await tokens.check(shown.token, besideOf(asked, shown, checkProof))
  }
  const caller = certificates?.callerOf(asked.socket)
  if (caller) return caller
  throw new ReceiverError('RECEIVER_CALLER_UNKNOWN')
}

async function enrollingOf(
  asked: Asked,
  enrolling: EnrollingClients,
  checkProof: CheckProof,
): Promise<Enrolling> {
  const shown = tokenIn(asked)
  if (shown === null) throw new ReceiverError('RECEIVER_CALLER_UNKNOWN')
  return await enrolling.check(shown.token, besideOf(asked, shown, checkProof))
}

function besideOf(asked: Asked, { isDpop, token }: Shown, checkProof: CheckProof): Beside {
  return {
    certificate: () => thumbprintOf(asked.socket),
    checkProof: isDpop ? (of) => checkProof(asked, { ...of, text: token }) : null,
  }
}

interface Shown {
  readonly token: string
  /** By the scheme, RFC 9449, 7.1. */
  readonly isDpop: boolean
}

/**
 * RFC 6750, 2.1; the forms of 2.2 and 2.3 put tokens into bodies and logs. Null: there is none.
 * Errors: RECEIVER_CREDENTIALS_MALFORMED.
 */
function tokenIn({ headers, rawHeaders }: Asked): Shown | null {
  const names = rawHeaders.filter((_, at) => at % 2 === 0)
  const shown = names.filter((name) => name.toLowerCase() === 'authorization').length
  if (shown > 1) throw new ReceiverError('RECEIVER_CREDENTIALS_MALFORMED')
  const value = headers.authorization
  if (value === undefined) return null
  const [, scheme, token] = /^(Bearer|DPoP) +([A-Za-z0-9._~+/-]+=*) *$/i.exec(value) ?? []
  // Basic and others: a token is what we ask for.
  if (token === undefined) throw new ReceiverError('RECEIVER_CALLER_UNKNOWN')
  return { token, isDpop: scheme?.toLowerCase() === 'dpop' }
}

/** Each reason once in a while. */
function tellSeldom({ log, uptimeMs }: CallersParts): (error: ReceiverError) => void {
  const tell = seldom(REFUSED_CALLER_TOLD_MS, uptimeMs)
  return ({ code: reason, message: detail }) =>
    tell(reason, (times) => {
      const { status } = RECEIVER_CODES[reason]
      log({ code: 'CALLER_REFUSED', level: 'warn', reason, status, detail, times })
    })
}
