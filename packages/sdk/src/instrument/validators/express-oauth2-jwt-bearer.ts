// express-oauth2-jwt-bearer 1 (CommonJS), with a jose of its own: `auth` validates the token and
// its DPoP proof or certificate, and what follows asks for scopes and claims.
import { defineInstrumentation, type Instrumentation } from '../defined/definition.ts'
import { type EndedGuard, makesGuards } from '../defined/watch.ts'
import { record, text, texts } from '../unknown.ts'
import type { Reason, ToldValidation } from '../validating.ts'

const scopes = makesGuards(tellScopes)
const claims = makesGuards(tellClaims)

export const expressOauth2JwtBearer: Instrumentation = defineInstrumentation({
  name: 'express-oauth2-jwt-bearer',
  modules: [
    {
      name: 'express-oauth2-jwt-bearer',
      files: ['dist/index.js'],
      hooks: {
        auth: makesGuards(tell),
        requiredScopes: scopes,
        scopeIncludesAny: scopes,
        claimCheck: claims,
        claimEquals: claims,
        claimIncludes: claims,
      },
    },
  ],
})

type Verified = Pick<ToldValidation, 'claims' | 'header' | 'format'>

/** What `auth` has left on the request. */
function verifiedIn({ args }: EndedGuard): Verified | null {
  const { payload, header } = record(record(args[0]).auth)
  return payload === undefined ? null : { claims: payload, header, format: 'jwt' }
}

function tell(ended: EndedGuard): ToldValidation | null {
  const type = 'access_token'
  if (!ended.isLetIn) return { type, refusal: refusalOf(ended.error, hasProof(ended)) }
  // It lets in who shows no token, where that is allowed.
  const verified = verifiedIn(ended)
  return verified && { type, ...verified }
}

function tellScopes(ended: EndedGuard): ToldValidation | null {
  const verified = verifiedIn(ended)
  if (verified === null || ended.isLetIn) return null
  const [asked] = ended.made
  const requiredScopes = typeof asked === 'string' ? asked.split(' ') : texts(asked)
  const refusal = { code: 'insufficient_scope', reason: 'scope_insufficient' as const }
  return { ...verified, requiredScopes, refusal }
}

function tellClaims(ended: EndedGuard): ToldValidation | null {
  const verified = verifiedIn(ended)
  if (verified === null || ended.isLetIn) return null
  return { ...verified, refusal: { code: 'invalid_token', reason: 'claim_invalid' } }
}

function hasProof({ args }: EndedGuard): boolean {
  return record(record(args[0]).headers).dpop !== undefined
}

/** Its texts name claims, but never their values. */
const byText: readonly (readonly [RegExp, Reason])[] = [
  [/^Unexpected 'aud' value/, 'audience_mismatch'],
  [/^Unexpected 'iss' value|issuer is not allowed|does not match token issuer/, 'issuer_mismatch'],
  [/^Unexpected 'exp' value/, 'token_expired'],
  [/^Unexpected 'alg' value|^Unsupported algorithm|"alg" claim/, 'algorithm_not_allowed'],
  [/^Unexpected '\w+' value|^Token missing required/, 'claim_invalid'],
  [/x5t#S256/, 'certificate_mismatch'],
  [/jkt|DPoP/, 'dpop_invalid'],
  [/^Failed to (?:fetch|parse)|^No JWKS URI/, 'jwks_unavailable'],
]

/** Of what it has found itself; `other` is what its jose has said. */
function refusalOf(error: unknown, isDpop: boolean): { code: string; reason: Reason } {
  const { code: own, name, message } = record(error)
  const code = text(own) ?? text(name) ?? '_OTHER'
  if (code === 'invalid_dpop_proof') return { code, reason: 'dpop_invalid' }
  if (name === 'InvalidRequestError') return { code, reason: 'request_invalid' }
  const said = text(message) ?? ''
  // The same text for the key of a proof and for that of a certificate.
  if (/confirmation (?:mismatch|claim)/.test(said) && !/x5t|jkt/.test(said)) {
    return { code, reason: isDpop ? 'dpop_invalid' : 'certificate_mismatch' }
  }
  return { code, reason: byText.find(([pattern]) => pattern.test(said))?.[1] ?? 'other' }
}
