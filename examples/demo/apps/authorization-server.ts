// An authorization server as anybody might have written it: oidc-provider with its own pages to log
// in and to consent. There is nothing of Grantlog in it.
//
// Environment: PORT, ISSUER, API (URL of the API, an audience), WEB (URL of the web shop), SECRETS
// (JSON: of the clients web, worker and api, and the passwords of alice, bob and carol),
// SECURITY_EVENTS (JSON: whose Security Event Tokens it takes; absent: nobody's). Prints its issuer
// as a JSON line.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import Provider, { type ClientMetadata, errors } from 'oidc-provider'
import { logAccess } from './access-log.ts'
import { interactionHandler } from './interaction.ts'
import { logoutPage } from './pages.ts'
import { type SecurityEvents, takeSecurityEvents } from './security-events.ts'

const { API = '', ISSUER = '', PORT = '3000', SECRETS = '{}', WEB = '' } = process.env
const { SECURITY_EVENTS } = process.env
const secrets = JSON.parse(SECRETS) as Record<string, string>
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })

const roles = new Map([
  ['alice', 'admin'],
  ['bob', 'user'],
  ['carol', 'guest'],
])
const roleOf = (accountId: string | undefined): string | undefined => roles.get(accountId ?? '')
const isGuest = ({ accountId }: { accountId?: string }): boolean => roleOf(accountId) === 'guest'

/** Who may grant what. Every client is registered with what it may ask for, too. */
const scopesOfRole: Record<string, string> = {
  admin: 'orders:read orders:write admin export',
  user: 'orders:read orders:write',
  guest: 'orders:read',
}
const apiScopes = scopesOfRole.admin!.split(' ')
const audiences = [API, 'https://billing.example.com']

const provider = new Provider(ISSUER, {
  claims: { openid: ['sub', 'roles'], profile: ['name'] },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  clients: [
    {
      client_id: 'web',
      client_name: 'Web shop',
      client_secret: secrets.web!,
      scope: ['openid', 'profile', ...apiScopes].join(' '),
      redirect_uris: [`${WEB}/callback`],
      post_logout_redirect_uris: [`${WEB}/`],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    {
      client_id: 'phone',
      client_name: 'Shop on the phone',
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      scope: 'openid orders:read',
      redirect_uris: ['com.example.shop:/callback'],
      grant_types: ['authorization_code', 'refresh_token'],
    },
    { ...machine('worker'), scope: 'orders:read orders:write' },
    machine('api'),
  ],
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  extraTokenClaims: (_, token) => {
    const role = 'accountId' in token ? roleOf(token.accountId) : undefined
    return role === undefined ? undefined : { roles: [role] }
  },
  features: {
    clientCredentials: { enabled: true },
    devInteractions: { enabled: false },
    introspection: {
      enabled: true,
      allowedPolicy: (_, client, token) => ['api', token.clientId].includes(client.clientId),
    },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo(_, audience, client) {
        if (!audiences.includes(audience)) throw new errors.InvalidTarget()
        const registered = client.scope?.split(' ') ?? []
        const scope = registered.filter((one) => apiScopes.includes(one)).join(' ')
        return { audience, scope, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'ES256' } } }
      },
    },
    revocation: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => void (ctx.body = logoutPage(form)),
    },
  },
  findAccount: (_, sub) => {
    const role = roleOf(sub)
    if (role === undefined) return undefined
    return { accountId: sub, claims: () => ({ sub, name: sub, roles: [role] }) }
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  issueRefreshToken: (_, client) => client.grantTypeAllowed('refresh_token'),
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  scopes: ['openid', 'profile', ...apiScopes],
  // Guests are not trusted for long.
  ttl: {
    AccessToken: (_, token) => (isGuest(token) ? 4 : 600),
    AuthorizationCode: 60,
    ClientCredentials: 600,
    Grant: 3600,
    IdToken: 600,
    Interaction: 600,
    RefreshToken: (_, token) => (isGuest(token) ? 5 : 3600),
    Session: 3600,
  },
})
const oidc = provider.callback()
const interact = interactionHandler(provider, {
  isPassword: (name, password) => roles.has(name) && secrets[name] === password,
  mayGrant: (accountId, scope) =>
    !apiScopes.includes(scope) || scopesOfRole[roleOf(accountId) ?? '']!.includes(scope),
})

const takeEvent =
  SECURITY_EVENTS === undefined
    ? null
    : await takeSecurityEvents(provider, JSON.parse(SECURITY_EVENTS) as SecurityEvents)

const server = createServer((request, response) => {
  logAccess(request, response)
  if (takeEvent !== null && request.url === '/security-events') {
    void takeEvent(request, response)
    return
  }
  if (!request.url?.startsWith('/interaction/')) {
    void oidc(request, response)
    return
  }
  interact(request, response).catch((error: Error) => {
    response.writeHead(400, { 'content-type': 'text/plain' }).end(error.message)
  })
})
server.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ issuer: ISSUER })}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})

/** A client without people: client credentials only. */
function machine(client_id: 'worker' | 'api'): ClientMetadata {
  return {
    client_id,
    client_secret: secrets[client_id]!,
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
  }
}
