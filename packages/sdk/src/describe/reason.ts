// Real reasons of failures, in the registry's words. Texts of libraries are no contract: they are
// matched loosely, from the most specific to the least, and what is not known is `other`. All texts
// of oidc-provider stand with their reasons in test/fixtures/reasons.ts.
import type { Endpoint, ErrorFacts, ServerFacts } from '../facts.ts'

/** What these codes say no text can say better, and some come with a text of the application. */
const decisive: Readonly<Record<string, string>> = {
  access_denied: 'access_denied',
  authorization_pending: 'authorization_pending',
  login_required: 'login_required',
  consent_required: 'consent_required',
  invalid_dpop_proof: 'dpop_invalid',
  use_dpop_nonce: 'dpop_invalid',
  unmet_authentication_requirements: 'acr_insufficient',
  slow_down: 'rate_limited',
  too_many_requests: 'rate_limited',
  server_error: 'internal',
  temporarily_unavailable: 'internal',
}

const notAllowed = 'client_not_allowed'
const badCredentials = 'client_credentials_invalid'

const byText: readonly (readonly [RegExp, string])[] = [
  [/code_verifier does not match/, 'pkce_mismatch'],
  [/code_verifier must be provided|requires PKCE/, 'pkce_missing'],
  [/(code|request) already consumed|code has already been used/, 'code_replayed'],
  [/(code|authentication request) is expired|the code has expired/, 'code_expired'],
  [/(code|authentication request) not found|the code was not found/, 'code_unknown'],
  [/refresh token already used/, 'refresh_reused'],
  [/refresh token is expired/, 'token_expired'],
  [/no access token provided/, 'token_missing'],
  [/access token not found|refresh token not found|initial access token value/, 'token_unknown'],
  [/grant not found/, 'grant_revoked'],
  [/grant is expired/, 'grant_expired'],
  [/account not found|could not identify end-user/, 'account_unknown'],
  [/session mismatch|cookie identifier mismatch|xsrf|could not find .* details/, 'state_mismatch'],
  [/session( id cookie)? not found|request has expired|principal changed/, 'session_ended'],
  [/has expired$/m, 'token_expired'],
  [/redirect_uri (mismatch|did not match|not registered)/, 'redirect_uri_mismatch'],
  [/^redirect_uris/m, 'request_invalid'],
  [/client not found|metadata document fetch failed/, 'client_unknown'],
  [/client mismatch|not allowed for (this )?client|client is not (authorized|allowed)/, notAllowed],
  [/does not have permission|fetch not allowed/, notAllowed],
  [/invalid secret|secret.* expired|client_secret (must be provided|does not)/, badCredentials],
  [/no client authentication|provided authentication mechanism/, badCredentials],
  [/certificate (was not|subject)|unregistered client certificate/, badCredentials],
  [/client-attestation/, badCredentials],
  [/unsupported signed request alg|preregistered alg|alg mismatch/, 'algorithm_not_allowed'],
  [/alg is not supported/, 'algorithm_not_allowed'],
  [/signature verification failed/, 'signature_invalid'],
  [/jwt expired/, 'token_expired'],
  [/jwt not active yet|jwt issued in the future/, 'token_not_yet_valid'],
  [/jwt issuer invalid/, 'issuer_mismatch'],
  [/jwt audience missing/, 'audience_mismatch'],
  [/invalid \w+ value$/m, 'claim_invalid'],
  [/jkt|DPoP|but proof of possession/, 'dpop_invalid'],
  [/x5t|mutual TLS/, 'certificate_mismatch'],
  [/token audience prevents/, 'audience_mismatch'],
  [/does not authorize issuance/, 'scope_insufficient'],
  [/scope contains invalid|resource indicator must|only a single/, 'request_invalid'],
  [/no code submitted/, 'request_invalid'],
  [/interaction was aborted/, 'access_denied'],
]

const byCode: Readonly<Record<string, string>> = {
  credential_request_denied: 'access_denied',
  expired_login_hint_token: 'token_expired',
  expired_token: 'code_expired',
  insufficient_scope: 'scope_insufficient',
  invalid_authorization_details: 'request_invalid',
  invalid_binding_message: 'request_invalid',
  invalid_client: 'client_credentials_invalid',
  invalid_client_attestation: 'client_credentials_invalid',
  invalid_client_metadata: 'request_invalid',
  invalid_credential_request: 'request_invalid',
  invalid_nonce: 'request_invalid',
  invalid_proof: 'request_invalid',
  invalid_redirect_uri: 'redirect_uri_mismatch',
  invalid_request: 'request_invalid',
  invalid_request_object: 'request_invalid',
  invalid_request_uri: 'request_invalid',
  invalid_scope: 'scope_not_allowed',
  invalid_target: 'audience_mismatch',
  missing_user_code: 'request_invalid',
  registration_not_supported: 'request_invalid',
  request_not_supported: 'request_invalid',
  request_uri_not_supported: 'request_invalid',
  unauthorized_client: 'client_not_allowed',
  unknown_credential_configuration: 'request_invalid',
  unknown_credential_identifier: 'request_invalid',
  unknown_user_id: 'account_unknown',
  unsupported_grant_type: 'request_invalid',
  unsupported_response_mode: 'request_invalid',
  unsupported_response_type: 'request_invalid',
  unsupported_token_type: 'request_invalid',
  use_attestation_challenge: 'client_credentials_invalid',
  use_fresh_attestation: 'client_credentials_invalid',
}

/** Why it failed; `oauth.error.reason`. */
export function reasonOf({ code, detail, description, reason }: ErrorFacts): string {
  if (reason) return reason
  if (Object.hasOwn(decisive, code)) return decisive[code]!
  const text = `${detail ?? ''}\n${description ?? ''}`
  const known = byText.find(([pattern]) => pattern.test(text))
  return known?.[1] ?? (Object.hasOwn(byCode, code) ? byCode[code]! : 'other')
}

/** The same of a request, of which more may be known than its error tells. */
export function whyOf({ error, reason }: ServerFacts): string | null {
  return reason ?? (error === null ? null : reasonOf(error))
}

/** What part of the protocol it is about; `oauth.error.category`. */
export function categoryOf(error: ErrorFacts, endpoint: Endpoint): string {
  // Told in words only, on a page.
  if (reasonOf(error) === 'access_denied') return 'consent'
  switch (error.code) {
    case 'server_error':
    case 'temporarily_unavailable':
      return 'server'
    case 'invalid_client':
    case 'invalid_client_attestation':
    case 'use_attestation_challenge':
    case 'use_fresh_attestation':
      return 'client_authentication'
    case 'login_required':
    case 'unmet_authentication_requirements':
    case 'unknown_user_id':
    case 'expired_login_hint_token':
      return 'user_authentication'
    case 'consent_required':
    case 'interaction_required':
      return 'consent'
    case 'invalid_scope':
    case 'insufficient_scope':
      return 'scope'
    case 'invalid_grant':
    case 'expired_token':
      return 'grant'
    case 'invalid_token':
    case 'unsupported_token_type':
      return 'token'
    default:
      if (endpoint === 'userinfo' || endpoint === 'credential') return 'token'
      return endpoint === 'token' ? 'grant' : 'authorization_request'
  }
}
