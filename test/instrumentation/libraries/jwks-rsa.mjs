// jwks-rsa: the keys of an API behind express-jwt, which it asks its authorization server for.
import { createServer } from 'node:http'
import { defaultOf, failure, success, turnOfGuarded } from '../application/guarded.mjs'

const expected = { issuer: 'https://login.example.com', audience: 'https://api.example.com' }

/** The authorization server's keys, as it publishes them. */
const publish = (jwk) =>
  createServer((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ keys: [{ ...jwk, use: 'sig' }] }))
  })

function guardOf(modules, options) {
  const { expressjwt } = modules['express-jwt']
  const secret = defaultOf(modules['jwks-rsa']).expressJwtSecret(options)
  return expressjwt({ secret, algorithms: ['RS256'], ...expected })
}

async function serve(modules, app, jwk) {
  const keys = publish(jwk)
  keys.unref()
  const jwksUri = `${await app.listen(keys)}/jwks`
  const api = defaultOf(modules.express)()
  const answer = (request, response) => response.send(request.auth.sub)
  api.get('/orders', guardOf(modules, { jwksUri }), answer)
  const once = { rateLimit: true, jwksRequestsPerMinute: 1 }
  const handleSigningKeyError = (error, done) => done(error)
  api.get('/limited', guardOf(modules, { jwksUri, ...once, handleSigningKeyError }), answer)
  api.get('/away', guardOf(modules, { jwksUri: `${app.servers.dead}/jwks` }), answer)
  api.use((error, _request, response, _next) => {
    response
      .set('WWW-Authenticate', 'Bearer')
      .status(error.status ?? 401)
      .send(error.name)
  })
  return { server: createServer(api), keys, jwksUri }
}

async function flow(modules, app) {
  const { jwk, token } = app.newIssuer('RS256')
  const { server, keys, jwksUri } = await serve(modules, app, jwk)
  const url = await app.listen(server)
  const show = (label, path, jwt) =>
    app.ask(label, url + path, { headers: { authorization: `Bearer ${app.secret(jwt)}` } })
  const good = token()
  const foreign = app.newIssuer('RS256').token({}, { kid: 'k2' })
  await show('asked', '/orders', good)
  await show('known', '/orders', good)
  await show('expired', '/orders', token({ exp: 1_000_000_000 }))
  await show('foreign', '/orders', foreign)
  await show('limited, asked', '/limited', good)
  await show('limited', '/limited', foreign)
  await show('limited, known', '/limited', good)
  await show('away', '/away', good)
  const client = defaultOf(modules['jwks-rsa'])({ jwksUri })
  await app.tell('a key', async () => {
    const key = await client.getSigningKey('k1')
    return [key.kid, key.alg, key.getPublicKey().length]
  })
  await app.tell('no key', () => client.getSigningKey('k2'))
  await app.unhandled(() => client.getSigningKey('k3'))
  app.close(server)
  app.close(keys)
}

const by = 'express-jwt'
const hit = 'oauth.jwks.cache_hit'

export const library = {
  name: 'jwks-rsa',
  modules: ['jwks-rsa', by, 'express'],
  versions: ['3.0.0', '3.2.2', '4.0.0', '4.1.0'].map((version) => ({
    ...{ version, ways: ['import', 'require'] },
    beside: { 'express-jwt': '8.5.1', express: '4.22.3' },
  })),
  adds: 'whether the key was known or had to be asked for',
  flow,
  records: () => [
    success(by, { [hit]: false }),
    success(by, { [hit]: true }),
    failure(by, 'token_expired', { [hit]: true }),
    failure(by, 'key_unknown', { [hit]: false }),
    success(by, { [hit]: false }),
    ['oauth.resource_access', 'denied', { 'oauth.error.reason': 'rate_limited', [hit]: true }],
    success(by, { [hit]: true }),
    failure(by, 'jwks_unavailable', { [hit]: false }),
  ],
  turn: async (modules, app) => {
    const { jwk, token } = app.newIssuer('RS256')
    const { server } = await serve(modules, app, jwk)
    return turnOfGuarded(app, server, token({ exp: 4_000_000_000 }))
  },
}
