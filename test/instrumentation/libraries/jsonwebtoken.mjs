// jsonwebtoken on Node alone: at once for /orders, with a callback and a key that is asked for
// for /later; and apart from any request.
import { createServer } from 'node:http'
import * as guarded from '../application/guarded.mjs'

const { audience, issuer, secret, tokenOf } = guarded
const options = { issuer, audience, algorithms: ['HS256'] }

function serve(loaded) {
  const jwt = guarded.defaultOf(loaded)
  const getKey = (_header, done) => void setImmediate(() => done(null, secret))
  return createServer((request, response) => {
    const token = /^Bearer (.+)/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    const answer = (error, claims) => {
      if (!error) return response.end(claims.sub)
      response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
    }
    if (request.url === '/later') return jwt.verify(token, getKey, options, answer)
    let claims
    try {
      claims = jwt.verify(token, secret, options)
    } catch (error) {
      return answer(error)
    }
    answer(null, claims)
  })
}

async function flow({ jsonwebtoken }, app) {
  const jwt = guarded.defaultOf(jsonwebtoken)
  const good = app.secret(tokenOf())
  const verify = (label, token, own = options) =>
    app.tell(label, () => jwt.verify(app.secret(token), secret, own).sub)
  await verify('good', good)
  await verify('complete', good, { ...options, complete: true })
  await verify('issuer', good, { ...options, issuer: 'https://evil.example.com' })
  await verify('algorithm', good, { ...options, algorithms: ['HS512'] })
  await verify('early', tokenOf({ nbf: 4_000_000_000 }))
  await verify('no OAuth', tokenOf(), {})
  await app.tell('misuse', () => jwt.verify())
  await app.tell('what a callback throws', () =>
    jwt.verify(good, secret, options, () => {
      throw new RangeError('of the application')
    }),
  )
  await guarded.callGuarded(app, serve(jsonwebtoken), ['/later'])
}

const library = 'jsonwebtoken'
const validation = (outcome, says) => [
  ...['oauth.token_validation', outcome],
  { 'oauth.library.name': library, 'oauth.token.hash': /^t1\./, ...says },
]
const no = (reason) => validation('failure', { 'oauth.error.reason': reason, 'user.id': null })

const records = ({ version }) => [
  validation('success', { 'user.id': 'ada', 'oauth.token.alg': 'HS256' }),
  validation('success', { 'user.id': 'ada', 'oauth.token.alg': 'HS256' }),
  ...['issuer_mismatch', 'algorithm_not_allowed', 'token_not_yet_valid'].map(no),
  validation('success', { 'user.id': 'ada' }),
  ...guarded.recordsOfGuarded(library),
  // It takes no function for a key yet.
  version === '8.0.0' ? guarded.failure(library, /./) : guarded.success(library),
]

const ways = ['import', 'require']

const exported = {
  name: library,
  modules: [library],
  versions: [
    { version: '8.0.0', ways },
    { version: '8.5.1', ways },
    { version: '9.0.0', ways },
    { version: '9.0.3', ways },
  ],
  adds: 'who the token is for, its scope and roles, the real reason of a refusal',
  flow,
  records,
  turn: ({ jsonwebtoken }, app) => guarded.turnOfGuarded(app, serve(jsonwebtoken)),
}
export { exported as library }
