import type { Endpoint, ServerFacts } from '../../facts.ts'
import { isObject, record, text } from '../unknown.ts'
import type { View } from './view.ts'

/** Endpoints where what is read from a code or token is what the user has granted. */
const granting: ReadonlySet<Endpoint> = new Set([
  'authorization',
  'resume',
  'code_verification',
  'device_resume',
  'token',
])

/** Endpoints where a client asks for scopes. */
const requesting: ReadonlySet<Endpoint> = new Set([
  ...granting,
  'pushed_authorization_request',
  'device_authorization',
  'backchannel_authentication',
])

/** What was granted, may be at most, and was missing. */
export function scopeFacts(view: View): ServerFacts['scope'] {
  const { endpoint, from, seen } = view
  const failed = seen.thrown ?? seen.error
  return {
    granted: granting.has(endpoint) ? text(from('scope')) : null,
    allowed: requesting.has(endpoint) ? allowedScope(view) : null,
    missing: failed instanceof Error ? text(record(failed).scope) : null,
  }
}

/**
 * A token for a resource has at most the resource server's scopes, as they are for this client; any
 * other the client's, if it has some registered. Both may be asked for at once.
 */
function allowedScope({ entities, oidc }: View): string | null {
  const token = record(entities.AccessToken ?? entities.ClientCredentials)
  if (isObject(token.resourceServer)) return text(record(token.resourceServer).scope)
  const registered = text(record(entities.Client).scope)
  if (registered === null) return null
  const servers = Object.values(record(oidc.resourceServers)).map(record)
  return [registered, ...servers.map(({ scope }) => text(scope) ?? '')].join(' ')
}
