// Proofs that whoever shows an access token has the key it is bound to (DPoP, RFC 9449, 4.3). A
// proof is for one request to one place, and good once. Proven by dpop.test.ts.
import { createHash } from 'node:crypto'
import { calculateJwkThumbprint, EmbeddedJWK, errors, type JWK, jwtVerify } from 'jose'
import { ReceiverError } from '../codes.ts'
import type { Asked } from '../flow.ts'
import {
  DPOP_SKEW_S,
  MAX_DPOP_JTI_CHARACTERS,
  MAX_DPOP_PROOFS_KEPT,
  MAX_DPOP_PROOFS_OF_CLIENT,
  MAX_TOKEN_BYTES,
} from '../caller-limits.ts'
import { ALGORITHMS } from './options.ts'

export interface DpopOptions {
  /** Unix milliseconds. */
  readonly now: () => number
  /** Proofs remembered, in all and of one client; default: the limits. */
  readonly kept?: { readonly all: number; readonly ofClient: number }
}

/** A token that was verified. */
export interface BoundToken {
  readonly text: string
  /** Whose it is. */
  readonly client: string
  /** `jkt` of the key it is bound to (RFC 7638). */
  readonly thumbprint: string
}

/** Checks a request's proof for its token. Errors: RECEIVER_DPOP_REFUSED, RECEIVER_BUSY. */
export type CheckProof = (asked: Asked, token: BoundToken) => Promise<void>

/** One for all lists of callers: what was used stays so. */
export function createDpop({ kept = KEPT, now }: DpopOptions): CheckProof {
  const takeOnce = createReplays(kept)
  return async (asked, { client, text, thumbprint }) => {
    const { jkt, payload } = await verified(proofIn(asked))
    // Whoever has the token alone must use up nothing of its client.
    if (jkt !== thumbprint) throw refused('it is by another key than that of its token')
    const { ath, htm, htu, iat, jti } = payload
    if (htm !== asked.method) throw refused('it is for another method')
    if (!isPlace(htu, asked)) throw refused('it is for another place')
    if (ath !== createHash('sha256').update(text).digest('base64url')) {
      throw refused('it is for another access token')
    }
    const nowS = now() / 1000
    if (typeof iat !== 'number' || Math.abs(iat - nowS) > DPOP_SKEW_S) {
      throw refused(`its time is not within ${DPOP_SKEW_S} s of ours`)
    }
    if (typeof jti !== 'string' || jti === '' || jti.length > MAX_DPOP_JTI_CHARACTERS) {
      throw refused('it has no jti')
    }
    takeOnce(`${jkt} ${jti}`, { client, iat, nowS })
  }
}

/** One, and no more: which of two counts, others may see otherwise. */
function proofIn({ headers, rawHeaders }: Asked): string {
  const { dpop } = headers
  const shown = rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'dpop')
  if (typeof dpop !== 'string' || shown.length !== 1) throw refused('there is not one DPoP header')
  if (dpop.length > MAX_TOKEN_BYTES) throw refused(`it has over ${MAX_TOKEN_BYTES} bytes`)
  return dpop
}

interface Read {
  readonly jkt: string
  readonly payload: Readonly<Record<string, unknown>>
}

/** By the public key inside. */
async function verified(jwt: string): Promise<Read> {
  try {
    const { payload, protectedHeader } = await jwtVerify(jwt, EmbeddedJWK, {
      typ: 'dpop+jwt',
      algorithms: [...ALGORITHMS],
      // Its times are looked at here: it has no end of its own.
      currentDate: new Date(0),
      clockTolerance: Number.MAX_SAFE_INTEGER,
    })
    return { payload, jkt: await calculateJwkThumbprint(protectedHeader.jwk as JWK, 'sha256') }
  } catch (error) {
    if (error instanceof errors.JWSSignatureVerificationFailed) throw refused('it is forged')
    throw refused('it is malformed')
  }
}

/**
 * Without query and fragment. The host is what the request names, which was looked at before (a
 * foreign one is refused). A proxy before us may have ended the TLS.
 */
function isPlace(htu: unknown, { headers, socket, url = '' }: Asked): boolean {
  const said = typeof htu === 'string' ? URL.parse(htu) : null
  if (said === null) return false
  const isSecure = said.protocol === 'https:'
  if (!isSecure && (said.protocol !== 'http:' || socket.encrypted === true)) return false
  // HTTP/2 may bring both: the one that was looked at counts (grpc-call.ts).
  const host = headers[':authority'] ?? headers.host
  const asked = URL.parse(`${said.protocol}//${String(host)}${url.split(/[?#]/, 1)[0] ?? ''}`)
  return asked !== null && asked.host === said.host && asked.pathname === said.pathname
}

const KEPT = { all: MAX_DPOP_PROOFS_KEPT, ofClient: MAX_DPOP_PROOFS_OF_CLIENT }

interface Use {
  readonly client: string
  readonly iat: number
  readonly nowS: number
}

/** Returns what takes each proof once; all are remembered until their time would refuse them. */
function createReplays({ all, ofClient }: typeof KEPT): (name: string, use: Use) => void {
  const used = new Map<string, { readonly client: string; readonly endS: number }>()
  const counts = new Map<string, number>()
  return (name, { client, iat, nowS }) => {
    // Nearly in the order of their times: one behind a younger one stays a while longer.
    for (const [old, { client: of, endS }] of used) {
      if (endS >= nowS) break
      used.delete(old)
      const left = (counts.get(of) ?? 1) - 1
      if (left === 0) counts.delete(of)
      else counts.set(of, left)
    }
    if (used.has(name)) throw refused('it was used before')
    const count = counts.get(client) ?? 0
    if (used.size >= all || count >= ofClient) {
      throw new ReceiverError('RECEIVER_BUSY', 'too many DPoP proofs in a minute')
    }
    used.set(name, { client, endS: iat + DPOP_SKEW_S })
    counts.set(client, count + 1)
  }
}

function refused(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_DPOP_REFUSED', detail)
}
