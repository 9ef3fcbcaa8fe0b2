// Real reasons of failures, in the registry's words. Texts of libraries are no contract: they are
// matched loosely, from the most specific to the least, and what is not known is `other`.
import type { ErrorFacts } from '../facts.ts'

const byDetail: readonly (readonly [RegExp, string])[] = [
  [/code_verifier does not match/, 'pkce_mismatch'],
  [/code_verifier must be provided|requires PKCE/, 'pkce_missing'],
  [/authorization code already consumed/, 'code_replayed'],
  [/authorization code is expired/, 'code_expired'],
  [/authorization code not found/, 'code_unknown'],
  [/refresh token already used/, 'refresh_reused'],
  [/refresh token is expired/, 'token_expired'],
  [/refresh token not found/, 'token_unknown'],
  [/grant (not found|is expired)/, 'grant_revoked'],
  [/redirect_uri/, 'redirect_uri_mismatch'],
  [/client not found/, 'client_unknown'],
  [/client mismatch|not allowed for this client/, 'client_not_allowed'],
  [/invalid secret|secret is expired|client_secret must be provided/, 'client_credentials_invalid'],
  [/authentication mechanism/, 'client_credentials_invalid'],
  [/jkt|DPoP/, 'dpop_invalid'],
  [/x5t|certificate/, 'certificate_mismatch'],
  [/unsupported (alg|key)|alg mismatch/, 'algorithm_not_allowed'],
]

const byCode: Readonly<Record<string, string>> = {
  access_denied: 'access_denied',
  login_required: 'login_required',
  consent_required: 'consent_required',
  invalid_client: 'client_credentials_invalid',
  unauthorized_client: 'client_not_allowed',
  invalid_redirect_uri: 'redirect_uri_mismatch',
  invalid_scope: 'scope_not_allowed',
  insufficient_scope: 'scope_insufficient',
  invalid_dpop_proof: 'dpop_invalid',
  use_dpop_nonce: 'dpop_invalid',
  invalid_target: 'audience_mismatch',
  unmet_authentication_requirements: 'acr_insufficient',
  slow_down: 'rate_limited',
  server_error: 'internal',
}

/** Why it failed; `oauth.error.reason`. */
export function reasonOf(error: ErrorFacts): string {
  const text = `${error.detail ?? ''}\n${error.description ?? ''}`
  const known = byDetail.find(([pattern]) => pattern.test(text))
  return known?.[1] ?? (Object.hasOwn(byCode, error.code) ? byCode[error.code]! : 'other')
}

/** What part of the protocol it is about; `oauth.error.category`. */
export function categoryOf(
  error: ErrorFacts,
  endpoint: 'authorization' | 'resume' | 'token',
): string {
  switch (error.code) {
    case 'server_error':
    case 'temporarily_unavailable':
      return 'server'
    case 'invalid_client':
      return 'client_authentication'
    case 'login_required':
    case 'unmet_authentication_requirements':
      return 'user_authentication'
    case 'access_denied':
    case 'consent_required':
    case 'interaction_required':
      return 'consent'
    case 'invalid_scope':
    case 'insufficient_scope':
      return 'scope'
    case 'invalid_grant':
      return 'grant'
    default:
      return endpoint === 'token' ? 'grant' : 'authorization_request'
  }
}
