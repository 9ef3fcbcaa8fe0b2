// Why an authorization server refuses: the values of `oauth.error.reason` that its hooks may tell.

export const serverReasons = [
  'access_denied',
  'account_unknown',
  'acr_insufficient',
  'algorithm_not_allowed',
  'audience_mismatch',
  'authorization_pending',
  'certificate_mismatch',
  'claim_invalid',
  'client_credentials_invalid',
  'client_not_allowed',
  'client_unknown',
  'code_expired',
  'code_replayed',
  'code_unknown',
  'consent_required',
  'dpop_invalid',
  'grant_expired',
  'grant_revoked',
  'internal',
  'issuer_mismatch',
  'login_required',
  'other',
  'pkce_mismatch',
  'pkce_missing',
  'rate_limited',
  'redirect_uri_mismatch',
  'refresh_reused',
  'request_invalid',
  'scope_insufficient',
  'scope_not_allowed',
  'session_ended',
  'signature_invalid',
  'state_mismatch',
  'token_expired',
  'token_malformed',
  'token_missing',
  'token_revoked',
  'token_unknown',
] as const

export type ServerReason = (typeof serverReasons)[number]

/** What else is told is `other`. */
export function serverReasonOf(told: string): ServerReason {
  return serverReasons.find((one) => one === told) ?? 'other'
}
