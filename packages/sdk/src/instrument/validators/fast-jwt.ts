// fast-jwt 4 to 6 (CommonJS), also below @fastify/jwt: verifiers are made once, and give
// a value, a promise, or call back.
import { decodeJwt } from '../client-call/jwt.ts'
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { type EndedCall, makesValidators } from '../defined/watch.ts'
import { record, text } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'

export const fastJwt: Instrumentation = defineInstrumentation({
  name: 'fast-jwt',
  modules: [
    {
      name: 'fast-jwt',
      files: ['src/index.js'],
      hooks: { createVerifier: makesValidators(tell, { callback: true }) },
    },
  ],
})

const reasons: Readonly<Record<string, Reason>> = {
  FAST_JWT_EXPIRED: 'token_expired',
  FAST_JWT_INACTIVE: 'token_not_yet_valid',
  FAST_JWT_INVALID_ALGORITHM: 'algorithm_not_allowed',
  FAST_JWT_INVALID_CLAIM_TYPE: 'claim_invalid',
  FAST_JWT_INVALID_CLAIM_VALUE: 'claim_invalid',
  FAST_JWT_INVALID_CRIT_HEADER: 'token_malformed',
  FAST_JWT_INVALID_KEY: 'algorithm_not_allowed',
  FAST_JWT_INVALID_PAYLOAD: 'token_malformed',
  FAST_JWT_INVALID_SIGNATURE: 'signature_invalid',
  FAST_JWT_INVALID_TYPE: 'token_malformed',
  FAST_JWT_KEY_FETCHING_ERROR: 'jwks_unavailable',
  FAST_JWT_MALFORMED: 'token_malformed',
  FAST_JWT_MISSING_KEY: 'key_unknown',
  FAST_JWT_MISSING_REQUIRED_CLAIM: 'claim_invalid',
  FAST_JWT_MISSING_SIGNATURE: 'signature_invalid',
  FAST_JWT_VERIFY_ERROR: 'signature_invalid',
}

function tell({ args, made, result, error, hasFailed }: EndedCall): ToldValidation | null {
  const [given] = args
  const token = given instanceof Buffer ? given.toString('latin1') : given
  if (typeof token !== 'string') return null
  const { allowedIss, allowedAud, complete } = record(made[0])
  const type = allowedIss === undefined && allowedAud === undefined ? null : 'unknown'
  if (hasFailed) return { token, type, format: 'jwt', refusal: refusalOf(error) }
  const { payload, header } = record(complete === true ? result : { payload: result })
  const shown = header ?? decodeJwt(token)?.header
  return { token, type, format: 'jwt', claims: payload, header: shown }
}

/** Which claim it is stands in the text, which names no value. */
function refusalOf(error: unknown): { code: string; reason: Reason } {
  const { code: own, message } = record(error)
  const code = text(own) ?? '_OTHER'
  if (code === 'FAST_JWT_INVALID_CLAIM_VALUE') {
    const said = text(message) ?? ''
    if (said.startsWith('The aud claim value')) return { code, reason: 'audience_mismatch' }
    if (said.startsWith('The iss claim value')) return { code, reason: 'issuer_mismatch' }
  }
  return { code, reason: Object.hasOwn(reasons, code) ? reasons[code]! : 'other' }
}
