// An authorization server as nobody should run it: oidc-provider with PKCE switched off, any
// redirect URI let through, clients that register themselves, the password grant, token exchange
// without limits, and DPoP; and every password is right. See ../../README.md for what needs which.
//
// Environment: PORT, ISSUER, API (URL of the API, an audience), SECRET (of the client `app`).
// Prints its issuer as a JSON line.
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import { decodeJwt } from 'jose'
import Provider, { type ClientMetadata, type KoaContextWithOIDC } from 'oidc-provider'
import { interactionHandler } from '../../../../examples/demo/apps/interaction.ts'

const { API = '', ISSUER = '', PORT = '3000', SECRET = '' } = process.env
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange'
const scope = 'openid orders:read orders:write'
const redirect_uris = ['https://app.example.com/callback']

const confidential = (client_id: string, grant_types: string[]): ClientMetadata => ({
  ...{ client_id, client_secret: SECRET, scope, redirect_uris, grant_types },
  response_types: ['code'],
})

const provider = new Provider(ISSUER, {
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  clients: [
    confidential('app', ['authorization_code', 'password', exchangeGrant]),
    // Named as a user is.
    confidential('shadow', ['authorization_code']),
    {
      ...confidential('page', ['authorization_code', 'implicit']),
      response_types: ['code', 'code token'],
    },
  ],
  cookies: { keys: [randomBytes(32).toString('base64url')] },
  extraTokenClaims: (ctx, token) =>
    'accountId' in token ? { roles: ['user'], ...actorsOf(ctx) } : undefined,
  features: {
    devInteractions: { enabled: false },
    dPoP: { enabled: true },
    registration: { enabled: true },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: false },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => API,
      getResourceServerInfo: () => ({
        ...{ audience: API, scope, accessTokenFormat: 'jwt' },
        jwt: { sign: { alg: 'ES256' } },
      }),
      useGrantedResource: () => true,
    },
  },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'ES256', use: 'sig' }] },
  pkce: { required: () => false },
  responseTypes: ['code', 'code token'],
  scopes: scope.split(' '),
})

// As if the registered ones were patterns that match anything.
Object.assign(provider.Client.prototype, { redirectUriAllowed: () => true })

provider.registerGrantType('password', (ctx) => issue(ctx, String(ctx.oidc.params?.username)), [
  'username',
  'password',
  'resource',
])
provider.registerGrantType(exchangeGrant, (ctx) => issue(ctx, subjectOf(ctx).sub ?? ''), [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'resource',
])

const subjectOf = (ctx: KoaContextWithOIDC) =>
  decodeJwt<{ act?: object }>(String(ctx.oidc.params?.subject_token))

/** Whoever asks is put in front of those who acted before (RFC 8693 section 4.1). */
function actorsOf(ctx: KoaContextWithOIDC): { readonly act?: object } {
  if (ctx.oidc.params?.grant_type !== exchangeGrant) return {}
  const { act } = subjectOf(ctx)
  const sub = `${ctx.oidc.client?.clientId}-${randomBytes(2).toString('hex')}`
  return { act: act === undefined ? { sub } : { sub, act } }
}

/** An access token for the API, for anybody. */
async function issue(ctx: KoaContextWithOIDC, accountId: string): Promise<void> {
  const client = ctx.oidc.client!
  const grant = new provider.Grant({ accountId, clientId: client.clientId })
  grant.addResourceScope(API, 'orders:read')
  const grantId = await grant.save()
  const gty = String(ctx.oidc.params?.grant_type)
  const token = new provider.AccessToken({
    ...{ accountId, client, grantId, gty, scope: 'orders:read' },
  } as ConstructorParameters<typeof provider.AccessToken>[0])
  token.resourceServer = new provider.ResourceServer(API, {
    ...{ audience: API, scope: 'orders:read', accessTokenFormat: 'jwt' },
    jwt: { sign: { alg: 'ES256' } },
  })
  ctx.oidc.entity('AccessToken', token)
  ctx.body = {
    access_token: await token.save(),
    ...{ expires_in: token.expiration, token_type: 'Bearer', scope: 'orders:read' },
    ...(gty === exchangeGrant ? { issued_token_type: ofAccessToken } : {}),
  }
}

const ofAccessToken = 'urn:ietf:params:oauth:token-type:access_token'

const oidc = provider.callback()
const interact = interactionHandler(provider, { isPassword: () => true, mayGrant: () => true })
const server = createServer((request, response) => {
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
