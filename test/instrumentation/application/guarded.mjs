// An API behind a library that validates tokens: what its clients show it, and the records of that.
// Tokens are signed with a secret, which all libraries know how to check.
import { createHmac } from 'node:crypto'

export const secret = 'S3cret-of-the-issuer-0123456789'
export const issuer = 'https://login.example.com'
export const audience = 'https://api.example.com'

export function tokenOf(claims = {}, key = secret) {
  const now = Math.floor(Date.now() / 1000)
  const usual = {
    ...{ iss: issuer, aud: audience, sub: 'ada', client_id: 'web', scope: 'orders:read' },
    ...{ iat: now - 10, exp: now + 600 },
  }
  const input = [
    { alg: 'HS256', typ: 'JWT' },
    { ...usual, ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
}

const tokens = () => ({
  good: tokenOf(),
  expired: tokenOf({ exp: 1_000_000_000, iat: 999_999_000 }),
  elsewhere: tokenOf({ aud: 'https://other.example.com' }),
  forged: tokenOf({}, 'another secret'),
  garbage: 'not-a-token-0123456789',
})

const bearer = (app, token) => ({ headers: { authorization: `Bearer ${app.secret(token)}` } })

/** Shows each token at /orders, and a good one at the paths of `more`. */
export async function callGuarded(app, server, more = []) {
  const url = await app.listen(server)
  app.secret(secret)
  const all = tokens()
  for (const [label, token] of Object.entries(all)) {
    await app.ask(label, `${url}/orders`, bearer(app, token))
  }
  await app.ask('none', `${url}/orders`)
  for (const path of more) await app.ask(path, url + path, bearer(app, all.good))
  app.close(server)
}

const access = (outcome, says) => ['oauth.resource_access', outcome, says]
const hash = { 'oauth.token.hash': /^t1\.[\w-]{22}$/ }

/** A record of a good token. */
export const success = (library, says) =>
  access('success', {
    ...{ 'oauth.library.name': library, 'user.id': 'ada', 'oauth.client.id': 'web' },
    ...{ 'oauth.scope.granted': 'orders:read', ...hash, ...says },
  })

/** A record of one that was refused; nobody is told of whom it says it is. */
export const failure = (library, reason, says) =>
  access('failure', {
    ...{ 'oauth.library.name': library, 'oauth.error.reason': reason, 'user.id': null },
    ...{ ...hash, ...says },
  })

/** The records of these calls; `isChallenged`: who shows none is told what to show. */
export const recordsOfGuarded = (library, isChallenged = true) => [
  success(library),
  failure(library, 'token_expired'),
  failure(library, 'audience_mismatch'),
  failure(library, 'signature_invalid'),
  failure(library, 'token_malformed'),
  ...(isChallenged ? [access('denied', { 'oauth.error.reason': 'token_missing' })] : []),
]

/** One call of it in this process, any number of times. */
export async function turnOfGuarded(app, server, token = tokenOf({ exp: 4_000_000_000 })) {
  const url = await app.listen(server)
  server.unref()
  const headers = { authorization: `Bearer ${token}` }
  return async () => {
    const response = await fetch(`${url}/orders`, { headers })
    await response.arrayBuffer()
  }
}

/** What `import` or `require` gave, as a function or an object of functions. */
export const defaultOf = (loaded) => loaded.default ?? loaded
