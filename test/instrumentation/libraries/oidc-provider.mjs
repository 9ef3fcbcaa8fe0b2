// oidc-provider with its own pages to log in and consent: a user logs in, and clients use what they
// got for it.
import { createServer } from 'node:http'

const redirect = 'https://shop.example.com/callback'
const secrets = {
  web: 'web-secret-0123456789-0123456789',
  worker: 'worker-secret-0123456789-0123456789',
}
const clients = [
  {
    client_id: 'web',
    client_secret: secrets.web,
    redirect_uris: [redirect],
    grant_types: ['authorization_code', 'refresh_token'],
  },
  {
    client_id: 'worker',
    client_secret: secrets.worker,
    redirect_uris: [],
    response_types: [],
    grant_types: ['client_credentials'],
  },
]

async function serve({ 'oidc-provider': module }, app) {
  const server = createServer()
  const issuer = await app.listen(server)
  const provider = new (module.Provider ?? module.default)(issuer, {
    clients,
    cookies: { keys: ['a cookie key that is only for tests'] },
    features: {
      ...{ clientCredentials: { enabled: true }, introspection: { enabled: true } },
      ...{ revocation: { enabled: true }, devInteractions: { enabled: true } },
    },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub }) }),
    issueRefreshToken: () => true,
    pkce: { required: () => false },
    rotateRefreshToken: true,
    ttl: { AccessToken: 600, Grant: 3600, IdToken: 600, Interaction: 600, Session: 3600 },
  })
  server.on('request', provider.callback())
  return { server, issuer }
}

async function flow(modules, app) {
  for (const one of Object.values(secrets)) app.secret(one)
  const { server, issuer } = await serve(modules, app)
  const back = await logIn(app, issuer)
  const code = app.secret(back.searchParams.get('code'))
  const post = (label, path, form, client = 'web') => {
    const credentials = Buffer.from(`${client}:${secrets[client]}`).toString('base64')
    return app.ask(label, `${issuer}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${app.secret(credentials)}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: new URLSearchParams(form).toString(),
    })
  }
  const redeem = { grant_type: 'authorization_code', code, redirect_uri: redirect }
  const tokens = JSON.parse((await post('code', '/token', redeem)).body)
  const bearer = { authorization: `Bearer ${tokens.access_token}` }
  await app.ask('user info', `${issuer}/me`, { headers: bearer })
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  const next = JSON.parse((await post('refresh', '/token', refresh)).body)
  await post('introspect', '/token/introspection', { token: next.access_token })
  await post('revoke', '/token/revocation', { token: next.access_token })
  await post('replayed', '/token', refresh)
  await post('worker', '/token', { grant_type: 'client_credentials' }, 'worker')
  await post('not allowed', '/token', { grant_type: 'client_credentials' })
  await app.ask('keys', `${issuer}/jwks`)
  app.close(server)
}

/** A browser, up to where the client is called back. */
async function logIn(app, issuer) {
  const query = {
    ...{ client_id: 'web', response_type: 'code', redirect_uri: redirect },
    ...{ scope: 'openid offline_access', prompt: 'consent', state: app.secret('S3cret-state') },
  }
  const cookies = new Map()
  let next = { url: `${issuer}/auth?${new URLSearchParams(query)}` }
  for (let step = 0; step < 12; step++) {
    const cookie = [...cookies].map((pair) => pair.join('=')).join('; ')
    const { url, headers, ...rest } = next
    const sent = { headers: { cookie, ...headers }, ...rest }
    const answer = await app.ask(`browser ${step}`, url, sent)
    for (const [name, value] of answer.headers) {
      if (name !== 'set-cookie') continue
      const [key, cookie] = value.split(';')[0].split('=')
      cookies.set(key, app.secret(cookie))
    }
    const to = answer.headers.find(([name]) => name === 'location')?.[1]
    if (to?.startsWith(redirect)) return new URL(to)
    next = to === undefined ? pageOf(answer, issuer) : { url: new URL(to, issuer).href }
  }
  throw new Error('the browser was sent around')
}

/** What the user sends from a page. */
function pageOf({ body }, issuer) {
  const [, action] = /action="([^"]+)"/.exec(body) ?? []
  const [, prompt] = /name="prompt" value="([^"]+)"/.exec(body) ?? []
  const form = { prompt, ...(prompt === 'login' && { login: 'ada', password: 'S3cret-password' }) }
  return {
    url: new URL(action, issuer).href,
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  }
}

const own = { 'oauth.library.name': 'oidc-provider', 'oauth.role': 'authorization_server' }
const hash = /^t1\./
const ada = { 'user.id': 'ada', 'oauth.client.id': 'web' }
const grant = 'oauth.grant.type'
const code = 'oauth.error.code'

function records({ major }) {
  // Of UserInfo the generic layer sees that a token was shown.
  if (major < 9) return [['oauth.resource_access', 'success', { 'http.response.status_code': 200 }]]
  const told = (action, outcome, says) => [action, outcome, { ...own, ...says }]
  const token = (outcome, says) => told('oauth.token', outcome, says)
  return [
    told('oauth.authorize', 'challenge', { 'oauth.client.id': 'web' }),
    told('oauth.login', 'success', { 'user.id': 'ada' }),
    told('oauth.authorize', 'challenge', ada),
    told('oauth.consent', 'success', ada),
    told('oauth.authorize', 'success', ada),
    token('success', { ...ada, [grant]: 'authorization_code', 'oauth.token.hash': hash }),
    told('oauth.userinfo', 'success', { ...ada, 'oauth.token.hash': hash }),
    token('success', { ...ada, [grant]: 'refresh_token', 'oauth.refresh.rotated': true }),
    told('oauth.introspect', 'success', { 'user.id': 'ada', 'oauth.token.active': true }),
    told('oauth.revoke', 'success', { 'oauth.token.hash': hash }),
    token('failure', { [grant]: 'refresh_token', [code]: 'invalid_grant' }),
    token('success', { [grant]: 'client_credentials', 'oauth.client.id': 'worker' }),
    token('denied', { [grant]: 'client_credentials', [code]: 'invalid_request' }),
  ]
}

const ways = ['import', 'require(esm)']
const prototype = 'oidc-provider.Provider.prototype'

export const library = {
  name: 'oidc-provider',
  modules: ['oidc-provider'],
  versions: [
    { version: '8.8.1', ways },
    { version: '9.0.0', ways },
    { version: '9.13.3', ways },
  ],
  unhooked: { 8: 'has the records of an API at its UserInfo endpoint' },
  visible: {
    [`${prototype}.emit`]: 'inherited members are wrapped where the class is',
    [`${prototype}.callback`]: 'the same',
  },
  adds: 'all that it does, see the README',
  flow,
  records,
  turn: async (modules, app) => {
    const { server, issuer } = await serve(modules, app)
    server.unref()
    const credentials = Buffer.from(`worker:${secrets.worker}`).toString('base64')
    const headers = { authorization: `Basic ${credentials}` }
    return async () => {
      const body = new URLSearchParams({ grant_type: 'client_credentials' })
      const response = await fetch(`${issuer}/token`, { method: 'POST', headers, body })
      if (response.status !== 200) throw new Error(`status ${response.status}`)
      await response.arrayBuffer()
    }
  },
}
