// @node-oauth/oauth2-server on Node alone: a user agrees and refuses, a client redeems what it got,
// twice, and shows it.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { tokenRefused } from '../application/token-refused.mjs'

const redirectUri = 'https://shop.example.com/callback'
const client = {
  id: 'web',
  grants: ['authorization_code', 'refresh_token', 'client_credentials'],
  redirectUris: [redirectUri],
  scopes: ['orders:read'],
}
const secret = 'web-secret-0123456789'

/** A class whose methods need their own `this`. */
class Model {
  #codes = new Map()
  #tokens = new Map()

  getClient(id, given) {
    return id === 'web' && (given === null || given === secret) ? client : null
  }

  async getUserFromClient() {
    return { id: 'service' }
  }

  async saveAuthorizationCode(code, client, user) {
    this.#codes.set(code.authorizationCode, { ...code, client, user })
    return this.#codes.get(code.authorizationCode)
  }

  async getAuthorizationCode(code) {
    return this.#codes.get(code)
  }

  async revokeAuthorizationCode({ authorizationCode }) {
    return this.#codes.delete(authorizationCode)
  }

  async saveToken(token, client, user) {
    const saved = { ...token, client, user }
    for (const one of [token.accessToken, token.refreshToken]) this.#tokens.set(one, saved)
    return saved
  }

  async getAccessToken(token) {
    if (token === 'broken-token-0123456789') throw new Error('broken')
    return this.#tokens.get(token)
  }

  async getRefreshToken(token) {
    return this.#tokens.get(token)
  }

  async revokeToken(token) {
    const isNew = !token.isUsed
    token.isUsed = true
    return isNew
  }

  async validateScope(_user, _client, scope = []) {
    return scope.every((one) => one === 'orders:read') && scope
  }

  async verifyScope({ scope }, required) {
    return required.every((one) => scope.includes(one))
  }
}

function serve({ '@node-oauth/oauth2-server': module }) {
  const OAuth2Server = module.default ?? module
  const oauth = new OAuth2Server({ model: new Model() })
  const authenticateHandler = { handle: () => ({ id: 'ada' }) }
  const ways = {
    '/authorize': (request, response) =>
      oauth.authorize(request, response, { authenticateHandler }),
    '/token': (request, response) => oauth.token(request, response),
    '/orders': (request, response) => oauth.authenticate(request, response),
    '/write': (request, response) => oauth.authenticate(request, response, { scope: ['write'] }),
  }
  return createServer(async (incoming, outgoing) => {
    const { pathname, searchParams } = new URL(incoming.url, 'http://localhost')
    const { method, headers } = incoming
    const body = Object.fromEntries(new URLSearchParams(await text(incoming)))
    const query = Object.fromEntries(searchParams)
    const request = new OAuth2Server.Request({ method, headers, query, body })
    const response = new OAuth2Server.Response({})
    try {
      await ways[pathname](request, response)
      if (response.status === 200 && pathname !== '/token') response.body = 'yes'
    } catch (error) {
      // What is redirected is an answer.
      if (response.status === 200) response.status = error.code
    }
    outgoing.writeHead(response.status, response.headers).end(JSON.stringify(response.body))
  })
}

async function flow(modules, app) {
  const server = serve(modules)
  const url = await app.listen(server)
  const credentials = app.secret(Buffer.from(`web:${app.secret(secret)}`).toString('base64'))
  const post = (label, form, authorization = `Basic ${credentials}`) =>
    app.ask(label, `${url}/token`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    })
  const asked = {
    ...{ client_id: 'web', response_type: 'code', redirect_uri: redirectUri },
    ...{ scope: 'orders:read', state: app.secret('S3cret-state') },
  }
  const authorize = (label, more) =>
    app.ask(label, `${url}/authorize?${new URLSearchParams({ ...asked, ...more })}`)
  await authorize('refused', { allowed: 'false' })
  await authorize('scope', { scope: 'admin' })
  await authorize('client', { client_id: 'none' })
  const agreed = await authorize('agreed', { allowed: 'true' })
  const [, location] = agreed.headers.find(([name]) => name === 'location')
  const code = app.secret(new URL(location).searchParams.get('code'))
  const redeem = { grant_type: 'authorization_code', code, redirect_uri: redirectUri }
  const tokens = JSON.parse((await post('code', redeem)).body)
  await post('code again', redeem)
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  await post('refresh', refresh)
  await post('refresh again', refresh)
  await post('worker', { grant_type: 'client_credentials' })
  await post('secret', { grant_type: 'client_credentials' }, 'Basic d2ViOndyb25n')
  const bearer = (token) => ({ headers: { authorization: `Bearer ${app.secret(token)}` } })
  await app.ask('orders', `${url}/orders`, bearer(tokens.access_token))
  await app.ask('write', `${url}/write`, bearer(tokens.access_token))
  await app.ask('forged', `${url}/orders`, bearer('forged-token-0123456789'))
  await app.ask('broken', `${url}/orders`, bearer('broken-token-0123456789'))
  app.close(server)
}

const name = '@node-oauth/oauth2-server'
const own = { 'oauth.library.name': name, 'oauth.role': 'authorization_server' }
const resource = { 'oauth.library.name': name, 'oauth.role': 'resource_server' }
const ada = { 'user.id': 'ada', 'oauth.client.id': 'web' }
const reason = 'oauth.error.reason'
const consent = 'oauth.consent.result'
const hash = /^t1\./

const turn = (modules, app) => tokenRefused(serve(modules), { app, secret })

const ways = ['import', 'require']

export const library = {
  name,
  modules: [name],
  versions: [
    { version: '5.0.0', ways },
    { version: '5.3.0', ways },
  ],
  adds: 'everything that its three methods do, also by @node-oauth/express-oauth-server',
  flow,
  turn,
  records: () => [
    ['oauth.authorize', 'denied', { ...own, ...ada, [consent]: 'denied' }],
    ['oauth.authorize', 'failure', { ...own, ...ada, [reason]: 'scope_not_allowed' }],
    ['oauth.authorize', 'failure', { ...own, [reason]: 'client_unknown' }],
    ['oauth.authorize', 'success', { ...own, ...ada, [consent]: 'granted' }],
    ['oauth.token', 'success', { ...own, ...ada, 'oauth.refresh.token_hash': hash }],
    ['oauth.token', 'failure', { ...own, [reason]: 'code_unknown' }],
    ['oauth.token', 'success', { ...own, ...ada, 'oauth.refresh.rotated': true }],
    ['oauth.token', 'failure', { ...own, ...ada, [reason]: 'refresh_reused' }],
    ['oauth.token', 'success', { ...own, 'user.id': null, 'oauth.client.id': 'web' }],
    ['oauth.token', 'failure', { ...own, [reason]: 'client_credentials_invalid' }],
    ['oauth.resource_access', 'success', { ...resource, ...ada, 'oauth.token.hash': hash }],
    ['oauth.resource_access', 'denied', { ...resource, [reason]: 'scope_insufficient' }],
    ['oauth.resource_access', 'failure', { ...resource, [reason]: 'token_unknown' }],
    ['oauth.resource_access', 'failure', { ...resource, [reason]: 'internal' }],
  ],
}
