// @fastify/oauth2: an application that logs its users in, at a real authorization server.
const redirect = 'https://shop.example.com/callback'
const secret = 'web-secret-0123456789-0123456789'

async function flow({ '@fastify/oauth2': loaded, fastify: framework }, app) {
  app.secret(secret)
  const server = (framework.default ?? framework)()
  server.register(loaded.default ?? loaded, {
    ...{ name: 'login', callbackUri: redirect, startRedirectPath: '/login', pkce: 'S256' },
    ...{ scope: ['openid', 'orders'], discovery: { issuer: app.servers.issuer } },
    credentials: { client: { id: 'web', secret } },
  })
  server.get('/callback', async (request, reply) => {
    const { token } = await server.login.getAccessTokenFromAuthorizationCodeFlow(request, reply)
    server.token = token
    return Object.keys(token).toSorted()
  })
  await server.ready()
  const { headers, cookies } = await server.inject('/login')
  const back = await app.login(headers.location)
  const own = Object.fromEntries(cookies.map(({ name, value }) => [name, value]))
  const come = async (label, url, sent) => {
    const { statusCode, body } = await server.inject({ url, cookies: sent })
    app.say(label, statusCode, body)
  }
  await come('code', `/callback${back.search}`, own)
  await come('state', '/callback?code=x&state=forged', {})
  const { login, token } = server
  await app.tell('user info', () => login.userinfo(token))
  const kindOf = ({ message }) => message
  const refresh = async (refreshToken) =>
    login.getNewAccessTokenUsingRefreshToken({ refresh_token: refreshToken }, {})
  app.say('refused', await refresh(app.secret('S3cret-unknown')).catch(kindOf))
  await server.close()
}

const about = { 'oauth.library.name': '@fastify/oauth2', 'oauth.role': 'client' }

function records() {
  const refused = {
    ...{ 'oauth.grant.type': 'refresh_token', 'oauth.client.id': 'web' },
    'oauth.error.reason': 'login_required',
  }
  const code = { 'oauth.grant.type': 'authorization_code', 'oauth.client.id': 'web' }
  return [
    ['oauth.token', 'success', { ...about, ...code, 'oauth.token.hash': /^t1\./ }],
    ['oauth.authorize', 'failure', { ...about, 'oauth.error.reason': 'state_mismatch' }],
    ['oauth.userinfo', 'success', { ...about, 'user.id': 'ada', 'oauth.token.hash': /^t1\./ }],
    ['oauth.token', 'failure', { ...about, ...refused }],
  ]
}

export const library = {
  name: '@fastify/oauth2',
  modules: ['@fastify/oauth2', 'fastify'],
  versions: [
    { version: '8.0.0', ways: ['import', 'require'], beside: { fastify: '5.12.8' } },
    { version: '8.3.0', ways: ['import', 'require'], beside: { fastify: '5.12.8' } },
  ],
  adds: 'one record for each call; another `state`; the user of UserInfo',
  flow,
  records,
}
