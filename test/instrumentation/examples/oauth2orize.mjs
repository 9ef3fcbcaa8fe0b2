// https://github.com/jaredhanson/oauth2orize, README, "Usage": a dialog, a decision, a token and an
// API behind it, on Express with passport's strategies.
import { createServer } from 'node:http'
import { defaultOf } from '../application/guarded.mjs'
import { cookieOf, sessions } from '../application/session.mjs'

const client = { id: 'shop', secret: 'S3cret-of-shop', redirectUri: 'https://shop.example.com/cb' }
const ada = { id: 7, name: 'Ada' }

function authorizationServer(oauth2orize, codes = new Map(), tokens = new Map()) {
  const server = oauth2orize.createServer()
  server.serializeClient((one, done) => done(null, one.id))
  server.deserializeClient((id, done) => done(null, id === client.id && client))
  server.grant(
    oauth2orize.grant.code((one, redirectUri, user, done) => {
      codes.set('S3cret-code-of-ada', { redirectUri, clientId: one.id })
      done(null, 'S3cret-code-of-ada')
    }),
  )
  server.exchange(
    oauth2orize.exchange.code((one, code, redirectUri, done) => {
      const known = codes.get(code)
      if (known?.clientId !== one.id || known.redirectUri !== redirectUri) return done(null, false)
      codes.delete(code)
      tokens.set('S3cret-token-of-ada', ada)
      return done(null, 'S3cret-token-of-ada')
    }),
  )
  return { server, tokens }
}

function serve(modules) {
  const express = defaultOf(modules.express)
  const passport = new (defaultOf(modules.passport).Passport)()
  const bearer = defaultOf(modules['passport-http-bearer']).Strategy
  const { server, tokens } = authorizationServer(defaultOf(modules.oauth2orize))
  // As passport-oauth2-client-password.
  passport.use({
    name: 'oauth2-client-password',
    authenticate({ body }) {
      const isRight = body.client_id === client.id && body.client_secret === client.secret
      return isRight ? this.success(client) : this.fail()
    },
  })
  passport.use(new bearer((token, done) => done(null, tokens.get(token) ?? false)))
  const shop = express()
  shop
    .use(express.urlencoded({ extended: true }))
    .use(sessions())
    .use(passport.initialize())
  const ensureLoggedIn = (request, _response, next) => next(void (request.user = ada))
  shop.get(
    '/dialog/authorize',
    ensureLoggedIn,
    server.authorize((id, redirectUri, done) => {
      if (id !== client.id || redirectUri !== client.redirectUri) return done(null, false)
      return done(null, client, redirectUri)
    }),
    ({ oauth2, user }, response) =>
      response.json([oauth2.transactionID, oauth2.client.id, user.name]),
  )
  shop.post('/dialog/authorize/decision', ensureLoggedIn, server.decision())
  const session = false
  const known = passport.authenticate(['oauth2-client-password'], { session })
  shop.post('/token', known, server.token(), server.errorHandler())
  const api = passport.authenticate('bearer', { session })
  shop.get('/api/userinfo', api, ({ user }, response) => response.json(user))
  shop.use((error, _request, response, _next) => response.status(403).send(error.message))
  return createServer(shop)
}

async function flow(modules, app) {
  const server = serve(modules)
  const base = await app.listen(server)
  const post = (label, path, form, headers = {}) =>
    app.ask(label, base + path, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: String(new URLSearchParams(form)),
    })
  const asked = {
    ...{ response_type: 'code', client_id: client.id, redirect_uri: client.redirectUri },
    state: app.secret('S3cret-state'),
  }
  const dialog = (label, more) =>
    app.ask(label, `${base}/dialog/authorize?${new URLSearchParams({ ...asked, ...more })}`)
  await dialog('stranger', { client_id: 'nobody' })
  const shown = await dialog('dialog', {})
  const [transaction] = JSON.parse(shown.body)
  // It is random.
  app.secret(transaction)
  const own = cookieOf(shown)
  const decide = (label, more) =>
    post(label, '/dialog/authorize/decision', { transaction_id: transaction, ...more }, own)
  await decide('allowed', {})
  await decide('again', {})
  const code = app.secret('S3cret-code-of-ada')
  app.secret('S3cret-token-of-ada')
  const secret = app.secret(client.secret)
  const redeem = {
    ...{ grant_type: 'authorization_code', code, redirect_uri: client.redirectUri },
    ...{ client_id: client.id, client_secret: secret },
  }
  await post('wrong client', '/token', { ...redeem, client_secret: app.secret('S3cret-wrong') })
  const { body } = await post('code', '/token', redeem)
  await post('code again', '/token', redeem)
  const show = (label, token) =>
    app.ask(label, `${base}/api/userinfo`, { headers: { authorization: `Bearer ${token}` } })
  await show('ada', JSON.parse(body).access_token)
  await show('stranger', app.secret('S3cret-none'))
  await app.ask('nobody', `${base}/api/userinfo`)
  app.close(server)
}

export const library = {
  name: 'oauth2orize',
  modules: ['express', 'oauth2orize', 'passport', 'passport-http-bearer'],
  flow,
}
