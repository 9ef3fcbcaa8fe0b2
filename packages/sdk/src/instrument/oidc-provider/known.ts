import type { KnownFacts } from '../../facts.ts'
import { attempt, type Members, record, text, texts } from '../unknown.ts'

/** What the provider's configuration and the client's registration say of a request's values. */
export function knownFacts(oidc: Members, client: Members): KnownFacts {
  const servers = record(oidc.resourceServers)
  const scopes = [client, ...Object.values(servers).map(record)].flatMap((one) =>
    (text(one.scope) ?? '').split(' '),
  )
  const redirectUri = text(record(oidc.params).redirect_uri)
  return {
    grantTypes: texts(client.grantTypes),
    // The requested ones among the configured ones: a getter that needs parameters in order.
    scopes: [...iterated(() => oidc.requestParamOIDCScopes), ...scopes],
    resources: Object.keys(servers),
    acrs: [...texts(client.defaultAcrValues), ...texts(record(oidc.session).acr)],
    isRedirectUri:
      redirectUri !== null &&
      (oidc.redirectUriCheckPerformed === true || texts(client.redirectUris).includes(redirectUri)),
  }
}

function iterated(read: () => unknown): string[] {
  const value = attempt(read)
  return value instanceof Set ? texts([...(value as Set<unknown>)]) : []
}
