// aws-jwt-verify 5 (both kinds of modules): verifiers of tokens of Amazon Cognito and of any other
// issuer. Its errors are classes, whose names are part of its API.
import * as grantlog from '@grantlog/sdk/instrumentation'

const verify = grantlog.validates(tell)

export const awsJwtVerify = grantlog.defineInstrumentation({
  name: 'aws-jwt-verify',
  modules: [
    {
      name: 'aws-jwt-verify',
      files: ['dist/esm/index.js'],
      hooks: {
        'JwtVerifier#verify': verify,
        'JwtVerifier#verifySync': verify,
        'CognitoJwtVerifier#verify': verify,
        'CognitoJwtVerifier#verifySync': verify,
      },
    },
  ],
})

const reasons: Readonly<Record<string, grantlog.Reason>> = {
  CognitoJwtInvalidGroupError: 'role_insufficient',
  FetchError: 'jwks_unavailable',
  JwtExpiredError: 'token_expired',
  JwtInvalidAudienceError: 'audience_mismatch',
  JwtInvalidIssuerError: 'issuer_mismatch',
  JwtInvalidScopeError: 'scope_insufficient',
  JwtInvalidSignatureAlgorithmError: 'algorithm_not_allowed',
  JwtInvalidSignatureError: 'signature_invalid',
  JwtNotBeforeError: 'token_not_yet_valid',
  JwtParseError: 'token_malformed',
  KidNotFoundInJwksError: 'key_unknown',
}

function tell({ args, result, error }: grantlog.EndedCall): grantlog.ToldValidation | null {
  const [token] = args
  if (typeof token !== 'string') return null
  if (error === undefined) return { token, type: 'access_token', claims: result }
  const code = error instanceof Error ? error.constructor.name : 'Error'
  return { token, type: 'access_token', refusal: { code, reason: reasons[code] ?? 'other' } }
}

grantlog.addInstrumentation(awsJwtVerify)
