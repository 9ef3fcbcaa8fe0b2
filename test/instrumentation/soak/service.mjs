// What the memory soak asks: an API on Express that validates tokens with jose, and an
// authorization server of oidc-provider, in one process. It takes orders from its parent.
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../../packages/sdk/package.json', import.meta.url))
const express = require('express')
const { importJWK, jwtVerify, SignJWT } = require('jose')
const { Provider } = require('oidc-provider')

const audience = 'https://api.example.com'
const clientSecret = 'worker-secret-0123456789-01234567'

// Connections stay open while memory is measured.
const server = createServer({ keepAliveTimeout: 0 })
await once(server.listen(0, '127.0.0.1'), 'listening')
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [
    {
      ...{ client_id: 'worker', client_secret: clientSecret, redirect_uris: [] },
      ...{ response_types: [], grant_types: ['client_credentials'] },
    },
  ],
  features: { devInteractions: { enabled: false }, clientCredentials: { enabled: true } },
})

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const key = await importJWK(publicKey.export({ format: 'jwk' }), 'EdDSA')
const token = (sub, expires) =>
  new SignJWT({ client_id: 'web', scope: 'orders:read' })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(sub)
    .setIssuedAt(1_700_000_000)
    .setExpirationTime(expires)
    .sign(privateKey)

const api = express()
api.get('/orders/:id', async (request, response) => {
  const [, shown] = (request.headers.authorization ?? '').split(' ')
  try {
    const { payload } = await jwtVerify(shown, key, { issuer, audience })
    response.send(payload.sub)
  } catch {
    response.set('WWW-Authenticate', 'Bearer error="invalid_token"').status(401).send('no')
  }
})
api.use('/', provider.callback())
server.on('request', api)

const good = await Promise.all(
  Array.from({ length: 50 }, (_, i) => token(`user-${i}`, 4_000_000_000)),
)
// It ends with its parent, however that ends.
process.on('disconnect', () => {
  server.close()
  server.closeAllConnections()
})
process.on('message', async () => {
  // What waits to be sent goes, and what is garbage.
  for (let i = 0; i < 10; i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
    globalThis.gc()
  }
  process.send(process.memoryUsage())
})
const basic = Buffer.from(`worker:${clientSecret}`).toString('base64')
process.send({ issuer, good, expired: await token('user-0', 1_700_000_100), basic })
