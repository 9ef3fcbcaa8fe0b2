// oauth4webapi: a client of a real authorization server, and an API that validates tokens.
const redirect = 'https://shop.example.com/callback'
const secrets = {
  web: 'web-secret-0123456789-0123456789',
  worker: 'worker-secret-0123456789-01234567',
}

async function flow({ oauth4webapi: oauth }, app) {
  for (const one of Object.values(secrets)) app.secret(one)
  const steps = app.major < 3 ? stepsOf2(oauth) : stepsOf3(oauth)
  const issuer = new URL(app.servers.issuer)
  const found = await oauth.discoveryRequest(issuer, steps.open)
  const as = await oauth.processDiscoveryResponse(issuer, found)
  const { web, worker } = steps
  const verifier = app.secret(oauth.generateRandomCodeVerifier())
  const state = app.secret(oauth.generateRandomState())
  const url = new URL(as.authorization_endpoint)
  const challenge = await oauth.calculatePKCECodeChallenge(verifier)
  const query = {
    ...{ client_id: 'web', response_type: 'code', redirect_uri: redirect, state },
    ...{ scope: 'openid orders', code_challenge: challenge, code_challenge_method: 'S256' },
  }
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  const back = await app.login(url)
  const parameters = oauth.validateAuthResponse(as, web, back, state)
  const tokens = await app.tell('code', async () =>
    steps.processCode(as, await steps.redeem(as, parameters, redirect, verifier)),
  )
  await app.tell('user info', async () => {
    const sent = oauth.userInfoRequest(as, web, tokens.access_token, steps.open)
    return oauth.processUserInfoResponse(as, web, 'ada', await sent)
  })
  const next = await app.tell('refresh', async () =>
    oauth.processRefreshTokenResponse(as, web, await steps.refresh(as, tokens.refresh_token)),
  )
  await app.tell('introspect', async () =>
    oauth.processIntrospectionResponse(as, web, await steps.introspect(as, next.access_token)),
  )
  await app.tell('revoke', async () =>
    oauth.processRevocationResponse(await steps.revoke(as, next.refresh_token)),
  )
  await app.tell('refused', async () =>
    oauth.processRefreshTokenResponse(as, web, await steps.refresh(as, next.refresh_token)),
  )
  await app.unhandled(async () => {
    // Before 3 a refusal is a result, and what is not one is an error of its own.
    const sent = await steps.refresh(as, app.secret('S3cret-unknown'))
    const result = await oauth.processRefreshTokenResponse(as, web, sent)
    throw new Error(result.error)
  })
  await app.tell('worker', async () => {
    const sent = steps.credentials(as, { scope: 'orders' })
    return oauth.processClientCredentialsResponse(as, worker, await sent)
  })
  const denied = new URLSearchParams({ error: 'access_denied', state, iss: app.servers.issuer })
  await app.tell('denied', () => oauth.validateAuthResponse(as, web, denied, state))
}

/** From 3 on, how a client authenticates is an argument. */
function stepsOf3(oauth) {
  const open = { [oauth.allowInsecureRequests]: true }
  const [web, worker] = [{ client_id: 'web' }, { client_id: 'worker' }]
  const basic = oauth.ClientSecretBasic(secrets.web)
  const post = oauth.ClientSecretPost(secrets.worker)
  return {
    ...{ open, web, worker },
    redeem: (as, ...more) => oauth.authorizationCodeGrantRequest(as, web, basic, ...more, open),
    processCode: (as, sent) => oauth.processAuthorizationCodeResponse(as, web, sent),
    refresh: (as, token) => oauth.refreshTokenGrantRequest(as, web, basic, token, open),
    introspect: (as, token) => oauth.introspectionRequest(as, web, basic, token, open),
    revoke: (as, token) => oauth.revocationRequest(as, web, basic, token, open),
    credentials: (as, form) => oauth.clientCredentialsGrantRequest(as, worker, post, form, open),
  }
}

/** Before, it was told by the client's metadata. */
function stepsOf2(oauth) {
  const open = oauth.allowInsecureRequests && { [oauth.allowInsecureRequests]: true }
  const method = (name) => ({ token_endpoint_auth_method: `client_secret_${name}` })
  const web = { client_id: 'web', client_secret: secrets.web, ...method('basic') }
  const worker = { client_id: 'worker', client_secret: secrets.worker, ...method('post') }
  return {
    ...{ open, web, worker },
    redeem: (as, ...more) => oauth.authorizationCodeGrantRequest(as, web, ...more, open),
    processCode: (as, sent) => oauth.processAuthorizationCodeOpenIDResponse(as, web, sent),
    refresh: (as, token) => oauth.refreshTokenGrantRequest(as, web, token, open),
    introspect: (as, token) => oauth.introspectionRequest(as, web, token, open),
    revoke: (as, token) => oauth.revocationRequest(as, web, token, open),
    credentials: (as, form) => {
      const parameters = new URLSearchParams(form)
      return oauth.clientCredentialsGrantRequest(as, worker, parameters, open)
    },
  }
}

const hash = /^t1\./
const grant = 'oauth.grant.type'

function records({ major }) {
  const library = major < 3 ? 'fetch' : 'oauth4webapi'
  const about = { 'oauth.library.name': library, 'oauth.role': 'client' }
  const web = { ...about, 'oauth.client.id': 'web', 'oauth.token.hash': hash }
  const token = (outcome, says) => ['oauth.token', outcome, { ...about, ...says }]
  // What a transport cannot tell from other requests, or never sees.
  const unlessBare = (record) => (major < 3 ? [] : [record])
  return [
    ...unlessBare(['oauth.discovery', 'success', about]),
    token('success', { ...web, [grant]: 'authorization_code', 'user.id': 'ada' }),
    ...unlessBare(['oauth.userinfo', 'success', { ...web, 'user.id': 'ada' }]),
    token('success', { ...web, [grant]: 'refresh_token', 'oauth.refresh.rotated': true }),
    ['oauth.introspect', 'success', { ...about, 'oauth.token.active': true }],
    ['oauth.revoke', 'success', { ...about, 'oauth.token.hash': hash }],
    token('failure', { [grant]: 'refresh_token', 'oauth.error.code': 'invalid_grant' }),
    token('failure', { [grant]: 'refresh_token', 'oauth.error.code': 'invalid_grant' }),
    token('success', { [grant]: 'client_credentials', 'oauth.client.id': 'worker' }),
    ...unlessBare(['oauth.authorize', 'denied', { 'oauth.error.code': 'access_denied' }]),
  ]
}

const ways = ['import', 'require(esm)']

export const library = {
  name: 'oauth4webapi',
  modules: ['oauth4webapi'],
  versions: [
    { version: '2.17.0', ways },
    { version: '3.0.0', ways },
    { version: '3.8.8', ways },
  ],
  unhooked: { 2: 'has the records of its transport, fetch' },
  adds: 'one record for each request and for each response that is refused; tokens validated',
  flow,
  records,
  turn: async ({ oauth4webapi: oauth }, { servers }) => {
    const as = { issuer: 'https://login.example.com', token_endpoint: `${servers.answers}/token` }
    const { refresh, web } = stepsOf3(oauth)
    return async () => {
      const sent = await refresh(as, 'S3cret')
      await oauth.processRefreshTokenResponse(as, web, sent).catch(() => undefined)
    }
  },
}
