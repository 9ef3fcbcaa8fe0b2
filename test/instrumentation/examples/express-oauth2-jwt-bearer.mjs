// https://github.com/auth0/node-oauth2-jwt-bearer, README of express-oauth2-jwt-bearer, "Library
// Initialization", by discovery, and "JWTs verified with a static public key (no discovery)"; its
// EXAMPLES: keys by `jwksUri`, required scopes and claims, and what it answers.
import { createServer } from 'node:http'
import { defaultOf } from '../application/guarded.mjs'

const name = 'express-oauth2-jwt-bearer'
const issuer = 'https://login.example.com'
const audience = 'https://api.example.com'

async function flow({ [name]: loaded, express: routing }, app) {
  const { auth, claimCheck, claimEquals, claimIncludes, requiredScopes } = loaded
  const { jwk, token } = app.newIssuer('RS256')
  const keys = createServer(({ url }, response) => {
    const metadata = { issuer: keysAt, jwks_uri: jwksUri }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(url === '/jwks' ? { keys: [{ ...jwk, use: 'sig' }] } : metadata))
  })
  const keysAt = await app.listen(keys)
  const jwksUri = `${keysAt}/jwks`
  const express = defaultOf(routing)
  const shop = express()
  const answer = ({ auth: own }, response) => response.json([own.payload.sub, own.header.alg])
  shop.use('/found', auth({ issuerBaseURL: keysAt, audience }), answer)
  shop.use('/static', auth({ issuer, audience, publicKey: jwk, tokenSigningAlg: 'RS256' }), answer)
  shop.use(auth({ issuer, audience, jwksUri }))
  shop.get('/', answer)
  shop.get('/read', requiredScopes('orders:read'), answer)
  shop.get('/write', requiredScopes('orders:read orders:write'), answer)
  shop.get('/admin', claimEquals('isAdmin', true), answer)
  shop.get('/editor', claimIncludes('role', 'admin', 'editor'), answer)
  shop.get(
    '/checked',
    claimCheck(({ isAdmin, roles }) => isAdmin && roles?.length > 0),
    answer,
  )
  // Express' own page for developers shows stacks, and Grantlog's frames are in them.
  shop.use((error, _request, response, _next) => {
    const { code, headers, message, status } = error
    response.set(headers).status(status).json({ code, message })
  })
  const server = createServer(shop)
  const base = await app.listen(server)
  const show = (label, path, jwt) =>
    app.ask(label, base + path, { headers: { authorization: `Bearer ${app.secret(jwt)}` } })
  const good = token()
  const admin = token({ isAdmin: true, role: ['admin', 'editor'], roles: ['x'] })
  for (const path of ['/', '/read', '/write', '/admin', '/editor', '/checked']) {
    await show(`good ${path}`, path, good)
    await show(`admin ${path}`, path, admin)
  }
  await show('found', '/found', token({ iss: keysAt }))
  await show('found, of another issuer', '/found', good)
  await show('static', '/static', good)
  await show('static, another key', '/static', app.newIssuer('RS256').token())
  await show('expired', '/', token({ exp: 1_000_000_000 }))
  await show('elsewhere', '/', token({ aud: 'https://other.example.com' }))
  await show('another key', '/', app.newIssuer('RS256').token())
  await show('garbage', '/', 'not-a-token-0123456789')
  await app.ask('nobody', `${base}/`)
  await app.ask('in the query', `${base}/?access_token=${app.secret(good)}`)
  app.close(server)
  app.close(keys)
}

export const library = { name, modules: ['express', name], flow }
