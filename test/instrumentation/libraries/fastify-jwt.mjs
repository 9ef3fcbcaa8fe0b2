// @fastify/jwt on Fastify, and so fast-jwt: by a promise, with a callback, and untrusted.
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret } = guarded
const name = '@fastify/jwt'

async function serve({ [name]: loaded, fastify: framework }) {
  const app = guarded.defaultOf(framework)()
  const verify = { allowedIss: issuer, allowedAud: audience, algorithms: ['HS256'] }
  const trusted = (request) => request.url !== '/untrusted'
  await app.register(guarded.defaultOf(loaded), { secret, verify, trusted })
  const refuse = (reply, error) =>
    reply.header('WWW-Authenticate', 'Bearer').status(401).send({ code: error.code })
  const onRequest = (request, reply) => request.jwtVerify().catch((error) => refuse(reply, error))
  const later = (request, reply, done) => {
    request.jwtVerify((error) => (error ? refuse(reply, error) : done()))
  }
  const answer = async (request) => request.user.sub
  app.get('/orders', { onRequest }, answer)
  app.get('/untrusted', { onRequest }, answer)
  app.get('/later', { onRequest: later }, answer)
  await app.ready()
  return app.server
}

const ways = ['import', 'require']

export const library = {
  name,
  modules: [name, 'fastify'],
  versions: [
    { version: '9.0.0', ways, beside: { fastify: '5.0.0' } },
    { version: '9.1.0', ways, beside: { fastify: '5.12.8' } },
    { version: '10.0.0', ways, beside: { fastify: '5.12.8' } },
    { version: '10.2.8', ways, beside: { fastify: '5.12.8' } },
  ],
  adds: 'the same as express-jwt',
  flow: async (modules, app) =>
    guarded.callGuarded(app, await serve(modules), ['/untrusted', '/later']),
  records: () => [
    ...guarded.recordsOfGuarded(name),
    guarded.failure(name, 'token_revoked'),
    guarded.success(name),
  ],
  turn: async (modules, app) => guarded.turnOfGuarded(app, await serve(modules)),
}
