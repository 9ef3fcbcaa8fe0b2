// openid-client: a client that logs a user in, and one that acts for itself, at a real
// authorization server. Version 5 is a class; from 6 on there are functions.
const redirect = 'https://shop.example.com/callback'
const secrets = {
  web: 'web-secret-0123456789-0123456789',
  worker: 'worker-secret-0123456789-01234567',
}

async function flow({ 'openid-client': client }, app) {
  for (const one of Object.values(secrets)) app.secret(one)
  const steps = app.major < 6 ? await stepsOfClass(client, app) : await stepsOfModule(client, app)
  const url = await steps.start()
  const back = await app.login(url)
  const tokens = await app.tell('code', () => steps.redeem(back))
  await app.tell('user info', () => steps.userInfo(tokens))
  const next = await app.tell('refresh', () => steps.refresh(tokens.refresh_token))
  await app.tell('introspect', () => steps.introspect(next.access_token))
  await app.tell('revoke', () => steps.revoke(next.refresh_token))
  await app.tell('refused', () => steps.refresh(next.refresh_token))
  await app.unhandled(() => steps.refresh(app.secret('S3cret-unknown')))
  await app.tell('worker', () => steps.worker())
  await app.tell('denied', () => steps.redeem(denied(app, steps.state)))
}

function denied({ servers }, state) {
  const said = { error: 'access_denied', state, iss: servers.issuer }
  return new URL(`${redirect}?${new URLSearchParams(said)}`)
}

async function stepsOfModule(client, app) {
  const issuer = new URL(app.servers.issuer)
  const insecure = { execute: [client.allowInsecureRequests] }
  const web = await client.discovery(issuer, 'web', secrets.web, undefined, insecure)
  const verifier = app.secret(client.randomPKCECodeVerifier())
  const state = app.secret(client.randomState())
  return {
    state,
    start: async () =>
      client.buildAuthorizationUrl(web, {
        redirect_uri: redirect,
        scope: 'openid orders',
        state,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    redeem: (back) =>
      client.authorizationCodeGrant(web, back, {
        pkceCodeVerifier: verifier,
        expectedState: state,
      }),
    userInfo: (tokens) => client.fetchUserInfo(web, tokens.access_token, 'ada'),
    refresh: (token) => client.refreshTokenGrant(web, token),
    introspect: (token) => client.tokenIntrospection(web, token),
    revoke: (token) => client.tokenRevocation(web, token),
    worker: async () => {
      const post = client.ClientSecretPost(secrets.worker)
      const own = await client.discovery(issuer, 'worker', undefined, post, insecure)
      return client.clientCredentialsGrant(own, { scope: 'orders' })
    },
  }
}

async function stepsOfClass({ Issuer, generators }, app) {
  const issuer = await Issuer.discover(app.servers.issuer)
  const web = new issuer.Client({ client_id: 'web', client_secret: secrets.web })
  const [verifier, state] = [generators.codeVerifier(), generators.state()].map(app.secret)
  return {
    state,
    start: async () =>
      web.authorizationUrl({
        redirect_uri: redirect,
        scope: 'openid orders',
        state,
        code_challenge: generators.codeChallenge(verifier),
        code_challenge_method: 'S256',
      }),
    redeem: (back) => {
      const checks = { code_verifier: verifier, state }
      return web.callback(redirect, web.callbackParams(back.href), checks)
    },
    userInfo: (tokens) => web.userinfo(tokens.access_token),
    refresh: (token) => web.refresh(token),
    introspect: (token) => web.introspect(token),
    revoke: (token) => web.revoke(token),
    worker: () =>
      new issuer.Client({
        client_id: 'worker',
        client_secret: secrets.worker,
        token_endpoint_auth_method: 'client_secret_post',
      }).grant({ grant_type: 'client_credentials', scope: 'orders' }),
  }
}

const hash = /^t1\./
const grant = 'oauth.grant.type'

function records({ major }) {
  const library = major < 6 ? 'node:http' : 'openid-client'
  const about = { 'oauth.library.name': library, 'oauth.role': 'client' }
  const web = { ...about, 'oauth.client.id': 'web', 'oauth.token.hash': hash }
  const own = major < 6 ? [] : [['oauth.discovery', 'success', about]]
  const token = (outcome, says) => ['oauth.token', outcome, { ...about, ...says }]
  const refused = { [grant]: 'refresh_token', 'oauth.error.code': 'invalid_grant' }
  return [
    ...own,
    token('success', { ...web, [grant]: 'authorization_code', 'user.id': 'ada' }),
    // The transport knows nothing of it: no form, and no token that it could tell from others.
    ...(major < 6 ? [] : [['oauth.userinfo', 'success', { ...web, 'user.id': 'ada' }]]),
    token('success', { ...web, [grant]: 'refresh_token', 'oauth.refresh.rotated': true }),
    ['oauth.introspect', 'success', { ...about, 'oauth.token.active': true }],
    ['oauth.revoke', 'success', { ...about, 'oauth.token.hash': hash }],
    token('failure', refused),
    token('failure', refused),
    ...own,
    token('success', { [grant]: 'client_credentials', 'oauth.client.id': 'worker' }),
    ...(major < 6 ? [] : [['oauth.authorize', 'denied', { 'oauth.error.code': 'access_denied' }]]),
  ]
}

export const library = {
  name: 'openid-client',
  modules: ['openid-client'],
  versions: [
    { version: '5.0.0', ways: ['import', 'require'] },
    { version: '5.7.1', ways: ['import', 'require'] },
    { version: '6.1.1', ways: ['import', 'require(esm)'] },
    { version: '6.9.0', ways: ['import', 'require(esm)'] },
  ],
  unhooked: { 5: 'has the records of its transport, node:http' },
  adds: 'one record for each call, with who and why; a response that is refused',
  flow,
  records,
  // Refused each time: errors may keep more than answers do.
  turn: async ({ 'openid-client': client }, { servers }) => {
    const endpoint = `${servers.answers}/denied/token`
    const server = { issuer: 'https://login.example.com', token_endpoint: endpoint }
    const configuration = new client.Configuration(server, 'web', secrets.web)
    client.allowInsecureRequests(configuration)
    return () => client.refreshTokenGrant(configuration, 'S3cret').catch(() => undefined)
  },
}
