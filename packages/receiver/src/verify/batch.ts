// Is a batch what an enrolled key signed? See verify.test.ts.
import { hash, type KeyObject } from 'node:crypto'
import { ed25519Verify, type Enrolment, sha256 } from '@grantlog/ledger'
import { fromBase64url, readBatch, RecordError } from '@grantlog/record'
import type { RefusalCode } from '../codes.ts'
import type { VerdictCache, VerifiedStatement } from './cache.ts'

/** A key that may sign, as far as verifying needs it. */
export interface SigningKey {
  readonly kid: string
  /** A cached KeyObject: importing one costs more than a hash. */
  readonly publicKey: KeyObject
  readonly enrolment: Enrolment
}

/** `budget` is counted down by each signature; when it is used up, the batch is `deferred`. */
export interface BatchContext {
  readonly lookup: (kid: string) => SigningKey | undefined
  readonly cache: VerdictCache
  readonly budget: { signatures: number }
}

export type BatchVerdict =
  | { readonly outcome: 'verified'; readonly key: SigningKey; readonly batch: VerifiedStatement }
  | {
      readonly outcome: 'refused'
      readonly code: RefusalCode
      readonly key: SigningKey | undefined
    }
  | { readonly outcome: 'deferred' }

/**
 * Checks cheap things first, and asks for the key before anything is hashed or verified: what a
 * stranger sends costs a look-up.
 */
export function judgeBatch(
  jws: string | null,
  digests: Uint8Array | null,
  { lookup, cache, budget }: BatchContext,
): BatchVerdict {
  if (jws === null || digests === null) return refused('UNSIGNED')
  const kid = claimedKid(jws)
  if (kid === undefined) return refused('MALFORMED')
  const key = lookup(kid)
  if (key === undefined) return refused('UNKNOWN_KEY')

  const jwsHash = hash('sha256', jws, 'base64url')
  const digestsHash = hash('sha256', digests, 'base64url')
  const known = cache.get(jwsHash)
  if (known !== undefined) {
    if (known.digestsHash !== digestsHash) return refused('ALTERED', key)
    return { outcome: 'verified', key, batch: known }
  }
  if (budget.signatures === 0) return { outcome: 'deferred' }
  try {
    const { statement, signingInput, signature } = readBatch(jws, digests, sha256)
    budget.signatures--
    if (!ed25519Verify(key.publicKey, signingInput, signature)) return refused('FORGED', key)
    const batch: VerifiedStatement = { kid, statement, digestsHash }
    cache.set(jwsHash, batch)
    return { outcome: 'verified', key, batch }
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    return refused(error.code === 'BATCH_ROOT_MISMATCH' ? 'ALTERED' : 'MALFORMED', key)
  }
}

/** The kid that a JWS claims in its header; undefined when it has no readable one. */
export function claimedKid(jws: string): string | undefined {
  const header = fromBase64url(jws.slice(0, Math.max(0, jws.indexOf('.'))))
  try {
    const json: unknown = JSON.parse(Buffer.from(header ?? []).toString())
    const kid = (json as { kid?: unknown } | null)?.kid
    return typeof kid === 'string' ? kid : undefined
  } catch {
    return undefined
  }
}

function refused(code: RefusalCode, key?: SigningKey): BatchVerdict {
  return { outcome: 'refused', code, key }
}
