// oauth2orize on Node alone, with what it needs of a framework: a user agrees and refuses, a client
// redeems what it got, twice.
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { tokenRefused } from '../application/token-refused.mjs'

const redirectUri = 'https://shop.example.com/callback'
const client = { clientId: 'web', scopes: ['orders:read'] }
const secret = 'web-secret-0123456789'

/** A function of the application for each grant; how many arguments it takes counts. */
function authorizationServer({ oauth2orize: module }) {
  const oauth2orize = module.default ?? module
  const { exchange, grant } = oauth2orize
  const server = oauth2orize.createServer()
  const [codes, refreshes] = [new Map(), new Set()]
  let count = 0
  const next = (kind) => `S3cret-${kind}-${++count}-0123456789`
  server.serializeClient((one, done) => done(null, one.clientId))
  server.deserializeClient((id, done) => done(null, id === 'web' && client))
  server.grant(
    grant.code((one, uri, user, done) => {
      const code = next('code')
      codes.set(code, { user, uri })
      done(null, code)
    }),
  )
  server.grant(grant.token((one, user, answer, done) => done(null, next('access'))))
  const issued = (done) => {
    const refresh = next('refresh')
    refreshes.add(refresh)
    done(null, next('access'), refresh, { expires_in: 60 })
  }
  const redeem = exchange.code((one, code, uri, done) =>
    codes.get(code)?.uri === uri && codes.set(code, {}) ? issued(done) : done(null, false),
  )
  server.exchange(redeem)
  server.exchange(
    exchange.refreshToken((one, token, done) =>
      refreshes.delete(token) ? issued(done) : done(null, false),
    ),
  )
  server.exchange(
    exchange.clientCredentials((_client, _done) => {
      throw new Error('broken')
    }),
  )
  return { server, oauth2orize, names: [redeem.name, redeem.length] }
}

function serve(modules) {
  const { server, oauth2orize, names } = authorizationServer(modules)
  const session = {}
  const user = { id: 'ada' }
  const asUser = (request, _response, next) => next(void (request.user = user))
  const asClient = ({ headers }, _response, next) =>
    next(headers.authorization ? null : new Error())
  const withClient = (request, _response, next) => next(void (request.user = client))
  const last = (request, _response, next) => {
    request.body.transaction_id = Object.keys(session.authorize ?? {}).at(-1) ?? 'none'
    next()
  }
  const ways = {
    '/authorize': [
      asUser,
      server.authorization((id, uri, done) => done(null, id === 'web' && client, uri)),
      ({ oauth2 }, response) => response.end(`may ${oauth2.client.clientId}?`),
    ],
    '/decision': [
      ...[asUser, last],
      ...server.decision(({ body }, done) => done(null, { allow: body.answer === 'yes' })),
    ],
    '/token': [asClient, withClient, server.token()],
  }
  const onError = oauth2orize.errorHandler()
  const listener = async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost')
    request.session = session
    request.query = Object.fromEntries(searchParams)
    request.body = Object.fromEntries(new URLSearchParams(await text(request)))
    response.redirect = (to) => response.writeHead(302, { location: to }).end()
    const run = ([first, ...rest], error) => {
      if (error) return onError(error, request, response, () => response.end())
      first(request, response, (failed) => run(rest, failed))
    }
    run(ways[pathname])
  }
  return { server: createServer(listener), names }
}

async function flow(modules, app) {
  const { server, names } = serve(modules)
  app.say('an exchange', ...names)
  const url = await app.listen(server)
  const credentials = app.secret(Buffer.from(`web:${app.secret(secret)}`).toString('base64'))
  const form = (fields, more = {}) => ({
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...more },
    body: new URLSearchParams(fields).toString(),
  })
  const token = (label, fields) =>
    app.ask(label, `${url}/token`, form(fields, { authorization: `Basic ${credentials}` }))
  const asked = {
    ...{ client_id: 'web', response_type: 'code', redirect_uri: redirectUri },
    ...{ scope: 'orders:read', state: app.secret('S3cret-state') },
  }
  const authorize = (label, more) =>
    app.ask(label, `${url}/authorize?${new URLSearchParams({ ...asked, ...more })}`)
  const decide = (label, answer) => app.ask(label, `${url}/decision`, form({ answer }))
  await authorize('client', { client_id: 'none' })
  await authorize('type', { response_type: 'none' })
  await authorize('asked', {})
  await decide('refused', 'no')
  await decide('nothing asked', 'yes')
  await authorize('implicit', { response_type: 'token' })
  await decide('agreed', 'yes')
  await authorize('asked again', {})
  const agreed = await decide('agreed again', 'yes')
  const [, location] = agreed.headers.find(([name]) => name === 'location')
  const code = app.secret(new URL(location).searchParams.get('code'))
  const redeem = { grant_type: 'authorization_code', code, redirect_uri: redirectUri }
  const tokens = JSON.parse((await token('code', redeem)).body)
  await token('code again', redeem)
  const refresh = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }
  await token('refresh', refresh)
  await token('refresh again', refresh)
  await token('broken', { grant_type: 'client_credentials' })
  await token('unknown', { grant_type: 'password-of-ada' })
  app.close(server)
}

const turn = (modules, app) => tokenRefused(serve(modules).server, { app, secret })

const own = { 'oauth.library.name': 'oauth2orize', 'oauth.role': 'authorization_server' }
const ada = { 'user.id': 'ada', 'oauth.client.id': 'web' }
const reason = 'oauth.error.reason'
const consent = 'oauth.consent.result'
const hash = /^t1\./
const ways = ['import', 'require']

export const library = {
  name: 'oauth2orize',
  modules: ['oauth2orize'],
  versions: [
    { version: '1.0.0', ways },
    { version: '1.12.0', ways },
  ],
  adds: 'everything that its grants and exchanges do, whose a code was and that it was used before',
  flow,
  turn,
  records: () => [
    ['oauth.authorize', 'failure', { ...own, [reason]: 'client_unknown' }],
    ['oauth.authorize', 'failure', { ...own, 'oauth.error.code': 'unsupported_response_type' }],
    ['oauth.authorize', 'challenge', { ...own, ...ada }],
    ['oauth.authorize', 'denied', { ...own, ...ada, [consent]: 'denied' }],
    ['oauth.authorize', 'failure', { ...own, [reason]: 'session_ended' }],
    ['oauth.authorize', 'challenge', { ...own, ...ada }],
    ['oauth.authorize', 'success', { ...own, ...ada, 'oauth.token.hash': hash }],
    ['oauth.authorize', 'challenge', { ...own, ...ada }],
    ['oauth.authorize', 'success', { ...own, ...ada, [consent]: 'granted' }],
    ['oauth.token', 'success', { ...own, ...ada, 'oauth.token.hash': hash }],
    ['oauth.token', 'failure', { ...own, ...ada, [reason]: 'code_replayed' }],
    ['oauth.token', 'success', { ...own, ...ada, 'oauth.refresh.rotated': true }],
    ['oauth.token', 'failure', { ...own, ...ada, [reason]: 'refresh_reused' }],
    ['oauth.token', 'failure', { ...own, [reason]: 'internal' }],
    ['oauth.token', 'failure', { ...own, 'oauth.grant.type': '_OTHER' }],
  ],
}
