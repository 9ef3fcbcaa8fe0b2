// express-openid-connect on Express: users who log in at a real authorization server, log out, and
// come back with what they should not; and logout tokens.
import { createServer } from 'node:http'
import { defaultOf } from '../application/guarded.mjs'
import { visitor } from '../application/visitor.mjs'

const name = 'express-openid-connect'
const site = 'https://shop.example.com'
const secret = 'web-secret-0123456789-0123456789'

/** Sessions are kept here, so that a logout token can end them. */
function storeOf(kept = new Map()) {
  return {
    get: (id, done) => done(null, kept.get(id)),
    set: (id, value, done) => done(null, void kept.set(id, value)),
    destroy: (id, done) => done(null, void kept.delete(id)),
  }
}

function serve({ [name]: loaded, express: routing }, app) {
  const { auth, requiresAuth } = defaultOf(loaded)
  const shop = defaultOf(routing)()
  shop.use(
    auth({
      ...{ baseURL: site, issuerBaseURL: app.servers.issuer, clientID: 'web' },
      ...{ clientSecret: app.secret(secret), secret: app.secret('S3cret-of-the-sessions-of-all') },
      ...{ authRequired: false, idpLogout: true, idTokenSigningAlg: 'RS256' },
      ...{ authorizationParams: { response_type: 'code', scope: 'openid orders' } },
      ...{ clientAuthMethod: 'client_secret_basic', backchannelLogout: { store: storeOf() } },
    }),
  )
  shop.get('/me', requiresAuth(), (request, response) => {
    response.json([request.oidc.user.sub, request.oidc.isAuthenticated()])
  })
  shop.use((error, _request, response, _next) => {
    response.status(error.status ?? 500).send(error.constructor.name)
  })
  return createServer(shop)
}

async function flow(modules, app) {
  const server = serve(modules, app)
  const { go } = visitor(app, await app.listen(server))
  const come = (label, said) =>
    go(label, `/callback?${new URLSearchParams({ iss: app.servers.issuer, ...said })}`)
  const begin = async (label) => {
    const { location } = await go(label, '/login')
    return app.secret(location.searchParams.get('state'))
  }
  const { location: start } = await go('login', '/login')
  const back = await app.login(start)
  await go('code', `/callback${back.search}`)
  await go('me', '/me')
  await go('again', `/callback${back.search}`)
  await go('out', '/logout')
  await go('nobody', '/me')
  await begin('second')
  await come('state', { code: 'S3cret-code', state: 'forged' })
  const state = await begin('third')
  await come('denied', { error: 'access_denied', state })
  const last = await begin('fourth')
  await come('bad code', { code: 'S3cret-code', state: last })
  const post = (label, form) => {
    const body = new URLSearchParams(form)
    return go(label, '/backchannel-logout', { method: 'POST', body })
  }
  await post('logout token', { logout_token: app.secret('S3cret-logout-token') })
  await post('no logout token', {})
  app.close(server)
}

const about = { 'oauth.library.name': name, 'oauth.role': 'client', 'oauth.client.id': 'web' }
const asked = { 'oauth.library.name': 'openid-client', 'oauth.role': 'client' }
const login = (outcome, reason) => [
  ...['oauth.login', outcome],
  { ...about, ...(reason && { 'oauth.error.reason': reason }) },
]

export const library = {
  name,
  modules: [name, 'express'],
  versions: ['3.0.0', '3.4.0'].map((version) => ({
    ...{ version, ways: ['import', 'require'], beside: { express: '5.3.0' } },
  })),
  adds: 'who logged in and out; what is wrong with an answer or a logout token',
  flow,
  records: () => [
    ['oauth.discovery', 'success', asked],
    ['oauth.token', 'success', { ...asked, 'user.id': 'ada', 'oauth.token.hash': /^t1\./ }],
    ['oauth.login', 'success', { ...about, 'user.id': 'ada' }],
    // Who comes once more, by the browser's way back, is logged in already.
    ['oauth.end_session', 'success', { ...about, 'user.id': 'ada' }],
    login('failure', 'state_mismatch'),
    login('denied', 'access_denied'),
    ['oauth.token', 'failure', { ...asked, 'oauth.error.code': 'invalid_grant' }],
    login('failure', 'other'),
    ['oauth.backchannel_logout', 'failure', { ...about, 'oauth.error.reason': 'token_malformed' }],
    ['oauth.backchannel_logout', 'failure', { ...about, 'oauth.error.reason': 'token_missing' }],
  ],
}
