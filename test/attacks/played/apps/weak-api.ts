// An API as nobody should run it: it looks at a token's signature, and neither at the key that the
// token is bound to, nor at roles where its policy asks for them; and it takes what has expired.
//
// Environment: PORT, URL (its own, the audience of its tokens), ISSUER. Prints its URL as a JSON
// line.
import { setTimeout as wait } from 'node:timers/promises'
import express, { type RequestHandler } from 'express'
import { createRemoteJWKSet, jwtVerify } from 'jose'

const { ISSUER = '', PORT = '3001', URL: audience = '' } = process.env
const keys = createRemoteJWKSet(new URL(`${ISSUER}/jwks`))
/** From then on, in a minute, it says no. */
const requestsMax = 100
let requests = 0

const api = express()
const withToken: RequestHandler = async (request, response, next) => {
  const token = /^(?:Bearer|DPoP) (.+)$/i.exec(request.headers.authorization ?? '')?.[1]
  try {
    const { payload } = await jwtVerify(token ?? '', keys, { issuer: ISSUER, audience })
    response.locals.claims = payload
    next()
  } catch {
    response.status(401).set('WWW-Authenticate', 'Bearer error="invalid_token"').end()
  }
}

api.get('/orders', withToken, (_, response) => void response.json([]))
// The policy asks for admins; nobody does here.
api.get('/admin/users', withToken, (_, response) => void response.json([{ id: 1 }]))
api.get('/slow', withToken, async (_, response) => {
  if (++requests > requestsMax) return void response.status(429).set('Retry-After', '60').end()
  await wait(20)
  response.json({ done: true })
})
const secrets = 'keys reports invoices backups config logs audit roles tenants payments jobs hooks'
for (const name of secrets.split(' ')) {
  api.get(`/internal/${name}`, withToken, (_, response) => {
    const challenge = 'Bearer error="insufficient_scope", scope="internal"'
    response.status(403).set('WWW-Authenticate', challenge).end()
  })
}

const server = api.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: audience })}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})
