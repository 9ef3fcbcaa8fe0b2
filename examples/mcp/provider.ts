// The authorization server's half that the library leaves to the application. Everybody is ada; a
// real one would ask.
import { randomUUID } from 'node:crypto'
import type { Response } from 'express'
import type { OAuthRegisteredClientsStore } from '@modelcontextprotocol/sdk/server/auth/clients.js'
import { InvalidGrantError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js'
import type { AuthorizationParams } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import type { OAuthServerProvider } from '@modelcontextprotocol/sdk/server/auth/provider.js'
import type { AuthInfo } from '@modelcontextprotocol/sdk/server/auth/types.js'
import type { OAuthClientInformationFull } from '@modelcontextprotocol/sdk/shared/auth.js'
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'

interface Grant {
  readonly clientId: string
  readonly scopes: string[]
  readonly challenge: string
}

const lifetimeS = 600

export class InMemoryProvider implements OAuthServerProvider {
  readonly #clients = new Map<string, OAuthClientInformationFull>()
  readonly #codes = new Map<string, Grant>()
  readonly #refreshTokens = new Map<string, Grant>()
  readonly #accessTokens = new Map<string, Grant>()

  get clientsStore(): OAuthRegisteredClientsStore {
    return {
      getClient: (id) => this.#clients.get(id),
      registerClient: (client) => {
        const own = client as OAuthClientInformationFull
        this.#clients.set(own.client_id, own)
        return own
      },
    }
  }

  async authorize(
    client: OAuthClientInformationFull,
    { codeChallenge, redirectUri, scopes = [], state }: AuthorizationParams,
    response: Response,
  ): Promise<void> {
    const code = randomUUID()
    const grant = { clientId: client.client_id, scopes, challenge: codeChallenge }
    this.#codes.set(code, grant)
    const url = new URL(redirectUri)
    url.searchParams.set('code', code)
    if (state !== undefined) url.searchParams.set('state', state)
    response.redirect(url.href)
  }

  async challengeForAuthorizationCode(
    _client: OAuthClientInformationFull,
    code: string,
  ): Promise<string> {
    const grant = this.#codes.get(code)
    if (grant === undefined) throw new InvalidGrantError('unknown code')
    return grant.challenge
  }

  async exchangeAuthorizationCode(
    _client: OAuthClientInformationFull,
    code: string,
  ): Promise<OAuthTokens> {
    return this.#issue(taken(this.#codes, code))
  }

  async exchangeRefreshToken(
    _client: OAuthClientInformationFull,
    refreshToken: string,
  ): Promise<OAuthTokens> {
    return this.#issue(taken(this.#refreshTokens, refreshToken))
  }

  async verifyAccessToken(token: string): Promise<AuthInfo> {
    const grant = this.#accessTokens.get(token)
    if (grant === undefined) throw new InvalidTokenError('unknown token')
    const expiresAt = Math.floor(Date.now() / 1000) + lifetimeS
    const { clientId, scopes } = grant
    // `sub` is what Grantlog takes for the user, and so may the tools.
    return { token, clientId, scopes, expiresAt, extra: { sub: 'ada' } }
  }

  async revokeToken(
    _client: OAuthClientInformationFull,
    { token }: { readonly token: string },
  ): Promise<void> {
    this.#accessTokens.delete(token)
    this.#refreshTokens.delete(token)
  }

  #issue(grant: Grant): OAuthTokens {
    const [accessToken, refreshToken] = [randomUUID(), randomUUID()]
    this.#accessTokens.set(accessToken, grant)
    this.#refreshTokens.set(refreshToken, grant)
    return {
      ...{ access_token: accessToken, refresh_token: refreshToken, token_type: 'bearer' },
      ...{ expires_in: lifetimeS, scope: grant.scopes.join(' ') },
    }
  }
}

/** What was there, once. */
function taken(grants: Map<string, Grant>, key: string): Grant {
  const grant = grants.get(key)
  if (grant === undefined) throw new InvalidGrantError('unknown token')
  grants.delete(key)
  return grant
}
