// Access tokens (RFC 6750, RFC 9068): jose checks signature and times, here is what we ask besides.
// Nothing of a token is believed before its signature is verified; `iss` only chooses among the
// issuers of the configuration. Proven by token.test.ts and attacks.test.ts.
import { createHash } from 'node:crypto'
import { decodeJwt, errors, type JWTPayload, type JWTHeaderParameters, jwtVerify } from 'jose'
import { ReceiverError } from '../codes.ts'
import type { Caller } from '../flow.ts'
import { MAX_TOKEN_BYTES, MAX_TOKENS_KEPT, TOKEN_LEEWAY_S } from '../caller-limits.ts'
import type { BoundToken } from './dpop.ts'
import type { IssuerKeys } from './keys.ts'
import { ALGORITHMS, isCallerName, type IssuerOptions } from './options.ts'

export const DEFAULT_SCOPE = 'audit:write'

/** An issuer and its keys. */
export interface TrustedIssuer {
  readonly options: IssuerOptions
  readonly keys: Pick<IssuerKeys, 'find'>
}

export interface TokensParts {
  /** Unix milliseconds. */
  readonly now: () => number
  /** Milliseconds that a verified token is remembered, at most: an issuer may take its key out. */
  readonly keptMs: number
}

/** A client, and the issuer that vouches for it. */
export interface TokenCaller extends Caller {
  readonly client: string
  readonly issuer: string
}

interface Verified {
  readonly caller: TokenCaller
  /** When it is verified again. */
  readonly untilMs: number
  /** What it must come with; null: it is a bearer's. */
  readonly bound: Bound | null
}

/** To a certificate (`x5t#S256`, RFC 8705), or to a key (`jkt`, RFC 9449). */
interface Bound {
  readonly to: 'certificate' | 'key'
  readonly thumbprint: string
}

/** What a token came with. */
export interface Beside {
  /** Of the certificate of its connection, if any. */
  readonly certificate: () => string | null
  /** Checks the proof that came with the request; null: the token came as a bearer's. */
  readonly checkProof: ((token: Omit<BoundToken, 'text'>) => Promise<void>) | null
}

export interface Tokens {
  /**
   * Whose token it is. Errors: RECEIVER_TOKEN_REFUSED, RECEIVER_SCOPE_MISSING,
   * RECEIVER_ISSUER_UNREACHABLE, and those of a proof.
   */
  check(token: string, beside: Beside): Promise<TokenCaller>
  /** Of an issuer that has other keys now: all are verified again. */
  forget(): void
}

/** `issuers` by their URL. Verified tokens are remembered by their hash. */
export function createTokens(
  issuers: ReadonlyMap<string, TrustedIssuer>,
  { keptMs, now }: TokensParts,
): Tokens {
  let verified = new Map<string, Verified>()

  async function verify(token: string): Promise<Verified> {
    const issuer = issuers.get(issuerIn(token))
    if (issuer === undefined) throw refused('its issuer is not one of ours')
    const { audience, leewayS = TOKEN_LEEWAY_S, algorithms = ALGORITHMS } = issuer.options
    try {
      const { payload, protectedHeader } = await jwtVerify(token, issuer.keys.find, {
        issuer: issuer.options.issuer,
        audience,
        algorithms: [...algorithms],
        clockTolerance: leewayS,
        currentDate: new Date(now()),
        requiredClaims: ['exp'],
      })
      requireType(protectedHeader, issuer.options)
      const caller = callerOf(payload, issuer.options, issuers.size > 1)
      requireScope(payload, issuer.options)
      const endMs = ((payload.exp as number) + leewayS) * 1_000
      const untilMs = Math.min(endMs, now() + keptMs)
      return { caller, untilMs, bound: boundTo(payload) }
    } catch (error) {
      throw error instanceof errors.JOSEError ? refused(reasonOf(error)) : error
    }
  }

  return {
    async check(token, beside) {
      if (token.length > MAX_TOKEN_BYTES) throw refused(`it has over ${MAX_TOKEN_BYTES} bytes`)
      const hash = createHash('sha256').update(token).digest('base64')
      let one = verified.get(hash)
      if (one === undefined || now() >= one.untilMs) {
        verified.delete(hash)
        // Keys that change meanwhile make this a list that nobody looks at.
        const known = verified
        one = await verify(token)
        remember(known, hash, one)
      }
      await requireBinding(one, beside)
      return one.caller
    },
    forget: () => void (verified = new Map()),
  }
}

