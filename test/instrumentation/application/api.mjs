// An API as somebody might have written it, apart from its framework: its routes, who may call
// them, and the calls of its clients. Its tokens are opaque, and it knows them by heart.
import { Readable } from 'node:stream'

const known = new Map([
  ['known-token-of-ada-0123456789', 'orders:read orders:write'],
  ['known-token-of-bob-0123456789', 'profile'],
])
const [ada, bob] = known.keys()
const forged = 'forged-token-of-eve-0123456789'

/** `answer` is a key of what each framework's file has for it; `need` is a scope. */
export const routes = [
  { method: 'GET', path: '/orders/:id', need: 'orders:read', answer: 'json' },
  { method: 'POST', path: '/orders', need: 'orders:write', answer: 'echo' },
  { method: 'GET', path: '/export', need: 'orders:read', answer: 'stream' },
  { method: 'GET', path: '/broken', need: 'orders:read', answer: 'error' },
  { method: 'GET', path: '/free/:id', need: null, answer: 'json' },
]

/** What is said to a request that does not get in: status and challenge; null for one that does. */
export function refusal(authorization, { need }) {
  if (need === null) return null
  const token = /^bearer (.+)$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) return [401, 'Bearer realm="api"']
  const scopes = known.get(token)
  if (scopes === undefined) return [401, 'Bearer realm="api", error="invalid_token"']
  if (scopes.split(' ').includes(need)) return null
  return [403, `Bearer realm="api", error="insufficient_scope", scope="${need}"`]
}

/** An export, as a stream of three rows. */
export function rows() {
  async function* made() {
    for (let i = 0; i < 3; i++) {
      yield Buffer.from(`${i},${'x'.repeat(1000)}\n`)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return Readable.from(made())
}

/** All calls of its clients, against a server on some framework. */
export async function callApi(app, server) {
  const url = await app.listen(server)
  const bearer = (token) => ({ authorization: `Bearer ${app.secret(token)}` })
  const form = {
    method: 'POST',
    headers: { ...bearer(ada), 'content-type': 'application/x-www-form-urlencoded' },
    body: 'item=tea&note=',
  }
  await app.ask('allowed', `${url}/orders/4711?state=${app.secret('S3cret-state')}`, {
    headers: bearer(ada),
  })
  await app.ask('none', `${url}/orders/4711`)
  await app.ask('forged', `${url}/orders/4711`, { headers: bearer(forged) })
  await app.ask('scope', `${url}/orders/4711`, { headers: bearer(bob) })
  await app.ask('form', `${url}/orders`, form)
  await app.ask('export', `${url}/export`, { headers: bearer(ada) })
  await app.ask('broken', `${url}/broken`, { headers: bearer(ada) })
  await app.ask('unneeded', `${url}/free/7`, { headers: bearer(ada) })
  await app.ask('open', `${url}/free/7`)
  await app.ask('nowhere', `${url}/nowhere`, { headers: bearer(ada) })
  app.close(server)
}

const action = 'oauth.resource_access'
const status = 'http.response.status_code'
const reason = 'oauth.error.reason'
const hash = /^t1\.[\w-]{22}$/
const unvalidated = { [status]: 200, [reason]: 'token_not_validated', 'oauth.token.hash': hash }

/** The records of these calls; `isTold`: the framework tells its routes. */
export function recordsOfApi(isTold = true) {
  const template = (route) => (isTold ? {} : { 'url.template': route })
  const at = (route) => ({
    ...{ 'http.route': isTold ? route : null, 'audit.actor.type': 'anonymous' },
    ...template(route),
  })
  return [
    [action, 'success', { ...at('/orders/:id'), ...unvalidated, 'url.query': 'state=REDACTED' }],
    [action, 'denied', { ...at('/orders/:id'), [status]: 401, [reason]: 'token_missing' }],
    [
      action,
      'failure',
      { ...at('/orders/:id'), [status]: 401, 'oauth.error.code': 'invalid_token' },
    ],
    [action, 'denied', { ...at('/orders/:id'), [status]: 403, [reason]: 'scope_insufficient' }],
    [action, 'success', { ...at('/orders'), ...unvalidated }],
    [action, 'success', { ...at('/export'), ...unvalidated }],
    [action, 'failure', { ...at('/broken'), [status]: 500 }],
    [action, 'success', { ...at('/free/:id'), ...unvalidated }],
    [action, 'failure', { 'http.route': null, [status]: 404 }],
  ]
}

/** One call of it in this process, any number of times. */
export async function turnOfApi(app, server) {
  const url = await app.listen(server)
  server.unref()
  const headers = { authorization: `Bearer ${ada}` }
  return async () => {
    const response = await fetch(`${url}/orders/4711`, { headers })
    await response.arrayBuffer()
  }
}
