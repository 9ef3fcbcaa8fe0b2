// https://github.com/node-oauth/express-oauth-server, README, "Quick Start": a page behind
// `authorize()`, with the empty model that stands there, and behind `authenticate()` with a model
// in memory, whose tokens are those of passwords.
import { createServer } from 'node:http'
import { defaultOf } from '../application/guarded.mjs'

const wrapper = '@node-oauth/express-oauth-server'

function modelOf(tokens = new Map()) {
  const client = { id: 'thom', grants: ['password', 'client_credentials', 'refresh_token'] }
  return {
    getClient: async (id, secret) => (id === 'thom' && secret === 'nightworld' ? client : null),
    getUser: async (name, password) => (password === 'S3cret-of-ada' ? { id: name } : null),
    getUserFromClient: async () => ({ id: 'service' }),
    getAccessToken: async (token) => tokens.get(token),
    getRefreshToken: async (token) => tokens.get(token),
    revokeToken: async ({ refreshToken }) => tokens.delete(refreshToken),
    saveToken: async (token, of, user) => {
      const saved = { ...token, client: of, user }
      tokens.set(token.accessToken, saved).set(token.refreshToken, saved)
      return saved
    },
  }
}

async function flow(modules, app) {
  const express = defaultOf(modules.express)
  const shop = express()
  const OAuthServer = defaultOf(modules[wrapper])
  const oauth = new OAuthServer({ model: modelOf() })
  shop.use(express.json()).use(express.urlencoded({ extended: false }))
  shop.use('/quick', new OAuthServer({ model: {} }).authorize())
  shop.post('/oauth/token', oauth.token())
  shop.use(oauth.authenticate())
  shop.use((_request, response) => response.send('Secret area'))
  const server = createServer(shop)
  const base = await app.listen(server)
  const credentials = app.secret(Buffer.from('thom:nightworld').toString('base64'))
  const token = (label, form) =>
    app.ask(label, `${base}/oauth/token`, {
      method: 'POST',
      headers: {
        ...{ authorization: `Basic ${credentials}` },
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: String(new URLSearchParams(form)),
    })
  const password = app.secret('S3cret-of-ada')
  const { body } = await token('password', { grant_type: 'password', username: 'ada', password })
  const tokens = JSON.parse(body)
  const show = (label, shown) =>
    app.ask(label, `${base}/secret`, { headers: { authorization: `Bearer ${shown}` } })
  await show('secret area', tokens.access_token)
  await show('no such token', app.secret('S3cret-none'))
  await app.ask('nobody', `${base}/secret`)
  await app.ask('quick start', `${base}/quick`)
  const wrong = app.secret('S3cret-wrong')
  await token('wrong password', { grant_type: 'password', username: 'ada', password: wrong })
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  await token('refresh', refresh)
  await token('refresh again', refresh)
  await token('for itself', { grant_type: 'client_credentials' })
  await token('no such grant', { grant_type: 'magic' })
  app.close(server)
}

export const library = {
  name: '@node-oauth/oauth2-server',
  modules: ['express', wrapper],
  flow,
}