function remember(known: Map<string, Verified>, hash: string, one: Verified): void {
  const [oldest] = known.keys()
  if (known.size >= MAX_TOKENS_KEPT && oldest !== undefined) known.delete(oldest)
  known.set(hash, one)
}

function issuerIn(token: string): string {
  try {
    const { iss } = decodeJwt(token)
    return typeof iss === 'string' ? iss : ''
  } catch {
    throw refused('it is not a JWT')
  }
}

/** An ID token, a logout token or a proof is no access token, whoever signed it. */
function requireType({ typ }: JWTHeaderParameters, { requireType }: IssuerOptions): void {
  const type = typ?.toLowerCase().replace(/^application\//, '')
  const isPlain = type === undefined || type === 'jwt'
  if (type === 'at+jwt' || (isPlain && requireType !== true)) return
  throw refused('its type is not at+jwt')
}

/** RFC 9068 names the client in client_id; Keycloak in azp, others in sub alone. */
function callerOf(
  { azp, client_id, sub }: JWTPayload,
  { clients, issuer, tenant }: IssuerOptions,
  namesIssuer: boolean,
): TokenCaller {
  const client = [client_id, azp, sub].find((claim) => claim !== undefined)
  if (typeof client !== 'string') throw refused('it names no client')
  const name = namesIssuer ? `${client} of ${issuer}` : client
  if (!isCallerName(client) || !isCallerName(name)) throw refused('it names no client')
  if (clients?.includes(client) === false) throw new ReceiverError('RECEIVER_CALLER_FORBIDDEN')
  return { name, proof: 'token', client, issuer, ...(tenant !== undefined && { tenant }) }
}

/** `scope` (RFC 9068), or `scp` as a list (Hydra) or text (Entra). */
function requireScope(payload: JWTPayload, { scope = DEFAULT_SCOPE }: IssuerOptions): void {
  const granted = [payload.scope, payload.scp].flatMap((claim) => {
    if (Array.isArray(claim)) return claim as unknown[]
    return typeof claim === 'string' ? claim.split(' ') : []
  })
  if (scope !== null && !granted.includes(scope))
    throw new ReceiverError('RECEIVER_SCOPE_MISSING', scope)
}

/** A bound token without its proof is a stolen one; a bearer's as DPoP promises what is not so. */
async function requireBinding(
  { bound, caller }: Verified,
  { certificate, checkProof }: Beside,
): Promise<void> {
  if (bound?.to === 'key') {
    if (checkProof === null) throw refused('it is bound to a key, and comes without its proof')
    await checkProof({ client: caller.name, thumbprint: bound.thumbprint })
    return
  }
  if (checkProof !== null) throw refused('it is bound to no key, and comes as DPoP')
  if (bound !== null && bound.thumbprint !== certificate()) {
    throw refused('it is bound to a certificate that did not come with it')
  }
}

function boundTo({ cnf }: JWTPayload): Bound | null {
  if (cnf === undefined) return null
  const members = typeof cnf === 'object' && cnf !== null ? Object.entries(cnf) : []
  const [name, thumbprint] = members[0] ?? []
  if (members.length === 1 && typeof thumbprint === 'string') {
    if (name === 'x5t#S256') return { to: 'certificate', thumbprint }
    if (name === 'jkt') return { to: 'key', thumbprint }
  }
  throw refused('it is bound in a way that we do not know')
}

/** In words of ours: jose's messages may quote. */
function reasonOf(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'it has expired'
  if (error instanceof errors.JWTClaimValidationFailed) return `its ${claimIn(error)} is not ours`
  if (error instanceof errors.JOSEAlgNotAllowed) return 'its algorithm is not allowed'
  if (error instanceof errors.JWKSNoMatchingKey) return 'its issuer has no such key'
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'its signature is wrong'
  return 'it is malformed'
}

function claimIn({ claim }: errors.JWTClaimValidationFailed): string {
  return ['aud', 'exp', 'iat', 'iss', 'nbf'].includes(claim) ? claim : 'claim'
}

function refused(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_TOKEN_REFUSED', detail)
}
