// An authorization server as it is in the world, oidc-provider: it gives clients that have a secret
// access tokens that are JWTs.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { jest } from '@jest/globals'
import { exportJWK, generateKeyPair } from 'jose'
import Provider from 'oidc-provider'

export interface TokenServer extends AsyncDisposable {
  readonly issuer: string
  readonly tokenUrl: string
  /** Bound to the key of `dpop`, a proof for `tokenUrl`; without one a bearer's. */
  token(client: string, scope: string, resource: string, dpop?: string): Promise<string>
}

export const secretOf = (client: string): string => `secret of ${client}`

/** `clients`: the scopes of each, by its id. */
export async function startTokenServer(
  clients: Readonly<Record<string, string>>,
): Promise<TokenServer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const scopes = [...new Set(Object.values(clients).flatMap((scope) => scope.split(' ')))]
  // It warns of its memory, which is what we want here.
  jest.spyOn(console, 'warn').mockImplementation(() => undefined)
  const provider = new Provider(issuer, {
    clients: Object.entries(clients).map(([client_id, scope]) => ({
      ...{ client_id, client_secret: secretOf(client_id), scope },
      ...{ grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    })),
    ttl: { ClientCredentials: 60 },
    jwks: { keys: [await exportJWK(privateKey)] },
    scopes,
    features: {
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_context, audience) => ({
          ...{ scope: scopes.join(' '), audience },
          accessTokenFormat: 'jwt',
        }),
      },
    },
  })
  server.on('request', provider.callback())
  const tokenUrl = `${issuer}/token`
  return {
    issuer,
    tokenUrl,
    async token(client, scope, resource, dpop) {
      const secret = encodeURIComponent(secretOf(client))
      const basic = Buffer.from(`${client}:${secret}`).toString('base64')
      const response = await fetch(tokenUrl, {
        method: 'POST',
        headers: { authorization: `Basic ${basic}`, ...(dpop !== undefined && { dpop }) },
        body: new URLSearchParams({ grant_type: 'client_credentials', scope, resource }),
      })
      return ((await response.json()) as { access_token: string }).access_token
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
