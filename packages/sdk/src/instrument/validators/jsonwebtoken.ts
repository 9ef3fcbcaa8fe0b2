// jsonwebtoken 8 and 9 (CommonJS). It is used for much that is not OAuth: what it validates counts
// if the served request presented it, or if the caller asks for an issuer or an audience.
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { type EndedCall, validates } from '../defined/watch.ts'
import { decodeJwt } from '../client-call/jwt.ts'
import { record, text } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'

export const jsonwebtoken: Instrumentation = defineInstrumentation({
  name: 'jsonwebtoken',
  modules: [
    {
      name: 'jsonwebtoken',
      files: ['index.js'],
      hooks: { verify: validates(tell, { callback: true }) },
    },
  ],
})

function tell({ args, result, error, hasFailed }: EndedCall): ToldValidation | null {
  const [token, , options] = args
  if (typeof token !== 'string') return null
  const { issuer, audience } = record(options)
  const type = issuer === undefined && audience === undefined ? null : 'unknown'
  if (hasFailed) return { token, type, format: 'jwt', refusal: jsonwebtokenRefusal(error) }
  const { payload, header, signature } = record(result)
  // Before 8.4 it knows no such option, and gives the claims all the same.
  const isComplete = record(options).complete === true && typeof signature === 'string'
  return {
    ...{ token, type, format: 'jwt' },
    claims: isComplete ? payload : result,
    // It was verified with the rest of the token.
    header: isComplete ? header : decodeJwt(token)?.header,
  }
}

/** Its texts have been the same since version 5; they end with what was expected. */
const byText: readonly (readonly [RegExp, Reason])[] = [
  [/^jwt audience invalid/, 'audience_mismatch'],
  [/^jwt issuer invalid/, 'issuer_mismatch'],
  [/^jwt nonce invalid/, 'nonce_mismatch'],
  [/^jwt (?:subject|jwtid) invalid|^invalid (?:nbf|exp) value|^iat required/, 'claim_invalid'],
  [/^(?:invalid signature|jwt signature is required)/, 'signature_invalid'],
  [/^invalid algorithm|^secretOrPublicKey must be|key" must be/i, 'algorithm_not_allowed'],
  [/^(?:jwt malformed|invalid token|jwt must be)/, 'token_malformed'],
  // Who was asked for the key had none.
  [/^secret or public key must be provided/, 'key_unknown'],
  [/^error in secret or public key callback: .*(?:no|find|match).* key/i, 'key_unknown'],
  [/^error in secret or public key callback/, 'jwks_unavailable'],
]
const byName: Readonly<Record<string, Reason>> = {
  NotBeforeError: 'token_not_yet_valid',
  TokenExpiredError: 'token_expired',
}

/** Why it said no. Of what it says only known words are looked at, and none of its text is told. */
export function jsonwebtokenRefusal(error: unknown): { code: string; reason: Reason } {
  const { name, message } = record(error)
  const code = text(name) ?? '_OTHER'
  if (Object.hasOwn(byName, code)) return { code, reason: byName[code]! }
  const said = text(message) ?? ''
  const known = byText.find(([pattern]) => pattern.test(said))
  // A broken JSON, of header or payload.
  return { code, reason: known?.[1] ?? (code === 'SyntaxError' ? 'token_malformed' : 'other') }
}
