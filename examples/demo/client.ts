// The client `web`: openid-client 6, authorization code with PKCE (RFC 7636).
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  discovery,
  randomPKCECodeVerifier,
  randomState,
} from 'openid-client'

export interface ClientOptions {
  readonly issuer: string
  readonly secret: string
  readonly redirectUri: string
}

/** A log-in that has begun. */
export interface Begun {
  /** Where the browser goes. */
  readonly url: URL
  /** Takes the redirect back and gives the subject of the ID token. */
  finish(callback: URL): Promise<string>
}

export interface Client {
  begin(): Promise<Begun>
}

export async function createClient(options: ClientOptions): Promise<Client> {
  const { issuer, redirectUri, secret } = options
  // Everything is on the loopback interface, so there is no TLS.
  const execute = [allowInsecureRequests]
  const config = await discovery(new URL(issuer), 'web', secret, undefined, { execute })
  return {
    async begin() {
      const pkceCodeVerifier = randomPKCECodeVerifier()
      const expectedState = randomState()
      const url = buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid',
        code_challenge: await calculatePKCECodeChallenge(pkceCodeVerifier),
        code_challenge_method: 'S256',
        state: expectedState,
      })
      return {
        url,
        async finish(callback) {
          const checks = { pkceCodeVerifier, expectedState }
          const tokens = await authorizationCodeGrant(config, callback, checks)
          return tokens.claims()?.sub ?? ''
        },
      }
    },
  }
}
