// simple-oauth2: a client that logs a user in, at a real authorization server.
const redirect = 'https://shop.example.com/callback'
const secret = 'web-secret-0123456789-0123456789'

async function flow({ 'simple-oauth2': { AuthorizationCode } }, app) {
  app.secret(secret)
  const auth = {
    ...{ tokenHost: app.servers.issuer, tokenPath: '/token', revokePath: '/token/revocation' },
    authorizePath: '/auth',
  }
  const client = new AuthorizationCode({ client: { id: 'web', secret }, auth })
  const scope = 'openid orders'
  const back = await app.login(client.authorizeURL({ redirect_uri: redirect, scope, state: 'one' }))
  const code = back.searchParams.get('code')
  const token = await client.getToken({ code, redirect_uri: redirect })
  app.say('code', Object.keys(token.token).toSorted())
  const next = await token.refresh()
  app.say('refresh', Object.keys(next.token).toSorted())
  await app.tell('revoke', () => next.revoke('refresh_token'))
  await app.tell('refused', () => next.refresh())
  await app.unhandled(() => client.createToken({ refresh_token: app.secret('S3cret') }).refresh())
  const dead = { ...auth, tokenHost: app.servers.dead }
  const away = new AuthorizationCode({ client: { id: 'web', secret }, auth: dead })
  await app.tell('unreachable', () => away.getToken({ code: 'x', redirect_uri: redirect }))
  await app.tell('misuse', () => next.revoke('nothing'))
}

const hash = /^t1\./
const grant = 'oauth.grant.type'
const about = { 'oauth.library.name': 'simple-oauth2', 'oauth.client.id': 'web' }

function records() {
  const refused = {
    ...{ ...about, [grant]: 'refresh_token', 'oauth.error.code': 'invalid_grant' },
    'oauth.error.reason': 'login_required',
  }
  const first = { ...about, [grant]: 'authorization_code', 'oauth.token.hash': hash }
  return [
    ['oauth.token', 'success', { ...first, 'user.id': 'ada' }],
    ['oauth.token', 'success', { ...about, [grant]: 'refresh_token', 'oauth.token.hash': hash }],
    ['oauth.revoke', 'success', { ...about, 'oauth.token.hash': hash }],
    ['oauth.token', 'failure', refused],
    ['oauth.token', 'failure', refused],
    ['oauth.token', 'failure', { ...about, 'oauth.error.reason': 'unreachable' }],
  ]
}

export const library = {
  name: 'simple-oauth2',
  modules: ['simple-oauth2'],
  versions: [
    { version: '5.0.0', ways: ['import', 'require'] },
    { version: '5.1.0', ways: ['import', 'require'] },
  ],
  adds: 'one record for each call, also of parameters that are sent as JSON',
  flow,
  records,
}
