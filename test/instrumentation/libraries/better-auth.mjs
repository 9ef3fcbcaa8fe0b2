// better-auth with the OAuth provider, on Node alone: a user refuses and agrees, a client redeems
// what it got, twice.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'

const provider = '@better-auth/oauth-provider'
const tables = `
  account jwks oauthAccessToken oauthClient oauthClientResource oauthConsent oauthRefreshToken
  oauthResource session user verification
`
const scope = 'openid offline_access orders:read'
const callback = { redirect_uri: 'https://shop.example.com/callback' }

async function serve(modules, app) {
  const server = createServer()
  const url = await app.listen(server)
  const { betterAuth } = modules['better-auth']
  const kept = Object.fromEntries(
    tables
      .trim()
      .split(/\s+/)
      .map((name) => [name, []]),
  )
  const auth = betterAuth({
    baseURL: url,
    secret: app.secret('S3cret-of-better-auth-0123456789-0123456789'),
    database: modules['better-auth/adapters/memory'].memoryAdapter(kept),
    logger: { disabled: true },
    telemetry: { enabled: false },
    rateLimit: { enabled: false },
    emailAndPassword: { enabled: true },
    plugins: [
      modules['better-auth/plugins'].jwt(),
      modules[provider].oauthProvider({
        ...{ loginPage: '/login', consentPage: '/consent', scopes: scope.split(' ') },
        ...{ grantTypes: ['authorization_code', 'refresh_token', 'client_credentials'] },
        ...{ allowDynamicClientRegistration: true, allowUnauthenticatedClientRegistration: true },
      }),
    ],
  })
  server.on('request', modules['better-auth/node'].toNodeHandler(auth))
  return { server, at: `${url}/api/auth`, origin: url }
}

/** What its clients send. */
function sending(app, at) {
  const type = 'application/x-www-form-urlencoded'
  return {
    form: (label, path, form, headers = {}) =>
      app.ask(label, at + path, {
        ...{ method: 'POST', headers: { 'content-type': type, ...headers } },
        body: String(new URLSearchParams(form)),
      }),
    json: (label, path, json, headers = {}) =>
      app.ask(label, at + path, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
        body: JSON.stringify(json),
      }),
  }
}

async function logIn(app, json, origin) {
  const user = { name: 'Ada', email: 'ada@example.com', password: app.secret('S3cret-of-ada') }
  const { headers } = await json('sign up', '/sign-up/email', user, { origin })
  const mistyped = { ...user, password: app.secret('S3cret-mistyped') }
  await json('sign in', '/sign-in/email', mistyped, { origin })
  const cookies = headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)
  for (const cookie of cookies) app.secret(/=([^;]*)/.exec(cookie)[1])
  return cookies.map((value) => value.split(';')[0]).join('; ')
}

async function flow(modules, app) {
  const { server, at, origin } = await serve(modules, app)
  const { form, json } = sending(app, at)
  const cookie = await logIn(app, json, origin)
  const metadata = {
    ...{ redirect_uris: [callback.redirect_uri], token_endpoint_auth_method: 'none', scope },
    grant_types: ['authorization_code', 'refresh_token'],
  }
  const registered = await json('register', '/oauth2/register', metadata)
  const { client_id: client } = JSON.parse(registered.body)
  await json('another scope', '/oauth2/register', { ...metadata, scope: 'admin' })
  const verifier = app.secret(`S3cret-${'v'.repeat(43)}`)
  const query = new URLSearchParams({
    ...{ ...callback, client_id: client, response_type: 'code', scope },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...{ code_challenge_method: 'S256', state: app.secret('S3cret-state') },
  })
  const browser = { cookie, origin }
  const authorize = (label, headers) =>
    app.ask(label, `${at}/oauth2/authorize?${query}`, { headers })
  const nobody = await authorize('nobody', {})
  // It is random: what it covers has a time.
  app.secret(/sig=([^&]+)/.exec(Object.fromEntries(nobody.headers).location)[1])
  const going = ({ headers, body }) => Object.fromEntries(headers).location ?? JSON.parse(body).url
  const consent = async (label, accept) => {
    const { search } = new URL(going(await authorize(`${label}, page`, browser)), origin)
    const said = { accept, oauth_query: app.secret(search.slice(1)) }
    return going(await json(label, '/oauth2/consent', said, browser))
  }
  await consent('refused', false)
  const code = app.secret(new URL(await consent('agreed', true)).searchParams.get('code'))
  const own = { grant_type: 'authorization_code', client_id: client, ...callback }
  const redeem = { ...own, code, code_verifier: verifier }
  const tokens = JSON.parse((await form('code', '/oauth2/token', redeem)).body)
  const bearer = { headers: { authorization: `Bearer ${tokens.access_token}` } }
  await app.ask('user info', `${at}/oauth2/userinfo`, bearer)
  const refresh = { grant_type: 'refresh_token', client_id: client }
  await form('refresh', '/oauth2/token', { ...refresh, refresh_token: tokens.refresh_token })
  await form('reused', '/oauth2/token', { ...refresh, refresh_token: tokens.refresh_token })
  await form('code again', '/oauth2/token', redeem)
  await form('no code', '/oauth2/token', { ...redeem, code: app.secret('S3cret-none') })
  app.close(server)
}

const token = (outcome, says) => [
  ...['oauth.token', outcome],
  { 'oauth.library.name': 'better-auth', 'oauth.role': 'authorization_server', ...says },
]
const failed = (reason) => token('failure', { 'oauth.error.reason': reason })
const authorized = (outcome, says) => ['oauth.authorize', outcome, says]

export const library = {
  name: 'better-auth',
  modules: [
    ...['better-auth', 'better-auth/adapters/memory', 'better-auth/node', 'better-auth/plugins'],
    provider,
  ],
  // The newest that npm installs beside a provider: that wants parts of one version.
  versions: ['1.7.0', '1.7.5'].map((version) => ({
    ...{ version, ways: ['import', 'require(esm)'] },
    beside: { [provider]: version, '@better-auth/core': version },
  })),
  adds:
    'all that @better-auth/oauth-provider does, log-ins, whose a code was and that it was used ' +
    'before',
  flow,
  records: () => [
    ['oauth.login', 'success', { 'oauth.auth.amr': 'pwd', 'audit.actor.type': 'user' }],
    ['oauth.login', 'failure', { 'oauth.error.reason': 'account_unknown' }],
    ['oauth.register', 'success'],
    ['oauth.register', 'failure', { 'oauth.error.reason': 'scope_not_allowed' }],
    authorized('challenge', { 'audit.actor.type': 'anonymous' }),
    authorized('challenge', { 'audit.actor.type': 'user' }),
    authorized('denied', { 'oauth.consent.result': 'denied' }),
    authorized('challenge', { 'audit.actor.type': 'user' }),
    authorized('success', { 'oauth.consent.result': 'granted' }),
    token('success', { 'oauth.grant.type': 'authorization_code', 'oauth.token.hash': /^t1\./ }),
    ['oauth.userinfo', 'success', { 'oauth.token.hash': /^t1\./ }],
    token('success', { 'oauth.refresh.rotated': true }),
    failed('refresh_reused'),
    failed('code_replayed'),
    failed('code_unknown'),
  ],
  turn: async (modules, app) => {
    const { server, at } = await serve(modules, app)
    server.unref()
    const body = new URLSearchParams({
      ...{ grant_type: 'refresh_token', client_id: 'nobody', refresh_token: 'S3cret-none' },
    })
    return async () =>
      void (await (await fetch(`${at}/oauth2/token`, { method: 'POST', body })).text())
  },
}
