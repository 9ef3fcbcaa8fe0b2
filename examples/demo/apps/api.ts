// An API as anybody might have written it: Express 5, access tokens checked with jose (RFC 9068),
// refusals as in RFC 6750. There is nothing of Grantlog in it.
//
// Environment: PORT, URL (its own, the audience of its tokens), ISSUER, API_SECRET, ACCESS_LOG.
// Prints its URL as a JSON line.
import { Readable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import express, { type Request, type RequestHandler, type Response } from 'express'
import { createRemoteJWKSet, decodeJwt, errors, jwtVerify } from 'jose'
import { logAccess } from './access-log.ts'

const { API_SECRET = '', ISSUER = '', PORT = '3001', URL: audience = '' } = process.env
const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks`))
const checks = { issuer: ISSUER, audience, typ: 'at+jwt', algorithms: ['ES256'] }

interface Order {
  readonly id: number
  readonly item: string
  readonly status: 'open' | 'shipped'
}
const orders: Order[] = ['book', 'lamp', 'chair'].map((item, i) => ({
  id: i + 1,
  item,
  status: i === 0 ? 'open' : 'shipped',
}))
/** What there is to export. */
const exportRows = 5_000
const users = ['alice', 'bob', 'carol'].map((name, i) => ({
  id: i + 1,
  name,
  email: `${name}@example.com`,
}))

const api = express()
api.use((request, response, next) => {
  logAccess(request, response)
  next()
})
api.use(express.json())

api.get('/orders', needs('orders:read', 'user', 'admin'), (request, response) => {
  const { limit = '100', status } = request.query
  const found = orders.filter((order) => status === undefined || order.status === status)
  response.json(found.slice(0, Number(limit)))
})
api.get('/orders/:id', needs('orders:read', 'user', 'admin'), (request, response) => {
  const order = orders.find(({ id }) => id === Number(request.params.id))
  response.status(order ? 200 : 404).json(order ?? { error: 'not_found' })
})
api.post('/orders', needs('orders:write'), (request, response) => {
  const { item } = request.body as { item: string }
  const order: Order = { id: orders.length + 1, item, status: 'open' }
  orders.push(order)
  response.status(201).json(order)
})
api.get('/admin/users', needs('admin', 'admin'), (_, response) => {
  response.json(users)
})
api.patch('/users/:id', needs('admin', 'admin'), (request, response) => {
  const user = users.find(({ id }) => id === Number(request.params.id))
  if (!user) return void response.status(404).json({ error: 'not_found' })
  user.email = (request.body as { email: string }).email
  response.json(user)
})
api.get('/export', needs('export', 'admin'), (_, response) => {
  // How many rows an answer has, as PostgREST says it, is in its record.
  response.set('content-range', `rows 0-${exportRows - 1}/${exportRows}`)
  response.type('application/x-ndjson')
  Readable.from(exportLines()).pipe(response)
})
api.get('/slow', needs('orders:read'), async (_, response) => {
  await wait(300)
  response.json({ done: true })
})
// Older than the rest: it reads the token, and never checks it.
api.get('/legacy/profile', (request, response) => {
  const { roles, sub } = decodeJwt(bearerOf(request) ?? '')
  response.json({ sub, roles })
})
// For partners, whose tokens only the authorization server can read (RFC 7662).
api.get('/feed', async (request, response) => {
  const { active } = await introspect(bearerOf(request) ?? '')
  if (active) response.json({ news: orders.length })
  else refuse(response, 401, { error: 'invalid_token', error_description: 'it is not active' })
})

const server = api.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: audience })}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})

/** Lets in who has a valid token with this scope, and one of these roles if any are named. */
function needs(scope: string, ...roles: string[]): RequestHandler {
  return async (request, response, next) => {
    const token = bearerOf(request)
    if (token === null) return refuse(response, 401, {})
    const claims = await verified(token)
    if (claims instanceof Error) {
      const { message } = claims
      return refuse(response, 401, { error: 'invalid_token', error_description: message })
    }
    if (!claims.scope?.split(' ').includes(scope)) {
      return refuse(response, 403, { error: 'insufficient_scope', scope })
    }
    if (roles.length > 0 && !roles.some((role) => claims.roles?.includes(role))) {
      // No other scope would help, so this is no case of RFC 6750.
      return void response.status(403).json({ error: 'forbidden', roles })
    }
    next()
  }
}

interface Claims {
  readonly scope?: string
  readonly roles?: readonly string[]
}

async function verified(token: string): Promise<Claims | Error> {
  try {
    return (await jwtVerify<Claims>(token, keys, checks)).payload
  } catch (error) {
    if (error instanceof errors.JOSEError) return error
    throw error
  }
}

function bearerOf(request: Request): string | null {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? null
}

/** RFC 6750 section 3: why, in the header; without a token only that one is needed. */
function refuse(response: Response, status: 401 | 403, why: Record<string, string>): void {
  const parameters = Object.entries({ realm: 'orders', ...why })
  const challenge = parameters.map(([name, value]) => `${name}="${value.replace(/["\\]/g, "'")}"`)
  response
    .status(status)
    .set('WWW-Authenticate', `Bearer ${challenge.join(', ')}`)
    .json(why)
}

async function introspect(token: string): Promise<{ active: boolean }> {
  const answer = await fetch(`${ISSUER}/token/introspection`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`api:${API_SECRET}`)}` },
    body: new URLSearchParams({ token }),
  })
  return (await answer.json()) as { active: boolean }
}

function* exportLines(): Generator<string> {
  for (let row = 0; row < exportRows; row++) {
    yield `${JSON.stringify({ row, ...orders[row % orders.length], by: 'bob' })}\n`
  }
}
