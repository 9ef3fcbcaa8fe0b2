// Short names for what the expectation file says of a record.
import { ATTR } from '@grantlog/record'

/** Name → attribute. */
export const fields = {
  actor: ATTR.AUDIT_ACTOR_TYPE,
  target: ATTR.AUDIT_TARGET_ID,
  privileged: ATTR.AUDIT_PRIVILEGED,
  client: ATTR.OAUTH_CLIENT_ID,
  library: ATTR.OAUTH_LIBRARY_NAME,
  user: ATTR.USER_HASH,
  roles: ATTR.USER_ROLES,
  session: ATTR.SESSION_ID,
  grantType: ATTR.OAUTH_GRANT_TYPE,
  grant: ATTR.OAUTH_GRANT_ID_HASH,
  pkce: ATTR.OAUTH_PKCE_RESULT,
  consent: ATTR.OAUTH_CONSENT_RESULT,
  audience: ATTR.OAUTH_AUDIENCE,
  asked: ATTR.OAUTH_SCOPE_REQUESTED,
  allowed: ATTR.OAUTH_SCOPE_ALLOWED,
  granted: ATTR.OAUTH_SCOPE_GRANTED,
  needed: ATTR.OAUTH_SCOPE_REQUIRED,
  lacking: ATTR.OAUTH_SCOPE_MISSING,
  issued: ATTR.OAUTH_TOKEN_ISSUED,
  format: ATTR.OAUTH_TOKEN_FORMAT,
  expiresIn: ATTR.OAUTH_TOKEN_EXPIRES_IN,
  token: ATTR.OAUTH_TOKEN_HASH,
  active: ATTR.OAUTH_TOKEN_ACTIVE,
  refresh: ATTR.OAUTH_REFRESH_TOKEN_HASH,
  presented: ATTR.OAUTH_REFRESH_PRESENTED_HASH,
  rotated: ATTR.OAUTH_REFRESH_ROTATED,
  reused: ATTR.OAUTH_REFRESH_REUSE_DETECTED,
  revoked: ATTR.OAUTH_REVOCATION_REASON,
  cascade: ATTR.OAUTH_REVOCATION_CASCADE,
  error: ATTR.OAUTH_ERROR_CODE,
  reason: ATTR.OAUTH_ERROR_REASON,
  method: ATTR.HTTP_REQUEST_METHOD,
  route: ATTR.HTTP_ROUTE,
  query: ATTR.URL_QUERY,
  status: ATTR.HTTP_RESPONSE_STATUS_CODE,
  bytes: ATTR.HTTP_RESPONSE_BODY_SIZE,
} as const

export type Field = keyof typeof fields
