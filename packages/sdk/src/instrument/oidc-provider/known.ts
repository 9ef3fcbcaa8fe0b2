import type { KnownFacts } from '../../facts.ts'
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
  const holders = [client, ...Object.values(servers), from('resourceServer')].map(record)
  const scopes = [...holders.map((one) => one.scope), from('scope')].flatMap((scope) =>
    texts(text(scope)?.split(' ')),
  )
  const redirectUri = text(params.redirect_uri)
  return {
    grantTypes: texts(client.grantTypes),
    // Any OpenID provider's own, and the requested ones among the configured ones, by a getter that
    // needs parameters in order.
    scopes: ['openid', ...iterated(() => oidc.requestParamOIDCScopes), ...scopes],
    // Those of this request, or of the code or token that it is about.
    resources: [...Object.keys(servers), ...texts(from('resource'))],
    acrs: [
      ...(isDynamicClient(view) ? [] : texts(client.defaultAcrValues)),
      ...texts(record(oidc.session).acr),
    ],
    isRedirectUri:
      redirectUri !== null &&
      (oidc.redirectUriCheckPerformed === true || texts(client.redirectUris).includes(redirectUri)),
  }
}

function iterated(read: () => unknown): string[] {
  const value = attempt(read)
  return value instanceof Set ? texts([...(value as Set<unknown>)]) : []
}
