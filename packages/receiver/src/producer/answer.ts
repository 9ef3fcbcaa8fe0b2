// `GET /grantlog/v1/producer`: what one producer is told, signed for it (FORMAT.md 7, decision
// 021). See producer.test.ts.
import { createHash } from 'node:crypto'
import { type JsonValue, jcs, type ProducerLimits, signProducerAnswer } from '@grantlog/record'
import type { ProducerAsked, ProducerTold } from '../flow.ts'
import type { ServicePolicy } from './policy.ts'
import { createProofs, type ProofsOptions } from './proofs.ts'

export interface AnswerOptions extends ProofsOptions {
  readonly policy: Pick<ServicePolicy, 'now'>
  /** Of each request of a producer. */
  readonly limits: ProducerLimits
  /** Enrolments as they are now. */
  readonly refresh: () => Promise<void>
  /** Under the receipts' key, whose name is `<origin>/receipt`. */
  readonly sign: (signingInput: Uint8Array) => Uint8Array
}

/** Errors of the function: RECEIVER_PROOF_REFUSED, RECEIVER_BUSY. */
export function createProducerAnswers(
  options: AnswerOptions,
): (asked: ProducerAsked) => Promise<ProducerTold> {
  const { limits, now, origin, policy, refresh, sign } = options
  const prove = createProofs(options)
  const kid = `${origin}/receipt`
  return async ({ proof: jws, etag: known, limits: isAskedFor }) => {
    await refresh()
    const { key, proof } = prove(jws)
    const { audience, kid: sub, validUntil } = key.enrolment
    const told = isAskedFor ? { limits: { ...limits } } : {}
    const rules = policy.now?.document ?? null
    const lasting = { audience, iss: origin, ...told, policy: rules, sub, validUntil }
    const etag = etagOf(lasting)
    if (etag === known) return { etag, jws: null }
    const iat = Math.floor(now() / 1000)
    const answer = { ...lasting, iat, nonce: proof.jti }
    return { etag, jws: signProducerAnswer(answer, { kid, sign }) }
  }
}

/** Of all that does not change with each answer. */
function etagOf(lasting: JsonValue): string {
  return `"${createHash('sha256').update(jcs(lasting)).digest('base64url').slice(0, 22)}"`
}
