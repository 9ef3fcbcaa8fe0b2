// express-oauth2-jwt-bearer on Express: a route that asks for a scope, one for a claim, and one
// that lets in who shows nothing.
import { createServer } from 'node:http'
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret } = guarded
const name = 'express-oauth2-jwt-bearer'

function serve({ [name]: loaded, express: routing }) {
  const { auth, claimEquals, requiredScopes } = loaded
  const app = guarded.defaultOf(routing)()
  const options = { issuer, audience, secret, tokenSigningAlg: 'HS256' }
  const answer = (request, response) => response.send(request.auth?.payload.sub ?? 'free')
  app.get('/orders', auth(options), answer)
  app.get('/write', auth(options), requiredScopes('orders:write'), answer)
  app.get('/team', auth(options), claimEquals('team', 'blue'), answer)
  app.get('/free', auth({ ...options, authRequired: false }), answer)
  app.use((error, _request, response, _next) => {
    response
      .set(error.headers ?? {})
      .status(error.status ?? 500)
      .send(error.message)
  })
  return createServer(app)
}

const ways = ['import', 'require']
const beside = { express: '4.22.3' }
const access = 'oauth.resource_access'
const ada = { 'oauth.library.name': name, 'user.id': 'ada', 'oauth.client.id': 'web' }

export const library = {
  name,
  modules: [name, 'express'],
  versions: [
    { version: '1.0.1', ways, beside },
    { version: '1.10.0', ways, beside },
  ],
  adds: 'the same, the scopes that were required, a proof or certificate that does not fit',
  flow: (modules, app) => guarded.callGuarded(app, serve(modules), ['/write', '/team', '/free']),
  records: () => [
    ...guarded.recordsOfGuarded(name),
    [
      ...[access, 'denied'],
      { ...ada, 'oauth.error.reason': 'scope_insufficient', 'oauth.scope.missing': 'orders:write' },
    ],
    [access, 'failure', { ...ada, 'oauth.error.reason': 'claim_invalid' }],
    guarded.success(name),
  ],
  turn: (modules, app) => guarded.turnOfGuarded(app, serve(modules)),
}
