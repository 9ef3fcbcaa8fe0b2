// Keycloak's words, of 26.7, in ours. See describe.test.ts.

/** Event types without `_ERROR`, and the action that each is; of others see `genericAction`. */
export const actions: Readonly<Record<string, string>> = {
  LOGIN: 'oauth.login',
  IDENTITY_PROVIDER_LOGIN: 'oauth.login',
  LOGOUT: 'oauth.end_session',
  CODE_TO_TOKEN: 'oauth.token',
  REFRESH_TOKEN: 'oauth.token',
  CLIENT_LOGIN: 'oauth.token',
  TOKEN_EXCHANGE: 'oauth.token',
  OAUTH2_DEVICE_CODE_TO_TOKEN: 'oauth.token',
  AUTHREQID_TO_TOKEN: 'oauth.token',
  OAUTH2_EXTENSION_GRANT: 'oauth.token',
  JWT_AUTHORIZATION_GRANT: 'oauth.token',
  PERMISSION_TOKEN: 'oauth.token',
  VERIFIABLE_CREDENTIAL_PRE_AUTHORIZED_GRANT: 'oauth.token',
  INTROSPECT_TOKEN: 'oauth.introspect',
  VALIDATE_ACCESS_TOKEN: 'oauth.introspect',
  USER_INFO_REQUEST: 'oauth.userinfo',
  REVOKE_GRANT: 'oauth.revoke',
  GRANT_CONSENT: 'oauth.consent',
  UPDATE_CONSENT: 'oauth.consent',
  OAUTH2_DEVICE_AUTH: 'oauth.device_authorization',
  OAUTH2_DEVICE_VERIFY_USER_CODE: 'oauth.device_verification',
  PUSHED_AUTHORIZATION_REQUEST: 'oauth.par',
  CLIENT_REGISTER: 'oauth.register',
  CLIENT_UPDATE: 'oauth.register',
  CLIENT_DELETE: 'oauth.register',
  CLIENT_INFO: 'oauth.register',
}

/** Grant types of token events that say none. */
export const grantTypes: Readonly<Record<string, string>> = {
  CODE_TO_TOKEN: 'authorization_code',
  REFRESH_TOKEN: 'refresh_token',
  CLIENT_LOGIN: 'client_credentials',
  TOKEN_EXCHANGE: 'urn:ietf:params:oauth:grant-type:token-exchange',
  OAUTH2_DEVICE_CODE_TO_TOKEN: 'urn:ietf:params:oauth:grant-type:device_code',
  AUTHREQID_TO_TOKEN: 'urn:openid:params:grant-type:ciba',
  JWT_AUTHORIZATION_GRANT: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  PERMISSION_TOKEN: 'urn:ietf:params:oauth:grant-type:uma-ticket',
}

/** Other types that Keycloak has, recorded under their own names. */
const others = `
  REGISTER UPDATE_EMAIL UPDATE_PROFILE UPDATE_PASSWORD UPDATE_TOTP UPDATE_CREDENTIAL REMOVE_TOTP
  REMOVE_CREDENTIAL VERIFY_EMAIL VERIFY_PROFILE SEND_VERIFY_EMAIL SEND_RESET_PASSWORD
  SEND_IDENTITY_PROVIDER_LINK RESET_PASSWORD RESTART_AUTHENTICATION DELETE_ACCOUNT IMPERSONATE
  FEDERATED_IDENTITY_LINK FEDERATED_IDENTITY_OVERRIDE_LINK REMOVE_FEDERATED_IDENTITY
  IDENTITY_PROVIDER_LINK_ACCOUNT IDENTITY_PROVIDER_FIRST_LOGIN IDENTITY_PROVIDER_POST_LOGIN
  IDENTITY_PROVIDER_RESPONSE IDENTITY_PROVIDER_RETRIEVE_TOKEN CLIENT_INITIATED_ACCOUNT_LINKING
  CUSTOM_REQUIRED_ACTION EXECUTE_ACTIONS EXECUTE_ACTION_TOKEN INVALID_SIGNATURE REGISTER_NODE
  UNREGISTER_NODE USER_DISABLED_BY_PERMANENT_LOCKOUT USER_DISABLED_BY_TEMPORARY_LOCKOUT
  USER_SESSION_DELETED INVITE_ORG VERIFIABLE_CREDENTIAL_REQUEST
  VERIFIABLE_CREDENTIAL_OFFER_REQUEST VERIFIABLE_CREDENTIAL_CREATE_OFFER
`

