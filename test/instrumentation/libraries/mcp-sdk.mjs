// requireBearerAuth of the Model Context Protocol's SDK on Express, with verifiers of JWTs (by
// jose) and of tokens that only their issuer can read.
import { createServer } from 'node:http'
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret } = guarded
const name = '@modelcontextprotocol/sdk'
const bearerAuth = `${name}/server/auth/middleware/bearerAuth.js`
const errors = `${name}/server/auth/errors.js`

function serve({ [bearerAuth]: { requireBearerAuth }, [errors]: { InvalidTokenError }, ...more }) {
  const { jwtVerify } = more.jose
  const key = Buffer.from(secret)
  class Jwts {
    #options = { issuer, audience }

    async verifyAccessToken(token) {
      const verified = await jwtVerify(token, key, this.#options).catch(() => null)
      if (verified === null) throw new InvalidTokenError('no')
      const { client_id: clientId, scope, exp: expiresAt } = verified.payload
      return { token, clientId, scopes: scope.split(' '), expiresAt }
    }
  }
  const opaque = {
    verifyAccessToken: async (token) => ({
      ...{ token, clientId: 'web', scopes: ['orders:read'], expiresAt: 2 ** 32 },
    }),
  }
  const app = guarded.defaultOf(more.express)()
  const answer = (request, response) => response.send(request.auth.clientId)
  const requiredScopes = ['orders:write']
  app.get('/orders', requireBearerAuth({ verifier: new Jwts() }), answer)
  app.get('/write', requireBearerAuth({ verifier: new Jwts(), requiredScopes }), answer)
  app.get('/opaque', requireBearerAuth({ verifier: opaque, requiredScopes }), answer)
  return createServer(app)
}

const ways = ['import', 'require']
const beside = { express: '5.3.0', jose: '6.2.18' }
const tooLittle = {
  ...{ 'oauth.library.name': name, 'oauth.client.id': 'web' },
  ...{ 'oauth.error.reason': 'scope_insufficient', 'oauth.scope.missing': 'orders:write' },
}

export const library = {
  name,
  modules: [bearerAuth, errors, 'jose', 'express'],
  versions: ['1.12.0', '1.32.2'].map((version) => ({ version, ways, beside })),
  adds: 'client, scopes and resource of the token; the scopes that were required',
  flow: (modules, app) => guarded.callGuarded(app, serve(modules), ['/write', '/opaque']),
  records: () => [
    ...guarded.recordsOfGuarded(name),
    ['oauth.resource_access', 'denied', { ...tooLittle, 'user.id': 'ada' }],
    ['oauth.resource_access', 'denied', { ...tooLittle, 'user.id': null }],
  ],
  turn: (modules, app) => guarded.turnOfGuarded(app, serve(modules)),
}
