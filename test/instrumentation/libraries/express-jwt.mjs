// express-jwt on Express: a guard of one route, and of another that lets in who shows nothing.
import { createServer } from 'node:http'
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret } = guarded

function serve({ 'express-jwt': loaded, express: routing }) {
  const all = guarded.defaultOf(loaded)
  const make = all.expressjwt ?? all
  const app = guarded.defaultOf(routing)()
  const options = { secret, algorithms: ['HS256'], issuer, audience }
  const answer = (request, response) => response.send((request.auth ?? request.user)?.sub ?? 'free')
  app.get('/orders', make(options), answer)
  app.get('/free', make({ ...options, credentialsRequired: false }), answer)
  app.get('/throws', make(options), () => {
    throw new RangeError('of the application')
  })
  app.use((error, _request, response, _next) => {
    response.set('WWW-Authenticate', 'Bearer')
    response.status(error.status ?? 500).send(error.code ?? error.message)
  })
  return createServer(app)
}

const name = 'express-jwt'
const ways = ['import', 'require']
const beside = { express: '4.22.3' }

export const library = {
  name,
  modules: [name, 'express'],
  versions: ['6.0.0', '6.1.2', '7.4.2', '7.7.8', '8.0.0', '8.5.1'].map((version) => ({
    ...{ version, ways, beside },
  })),
  adds: 'the same, and that it was revoked',
  flow: (modules, app) => guarded.callGuarded(app, serve(modules), ['/free', '/throws']),
  records: () => [
    ...guarded.recordsOfGuarded(name),
    guarded.success(name),
    [
      ...['oauth.resource_access', 'failure'],
      { 'oauth.library.name': name, 'user.id': 'ada', 'http.response.status_code': 500 },
    ],
  ],
  turn: (modules, app) => guarded.turnOfGuarded(app, serve(modules)),
}
