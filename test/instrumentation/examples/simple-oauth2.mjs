// https://github.com/lelylan/simple-oauth2, README and its example folder: a site on Express that
// sends its user to log in, and shows what it got; and a client that acts for itself.
import { createServer } from 'node:http'
import { defaultOf } from '../application/guarded.mjs'

const redirect = 'https://shop.example.com/callback'
const secrets = {
  web: 'web-secret-0123456789-0123456789',
  worker: 'worker-secret-0123456789-01234567',
}

async function flow({ 'simple-oauth2': loaded, express: routing }, app) {
  const { AuthorizationCode, ClientCredentials, ResourceOwnerPassword } = loaded
  for (const one of Object.values(secrets)) app.secret(one)
  const auth = {
    ...{ tokenHost: app.servers.issuer, tokenPath: '/token', revokePath: '/token/revocation' },
    authorizePath: '/auth',
  }
  const client = new AuthorizationCode({ client: { id: 'web', secret: secrets.web }, auth })
  const state = app.secret('S3cret-state')
  const shop = defaultOf(routing)()
  shop.get('/', (_request, response) => response.send('<a href="/auth">Log in</a>'))
  shop.get('/auth', (_request, response) =>
    response.redirect(
      client.authorizeURL({ redirect_uri: redirect, scope: 'openid orders', state }),
    ),
  )
  let last
  shop.get('/callback', async ({ query: { code } }, response) => {
    try {
      last = await client.getToken({ code, redirect_uri: redirect })
      response.status(200).json(last.token)
    } catch (error) {
      response.status(500).json([error.message, error.output?.statusCode])
    }
  })
  const server = createServer(shop)
  const base = await app.listen(server)
  await app.ask('front', `${base}/`)
  const { headers } = await app.ask('go', `${base}/auth`)
  const back = await app.login(headers.find(([name]) => name === 'location')[1])
  await app.ask('back', `${base}/callback${back.search}`)
  await app.ask('back again', `${base}/callback${back.search}`)
  app.say('expired', last.expired(), last.expired(3600 * 24 * 365), JSON.stringify(last).length > 0)
  await app.tell('revoked', () => last.revokeAll())
  const post = { options: { authorizationMethod: 'body' } }
  const own = { client: { id: 'worker', secret: secrets.worker }, auth, ...post }
  await app.tell('for itself', async () => {
    const { token } = await new ClientCredentials(own).getToken({ scope: 'orders' })
    return [token.token_type, token.scope, token.expires_at instanceof Date]
  })
  const user = { username: 'ada', password: app.secret('S3cret-of-ada') }
  await app.tell('password', () => new ResourceOwnerPassword(own).getToken(user))
  app.close(server)
}

export const library = { name: 'simple-oauth2', modules: ['simple-oauth2', 'express'], flow }
