// Is a batch what an enrolled key signed? See verify.test.ts.
import { hash, type KeyObject } from 'node:crypto'
import { type Enrolment, merkle, sha256 } from '@grantlog/ledger'
import { type BatchStatement, fromBase64url, readBatch, RecordError } from '@grantlog/record'
import type { RefusalCode } from '../codes.ts'
import type { SignatureBudget } from '../flow.ts'
import type { VerdictCache, VerifiedStatement } from './cache.ts'
import { isSigned } from './signature.ts'

/** A key that may sign, as far as verifying needs it. */
export interface SigningKey {
  readonly kid: string
  /** A cached KeyObject: importing one costs more than a hash. */
  readonly publicKey: KeyObject
  readonly enrolment: Enrolment
}

/**
 * `budget` is counted down by each batch that is not remembered; when it is used up, the batch is
 * `deferred`. Bad verdicts are remembered too: else a retry would spend its budget on them again.
 */
export interface BatchContext {
  readonly lookup: (kid: string) => SigningKey | undefined
  readonly verified: VerdictCache<VerifiedStatement>
  /** Apart from the good ones, so that forgers do not drive those out. */
  readonly refused: VerdictCache<RefusalCode>
  readonly budget: SignatureBudget
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
  context: BatchContext,
): BatchVerdict {
  if (jws === null || digests === null) return refused('UNSIGNED')
  const kid = claimedKid(jws)
  if (kid === undefined) return refused('MALFORMED')
  const key = context.lookup(kid)
  if (key === undefined) return refused('UNKNOWN_KEY')
  if (key.enrolment.revoked !== undefined) return refused('REVOKED', key)

  const jwsHash = hash('sha256', jws, 'base64url')
  const digestsHash = hash('sha256', digests, 'base64url')
  const known = context.verified.get(jwsHash)
  if (known !== undefined) {
    if (known.digestsHash !== digestsHash) return refused('ALTERED', key)
    return { outcome: 'verified', key, batch: known }
  }
  const name = `${jwsHash} ${digestsHash} ${key.enrolment.publicKey}`
  const before = context.refused.get(name)
  if (before !== undefined) return refused(before, key)
  if (context.budget.signatures === 0) return { outcome: 'deferred' }
  context.budget.signatures--
  const verdict = verifyBatch(jws, digests, key)
  if (typeof verdict === 'string') {
    context.refused.set(name, verdict)
    return refused(verdict, key)
  }
  const batch = { kid, statement: verdict, digestsHash }
  context.verified.set(jwsHash, batch)
  return { outcome: 'verified', key, batch }
}

export function verifyBatch(
  jws: string,
  digests: Uint8Array,
  { publicKey }: SigningKey,
): BatchStatement | RefusalCode {
  try {
    const { statement, signingInput, signature } = readBatch(
      jws,
      digests,
      sha256,
      merkle().rootOver,
    )
    return isSigned(publicKey, signingInput, signature) ? statement : 'FORGED'
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    return error.code === 'BATCH_ROOT_MISMATCH' ? 'ALTERED' : 'MALFORMED'
  }
}

/** The kid that a JWS claims in its header; undefined when it has no readable one. */
export function claimedKid(jws: string): string | undefined {
  const header = jws.slice(0, Math.max(0, jws.indexOf('.')))
  // A producer's batches all have the same.
  if (last.header !== header) last = { header, kid: kidIn(header) }
  return last.kid
}

let last: { readonly header: string; readonly kid: string | undefined } = {
  header: '',
  kid: undefined,
}

function kidIn(header: string): string | undefined {
  try {
    const json: unknown = JSON.parse(Buffer.from(fromBase64url(header) ?? []).toString())
    const kid = (json as { kid?: unknown } | null)?.kid
    return typeof kid === 'string' ? kid : undefined
  } catch {
    return undefined
  }
}

function refused(code: RefusalCode, key?: SigningKey): BatchVerdict {
  return { outcome: 'refused', code, key }
}
