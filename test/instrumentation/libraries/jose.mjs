// jose: an API validates JWTs by each of its functions, with a key, a function and a key set; and
// refuses them for each reason that there is.
import { createServer } from 'node:http'

const checks = {
  issuer: 'https://login.example.com',
  audience: 'https://api.example.com',
}

async function flow({ jose }, app) {
  const { jwk, token } = app.newIssuer()
  const key = await jose.importJWK(jwk, 'EdDSA')
  const good = app.secret(token())
  const verify = (label, jwt, by = key, options = checks) =>
    app.tell(label, async () => {
      const { payload, protectedHeader } = await jose.jwtVerify(app.secret(jwt), by, options)
      return [payload.sub, protectedHeader.typ]
    })
  await verify('good', good)
  await verify('expired', token({ exp: 1_000_000_000 }))
  await verify('audience', token({ aud: 'https://other.example.com' }))
  await verify('issuer', token({ iss: 'https://evil.example.com' }))
  await verify('early', token({ nbf: 4_000_000_000 }))
  await verify('forged', app.newIssuer().token())
  await verify('garbage', 'not-a-token-0123456789')
  await verify('algorithm', good, key, { ...checks, algorithms: ['ES256'] })
  await verify('by a function', good, async () => key)
  await verify('by a function that throws', good, () => {
    throw new RangeError('of the application')
  })
  const secret = Buffer.alloc(32, 7)
  const sealed = await new jose.EncryptJWT({ sub: 'ada' })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setIssuer(checks.issuer)
    .setAudience(checks.audience)
    .encrypt(secret)
  await app.tell('sealed', async () => {
    return (await jose.jwtDecrypt(app.secret(sealed), secret, checks)).payload.sub
  })
  await app.tell('misuse', () => jose.jwtVerify())
  await app.unhandled(() => jose.jwtVerify(app.secret('another-bad-token-0123'), key, checks))

  const server = createServer(async (request, response) => {
    const [, jwt] = request.headers.authorization.split(' ')
    const fine = await jose.jwtVerify(jwt, key, checks).catch(() => null)
    if (fine !== null) return response.end(fine.payload.sub)
    response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
  })
  const url = await app.listen(server)
  const ask = (label, jwt) =>
    app.ask(label, `${url}/orders/7`, { headers: { authorization: `Bearer ${app.secret(jwt)}` } })
  await ask('served', good)
  await ask('served, expired', token({ exp: 1_000_000_000 }))
  app.close(server)
}

const about = { 'oauth.library.name': 'jose', 'oauth.token.hash': /^t1\./ }
const validation = (outcome, says) => ['oauth.token_validation', outcome, { ...about, ...says }]
const ada = { 'user.id': 'ada', 'oauth.client.id': 'web', 'oauth.token.format': 'jwt' }
const no = (reason) => validation('failure', { 'oauth.error.reason': reason, 'user.id': null })

const records = () => [
  validation('success', ada),
  no('token_expired'),
  no('audience_mismatch'),
  no('issuer_mismatch'),
  no('token_not_yet_valid'),
  no('signature_invalid'),
  no('token_malformed'),
  no('algorithm_not_allowed'),
  validation('success', ada),
  no('other'),
  validation('success', { 'oauth.token.format': 'jwe', 'user.id': 'ada' }),
  no('token_malformed'),
  ['oauth.resource_access', 'success', { ...about, ...ada }],
  ['oauth.resource_access', 'failure', { ...about, 'oauth.error.reason': 'token_expired' }],
]

const both = ['import', 'require']
const esm = ['import', 'require(esm)']

export const library = {
  name: 'jose',
  modules: ['jose'],
  versions: [
    { version: '4.0.0', ways: both },
    { version: '4.15.9', ways: both },
    { version: '5.0.0', ways: both },
    { version: '5.10.0', ways: both },
    { version: '6.0.0', ways: esm },
    { version: '6.2.18', ways: esm },
  ],
  adds: 'who the token is for, its scope and roles, the real reason of a refusal',
  flow,
  records,
  turn: async ({ jose }, app) => {
    const { jwk, token } = app.newIssuer()
    const key = await jose.importJWK(jwk, 'EdDSA')
    const jwt = token()
    return () => jose.jwtVerify(jwt, key, checks)
  },
}
