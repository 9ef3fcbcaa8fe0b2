import type { KnownFacts } from '../../facts.ts'
import { detailTypesIn } from '../detail-types.ts'
import { attempt, record, text, texts } from '../unknown.ts'
import { isDynamicClient } from './subject.ts'
import type { View } from './view.ts'

/**
 * What the provider's configuration, the client's registration and the server's own tokens say of a
 * request's values.
 */
export function knownFacts(view: View): KnownFacts {
  const { entities, from, oidc, params } = view
  const client = record(entities.Client)
  const servers = record(oidc.resourceServers)
  // Any OpenID provider's own, and the requested ones among the configured ones, by a getter that
  // needs parameters in order.
  const scopes = ['openid', ...iterated(() => oidc.requestParamOIDCScopes)]
  addWords(scopes, client.scope)
  for (const server of Object.values(servers)) addWords(scopes, record(server).scope)
  addWords(scopes, record(from('resourceServer')).scope)
  addWords(scopes, from('scope'))
  const redirectUri = text(params.redirect_uri)
  const isRegistered = redirectUri !== null && texts(client.redirectUris).includes(redirectUri)
  const details = params.authorization_details
  const facts: KnownFacts = {
    grantTypes: texts(client.grantTypes),
    scopes,
    // Those of this request, or of the code or token that it is about.
    resources: [...Object.keys(servers), ...texts(from('resource'))],
    acrs: [
      ...(isDynamicClient(view) ? [] : texts(client.defaultAcrValues)),
      ...texts(record(oidc.session).acr),
    ],
    isRedirectUri:
      redirectUri !== null && (oidc.redirectUriCheckPerformed === true || isRegistered),
  }
  // A native client's port on its own device is any, and a pushed one may be new (RFC 9126).
  const isExact = isRegistered || client.applicationType === 'native' || isPushed(view)
  const known = isExact ? facts : { ...facts, isExactRedirectUri: false }
  return details === undefined ? known : { ...known, detailTypes: detailTypesOf(view, details) }
}

/** It refuses a type that it does not know, and one that the client may not use. */
function detailTypesOf(view: View, details: unknown): string[] {
  const { authorizationDetailsTypes } = record(view.entities.Client)
  return isLetThrough(view) ? detailTypesIn(details) : texts(authorizationDetailsTypes)
}

function isLetThrough({ seen }: View): boolean {
  return seen.error === null && seen.thrown === null
}

function isPushed({ entities }: View): boolean {
  return entities.PushedAuthorizationRequest !== undefined
}

function addWords(words: string[], scope: unknown): void {
  if (typeof scope !== 'string') return
  for (const word of scope.split(' ')) if (word !== '') words.push(word)
}

function iterated(read: () => unknown): string[] {
  const value = attempt(read)
  return value instanceof Set ? texts([...(value as Set<unknown>)]) : []
}
