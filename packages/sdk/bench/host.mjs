// The hosts of `npm run bench -- sdk`, as somebody might have written them: an API on Express that
// validates tokens with jose, and the token endpoint of oidc-provider. Nothing of Grantlog is here.
//
//   node host.mjs api|token              serves, and ends with stdin
//   node host.mjs api|token paths|bytes  serves itself, see paths.mjs
//
// Prints a line of JSON: its URL and its CPU until then. JWK is the key pair of the tokens.
import { once } from 'node:events'
import { createServer } from 'node:http'

const [what, how] = process.argv.slice(2)
const issuer = 'https://login.example.com'
const audience = 'https://api.example.com'
const key = JSON.parse(process.env.JWK)

/** Of the kind that the request asks for. */
const makers = {
  api: async () => {
    const { default: express } = await import('express')
    const { createLocalJWKSet, jwtVerify } = await import('jose')
    const { d: _, ...publicKey } = key
    const keys = createLocalJWKSet({ keys: [publicKey] })
    const checks = { issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] }
    const app = express()
    app.get('/orders/:id', async (request, response) => {
      const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
      const { payload } = await jwtVerify(token, keys, checks)
      const isAllowed = payload.scope.split(' ').includes('orders:read')
      if (isAllowed) response.json({ id: Number(request.params.id), item: 'book' })
      else response.status(403).json({ error: 'insufficient_scope' })
    })
    return app
  },
  token: async () => {
    const { default: Provider } = await import('oidc-provider')
    const scope = 'orders:read orders:write'
    const provider = new Provider(issuer, {
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      clients: [
        {
          client_id: 'worker',
          client_name: 'Night worker',
          client_secret: 'a-secret-of-the-worker-0123456789',
          scope,
          redirect_uris: [],
          response_types: [],
          grant_types: ['client_credentials'],
        },
      ],
      cookies: { keys: ['a key of cookies'] },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            ...{ audience, scope, accessTokenFormat: process.env.FORMAT ?? 'jwt' },
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
      jwks: { keys: [key] },
      scopes: scope.split(' '),
      ttl: { ClientCredentials: 600 },
    })
    return provider.callback()
  },
}

const server = createServer(await makers[what]())
if (how !== undefined) {
  const { countBytes, timePaths } = await import('./paths.mjs')
  const measure = how === 'paths' ? timePaths : countBytes
  console.log(JSON.stringify(await measure(server, process.env.REQUEST)))
} else {
  server.keepAliveTimeout = 60_000
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { system, user } = process.cpuUsage()
  const url = `http://127.0.0.1:${server.address().port}`
  console.log(JSON.stringify({ url, startUpMs: (user + system) / 1000 }))
  process.stdin.resume().once('end', () => {
    server.close()
    server.closeAllConnections()
  })
}
