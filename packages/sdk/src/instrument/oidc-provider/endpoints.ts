// The provider's routes: which of them make a record, and under which action.
import type { Role } from '../../event.ts'
import type { Endpoint } from '../../facts.ts'
import { record, text } from '../unknown.ts'
import type { KoaContext, Witnessed } from './context.ts'

/**
 * Not among them, for nobody acts there: `jwks`, `discovery` and `openid_credential_issuer` show
 * what everybody may see, `challenge` hands out nonces, and `cors.*` are preflights. `interaction`,
 * `submit` and `abort` are the library's own page for development; see interaction.ts.
 */
const actions: Readonly<Record<Endpoint, string>> = {
  authorization: 'oauth.authorize',
  resume: 'oauth.authorize',
  pushed_authorization_request: 'oauth.par',
  token: 'oauth.token',
  introspection: 'oauth.introspect',
  revocation: 'oauth.revoke',
  userinfo: 'oauth.userinfo',
  credential: 'oauth.resource_access',
  device_authorization: 'oauth.device_authorization',
  code_verification: 'oauth.device_verification',
  device_resume: 'oauth.device_verification',
  backchannel_authentication: 'oauth.backchannel_authentication',
  registration: 'oauth.register',
  client: 'oauth.register',
  client_update: 'oauth.register',
  client_delete: 'oauth.register',
  end_session: 'oauth.end_session',
  end_session_confirm: 'oauth.end_session',
  end_session_success: 'oauth.end_session',
}

/** The endpoint of ours that a request reached; null for all others. */
export function endpointOf({ _matchedRouteName: name }: KoaContext): Endpoint | null {
  return typeof name === 'string' && Object.hasOwn(actions, name) ? (name as Endpoint) : null
}

/** `audit.action` of a request to an endpoint. */
export function actionOf(endpoint: Endpoint): string {
  return actions[endpoint]
}

/** What the provider is in it: credentials go to whoever shows a token (OpenID4VCI section 8). */
export function roleOf(endpoint: Endpoint): Role {
  return endpoint === 'credential' ? 'resource_server' : 'authorization_server'
}

/** Endpoints that show a page before anybody has done anything, or after all is done. */
const pages: ReadonlySet<Endpoint> = new Set(['code_verification', 'end_session_success'])

/** Whether something was done: a page that is only shown is no action, unless it fails. */
export function isAction(endpoint: Endpoint, ctx: KoaContext, seen: Witnessed): boolean {
  return !pages.has(endpoint) || ctx.method === 'POST' || (seen.thrown ?? seen.error) !== null
}

/** Endpoints whose success an event tells, for there may also be a page in between. */
const successEvents: Partial<Record<Endpoint, string>> = {
  authorization: 'authorization.success',
  resume: 'authorization.success',
  code_verification: 'authorization.success',
  device_resume: 'authorization.success',
  token: 'grant.success',
  end_session_confirm: 'end_session.success',
}

/** Whether it was done. Of the endpoints without an event, when nothing failed. */
export function hasSucceeded(endpoint: Endpoint, ctx: KoaContext, seen: Witnessed): boolean {
  if (endpoint === 'end_session' || isLogoutDeclined(endpoint, ctx)) return false
  const event = successEvents[endpoint]
  if (event !== undefined) return seen.events.has(event)
  return (seen.thrown ?? seen.error) === null
}

/** The user was asked and stays logged in. */
export function isLogoutDeclined(endpoint: Endpoint, { oidc }: KoaContext): boolean {
  if (endpoint !== 'end_session_confirm') return false
  return text(record(record(oidc).params).logout) === null
}
