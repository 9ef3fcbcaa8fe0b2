// Hono 4 (both kinds of modules): its JWT functions, which the middlewares jwt and jwk call, and
// bearerAuth. Its errors quote the token: only their names are looked at.
import { decodeJwt } from '../client-call/jwt.ts'
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { type EndedCall, type EndedGuard, makesGuards, validates } from '../defined/watch.ts'
import { record, text } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'

const jwt = {
  'Jwt.verify': validates((call) => tell(call, call.args[2])),
  'Jwt.verifyWithJwks': validates((call) => tell(call, record(call.args[1]).verification)),
}
const bearer = { bearerAuth: makesGuards(tellBearer) }

export const hono: Instrumentation = defineInstrumentation({
  name: 'hono',
  modules: [
    { name: 'hono/dist/cjs/utils/jwt', files: ['dist/utils/jwt/index.js'], hooks: jwt },
    {
      name: 'hono/dist/cjs/middleware/bearer-auth',
      files: ['dist/middleware/bearer-auth/index.js'],
      hooks: bearer,
    },
  ],
})

const reasons: Readonly<Record<string, Reason>> = {
  JwtAlgorithmMismatch: 'algorithm_not_allowed',
  JwtAlgorithmNotAllowed: 'algorithm_not_allowed',
  JwtAlgorithmNotImplemented: 'algorithm_not_allowed',
  JwtHeaderInvalid: 'token_malformed',
  JwtHeaderRequiresKid: 'key_unknown',
  JwtPayloadRequiresAud: 'claim_invalid',
  JwtSymmetricAlgorithmNotAllowed: 'algorithm_not_allowed',
  JwtTokenAudience: 'audience_mismatch',
  JwtTokenExpired: 'token_expired',
  JwtTokenInvalid: 'token_malformed',
  JwtTokenIssuedAt: 'token_not_yet_valid',
  JwtTokenIssuer: 'issuer_mismatch',
  JwtTokenNotBefore: 'token_not_yet_valid',
  JwtTokenSignatureMismatched: 'signature_invalid',
}

function tell(call: EndedCall, options: unknown): ToldValidation | null {
  const { args, result, error, hasFailed } = call
  const [token] = args
  if (typeof token !== 'string') return null
  const { iss, aud } = record(options)
  const type = iss === undefined && aud === undefined ? null : 'unknown'
  if (!hasFailed) {
    return { token, type, format: 'jwt', claims: result, header: decodeJwt(token)?.header }
  }
  const code = text(record(error).name) ?? 'Error'
  return { token, type, format: 'jwt', refusal: { code, reason: reasonOf(code, token) } }
}

/** verifyWithJwks says the same of a key that it does not find and of what is no JWT. */
function reasonOf(code: string, token: string): Reason {
  if (code === 'JwtTokenInvalid' && decodeJwt(token) !== null) return 'key_unknown'
  // It fails so where it asks for keys.
  if (code === 'Error' || code === 'TypeError') return 'jwks_unavailable'
  return Object.hasOwn(reasons, code) ? reasons[code]! : 'other'
}

/** Nobody knows whom such a token is for, unless `verifyToken` has asked another library. */
function tellBearer({ isLetIn, error }: EndedGuard): ToldValidation | null {
  const part = 'bearer-auth'
  if (isLetIn) return { part }
  const { status } = record(error)
  if (status === 401) return { part, refusal: { code: 'invalid_token', reason: 'token_unknown' } }
  if (status === 400) {
    return { part, refusal: { code: 'invalid_request', reason: 'token_malformed' } }
  }
  return { part, refusal: { code: 'Error', reason: 'internal' } }
}