const known = new Set([...Object.keys(actions), ...others.trim().split(/\s+/)])

export function isKnown(type: string): boolean {
  return known.has(type)
}

/** Changes of what belongs to a person. */
export function changesUser(type: string): boolean {
  return /^(UPDATE|REMOVE)_(?!CONSENT)|^(RESET_PASSWORD|DELETE_ACCOUNT|REGISTER)$/.test(type)
}

/** An action of Keycloak's own. */
export function genericAction(type: string): string {
  return `keycloak.${type.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`
}

/**
 * Types of OAuth that a realm does not keep unless each is named: an empty list of types does not
 * stand for these.
 */
export const namedTypes: readonly string[] = [
  'REFRESH_TOKEN',
  'INTROSPECT_TOKEN',
  'USER_INFO_REQUEST',
  'PUSHED_AUTHORIZATION_REQUEST',
].flatMap((type) => [type, `${type}_ERROR`])

/** Values of `error` and the reasons they are; '' for those that no reason says better. */
export const reasons: Readonly<Record<string, string>> = {
  access_denied: 'access_denied',
  authorization_pending: 'authorization_pending',
  client_disabled: 'client_not_allowed',
  client_not_found: 'client_unknown',
  code_verifier_missing: 'pkce_missing',
  consent_denied: 'access_denied',
  expired_code: 'code_expired',
  expired_device_code: 'code_expired',
  expired_oauth2_device_code: 'code_expired',
  expired_oauth2_user_code: 'code_expired',
  invalid_client: 'client_credentials_invalid',
  invalid_client_credentials: 'client_credentials_invalid',
  invalid_code: 'code_unknown',
  invalid_code_challenge_method: 'request_invalid',
  invalid_code_verifier: 'pkce_mismatch',
  invalid_device_code: 'code_unknown',
  invalid_oauth2_device_code: 'code_unknown',
  invalid_oauth2_user_code: 'code_unknown',
  invalid_redirect_uri: 'redirect_uri_mismatch',
  invalid_request: 'request_invalid',
  invalid_scope: 'scope_not_allowed',
  invalid_signature: 'signature_invalid',
  invalid_token: 'token_unknown',
  invalid_user_credentials: '',
  not_allowed: 'client_not_allowed',
  not_logged_in: 'login_required',
  pkce_verification_failed: 'pkce_mismatch',
  rejected_by_user: 'access_denied',
  session_expired: 'session_ended',
  slow_down: 'rate_limited',
  token_introspection_failed: 'token_unknown',
  unauthorized_client: 'client_not_allowed',
  user_disabled: 'access_denied',
  user_not_found: 'account_unknown',
  user_session_not_found: 'session_ended',
  user_temporarily_disabled: 'rate_limited',
}

/** Texts of `details.reason` that say more than `error` does. */
export const reasonTexts: readonly (readonly [RegExp, string])[] = [
  [/refresh token reuse exceeded|stale token/i, 'refresh_reused'],
  [/code.*(already used|reused)/i, 'code_replayed'],
  [/token.*(expired|not active)/i, 'token_expired'],
  [/not in the token audience/i, 'audience_mismatch'],
  [/code_verifier|pkce/i, 'pkce_mismatch'],
]

/** Part of the protocol that a reason is about. */
export const categories: Readonly<Record<string, string>> = {
  account_unknown: 'user_authentication',
  client_credentials_invalid: 'client_authentication',
  client_not_allowed: 'client_authentication',
  client_unknown: 'client_authentication',
  code_expired: 'grant',
  code_replayed: 'grant',
  code_unknown: 'grant',
  pkce_mismatch: 'grant',
  pkce_missing: 'grant',
  redirect_uri_mismatch: 'authorization_request',
  refresh_reused: 'grant',
  request_invalid: 'authorization_request',
  scope_not_allowed: 'scope',
  session_ended: 'grant',
  signature_invalid: 'key',
  token_expired: 'token',
  token_unknown: 'token',
}

/** Values of `consent` of a log-in. */
export const consents: Readonly<Record<string, string>> = {
  consent_granted: 'granted',
  no_consent_required: 'not_required',
  persistent_consent: 'remembered',
}

/** Outcomes of reasons; of others `failure`. */
export const outcomes: Readonly<Record<string, 'challenge' | 'denied'>> = {
  access_denied: 'denied',
  authorization_pending: 'challenge',
  client_not_allowed: 'denied',
}
