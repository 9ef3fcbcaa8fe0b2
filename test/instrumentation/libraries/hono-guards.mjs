// Hono's own guards on Node: `jwt` with a secret, `jwk` with a key set, and `bearerAuth`, which
// knows tokens and nobody.
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret } = guarded
const known = 'S3cret-known-token-0123456789'

function serve(modules, app) {
  const { Hono } = modules.hono
  const { jwt } = modules['hono/jwt']
  const { bearerAuth } = modules['hono/bearer-auth']
  const api = new Hono()
  const options = { secret, alg: 'HS256' }
  api.use('/orders', jwt({ ...options, verification: { iss: issuer, aud: audience } }))
  api.use('/throws', jwt(options))
  api.use('/static', bearerAuth({ token: known }))
  const own = modules['hono/jwk'] && app.newIssuer()
  if (own) api.use('/keys', modules['hono/jwk'].jwk({ keys: [own.jwk], alg: ['EdDSA'] }))
  if (own) api.use('/asked', bearerAuth({ verifyToken: (token) => token === known }))
  api.get('/throws', () => {
    throw new RangeError('of the application')
  })
  for (const path of ['/orders', '/static', '/keys', '/asked']) {
    api.get(path, (c) => c.text(c.get('jwtPayload')?.sub ?? 'somebody'))
  }
  api.onError((error, c) => error.getResponse?.() ?? c.text(error.message, 500))
  const { createAdaptorServer } = modules['@hono/node-server']
  return { server: createAdaptorServer({ fetch: api.fetch }), own }
}

async function flow(modules, app) {
  const { server, own } = serve(modules, app)
  const url = await app.listen(server)
  // Another `typ` is no token for it.
  const jwt = (claims, header) => own.token(claims, { typ: 'JWT', ...header })
  const show = (label, path, token) =>
    app.ask(label, url + path, { headers: { authorization: `Bearer ${app.secret(token)}` } })
  await show('static', '/static', known)
  await show('static, another', '/static', 'S3cret-another-token')
  if (own) {
    await show('key set', '/keys', jwt())
    await show('key set, expired', '/keys', jwt({ exp: 1_000_000_000 }))
    await show('key set, another key', '/keys', jwt({}, { kid: 'k2' }))
    await show('asked', '/asked', known)
    await show('asked, another', '/asked', 'S3cret-another-token')
  }
  await guarded.callGuarded(app, server, ['/throws'])
}

const name = 'hono'
const part = 'hono/bearer-auth'
const access = 'oauth.resource_access'
/** Of a token that names nobody. */
const somebody = [access, 'success', { 'oauth.library.name': part, 'user.id': null }]
const nobody = guarded.failure(part, 'token_unknown')

function records({ version }) {
  const hasAll = version !== '4.0.0'
  const [good, expired, elsewhere, ...others] = guarded.recordsOfGuarded(name)
  return [
    somebody,
    nobody,
    ...(hasAll
      ? [
          guarded.success(name),
          guarded.failure(name, 'token_expired'),
          guarded.failure(name, 'key_unknown'),
          somebody,
          nobody,
        ]
      : []),
    good,
    expired,
    // That one does not ask whom a token is for.
    hasAll ? elsewhere : guarded.success(name),
    ...others,
    [
      ...[access, 'failure'],
      { 'oauth.library.name': name, 'user.id': 'ada', 'http.response.status_code': 500 },
    ],
  ]
}

const ways = ['import', 'require']

export const library = {
  name,
  title: "hono's `jwt`, `jwk` and `bearerAuth`",
  modules: [name, 'hono/jwt', 'hono/jwk', 'hono/bearer-auth', '@hono/node-server'],
  versions: [
    {
      ...{ version: '4.0.0', ways, beside: { '@hono/node-server': '1.19.19' } },
      ...{ lacks: ['hono/jwk'], note: 'no `jwk`' },
    },
    { version: '4.13.19', ways, beside: { '@hono/node-server': '2.1.9' } },
  ],
  adds: 'who the token is for, its scope and roles, the real reason of a refusal',
  flow,
  records,
  turn: (modules, app) => guarded.turnOfGuarded(app, serve(modules, app).server),
}
