// A server of the Model Context Protocol that is its own authorization server, and a client of it.
import { createServer } from 'node:http'
import { Keeper, Provider } from '../../../packages/sdk/test/fixtures/mcp/provider.mjs'

const sdk = '@modelcontextprotocol/sdk'
const names = {
  bearer: `${sdk}/server/auth/middleware/bearerAuth.js`,
  client: `${sdk}/client/auth.js`,
  errors: `${sdk}/server/auth/errors.js`,
  http: `${sdk}/server/streamableHttp.js`,
  router: `${sdk}/server/auth/router.js`,
  server: `${sdk}/server/mcp.js`,
}

/** The server, which has not been asked yet. */
async function serve(modules, app) {
  const of = (name) => modules[names[name]]
  const express = modules.express.default ?? modules.express
  const http = createServer()
  const base = await app.listen(http)
  const provider = new Provider(of('errors'))
  const api = express()
  const noLimit = { rateLimit: false }
  api.use(
    of('router').mcpAuthRouter({
      ...{ provider, issuerUrl: new URL(base), scopesSupported: ['notes:read'] },
      ...{ authorizationOptions: noLimit, tokenOptions: noLimit, revocationOptions: noLimit },
      clientRegistrationOptions: noLimit,
    }),
  )
  const guard = of('bearer').requireBearerAuth({ verifier: provider })
  api.post('/mcp', guard, express.json(), async (request, response) => {
    const server = new (of('server').McpServer)({ name: 'notes', version: '1.0.0' })
    server.tool('list_notes', async () => ({ content: [{ type: 'text', text: 'none' }] }))
    const options = { sessionIdGenerator: undefined, enableJsonResponse: true }
    const transport = new (of('http').StreamableHTTPServerTransport)(options)
    await server.connect(transport)
    await transport.handleRequest(request, response, request.body)
  })
  http.on('request', api)
  return { http, base }
}

const desk = { client_id: 'desk', client_secret: 'S3cret-of-desk' }

async function flow(modules, app) {
  const of = (name) => modules[names[name]]
  const { http, base } = await serve(modules, app)
  const { auth } = of('client')
  const keeper = new Keeper()
  await app.tell('begin', () => auth(keeper, { serverUrl: base }))
  const url = new URL(keeper.url)
  const back = await fetch(url, { redirect: 'manual' })
  const code = new URL(back.headers.get('location')).searchParams.get('code')
  await app.tell('code', () =>
    auth(keeper, { serverUrl: base, authorizationCode: app.secret(code) }),
  )
  const { access_token: token, refresh_token: refresh } = keeper.tokens()
  app.secret(token)
  app.secret(refresh)
  const post = (label, path, body, headers = {}) =>
    app.ask(label, base + path, { method: 'POST', headers, body: String(body) })
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const call = (label, name, shown) =>
    post(
      label,
      '/mcp',
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name } }),
      {
        ...{ authorization: `Bearer ${shown}`, 'content-type': 'application/json' },
        accept: 'application/json, text/event-stream',
      },
    )
  await call('tool', 'list_notes', token)
  await call('stranger', 'list_notes', app.secret('S3cret-stranger'))
  await app.tell('refreshed', async () => (await auth(keeper, { serverUrl: base })).length)
  app.secret(desk.client_secret)
  const form = (more) => new URLSearchParams({ ...desk, ...more })
  const code2 = app.secret('S3cret-code')
  const grant = { grant_type: 'authorization_code', code: code2, code_verifier: code2 }
  await post('unknown code', '/token', form(grant), type)
  await post('wrong secret', '/token', form({ ...grant, client_secret: code2 }), type)
  await post('revoked', '/revoke', form({ token: keeper.tokens().access_token }), type)
  await app.tell('wrong', () => of('bearer').requireBearerAuth())
  app.close(http)
}

async function turn(modules, app) {
  const { http, base } = await serve(modules, app)
  http.unref()
  const unknown = { grant_type: 'refresh_token', refresh_token: app.secret('S3cret-unknown') }
  const body = new URLSearchParams({ ...desk, ...unknown })
  return async () => void (await (await fetch(`${base}/token`, { method: 'POST', body })).text())
}

const ways = ['import', 'require']
/** Later ones keep what they have found. */
const keeps = (version) => version !== '1.12.0'
const lib = { 'oauth.library.name': sdk }
/** Of the resource, and of its authorization server. */
const found = [
  ['oauth.discovery', 'success', lib],
  ['oauth.discovery', 'success', lib],
]

export const library = {
  name: sdk,
  modules: ['express', ...Object.values(names)],
  versions: [
    { version: '1.12.0', ways, beside: { express: '5.3.0', zod: '3.25.76' } },
    { version: '1.32.2', ways, beside: { express: '5.3.0', zod: '4.6.7' } },
  ],
  adds: 'who asked for what and why not, also what its handlers swallow; the tool that was called',
  flow,
  turn,
  records: ({ version }) => [
    ...found,
    ['oauth.register', 'success', { ...lib, 'oauth.role': 'authorization_server' }],
    ['oauth.register', 'success', { ...lib, 'oauth.role': 'client' }],
    ['oauth.authorize', 'success', lib],
    ...(keeps(version) ? [] : found),
    ['oauth.token', 'success', { ...lib, 'oauth.role': 'authorization_server', 'user.id': 'ada' }],
    ['oauth.token', 'success', { ...lib, 'oauth.role': 'client' }],
    [
      'oauth.resource_access',
      'success',
      { ...lib, 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'list_notes' },
    ],
    ['oauth.resource_access', 'failure', { ...lib, 'oauth.error.reason': 'token_unknown' }],
    ...(keeps(version) ? [] : found),
    ['oauth.token', 'success', { 'oauth.role': 'authorization_server' }],
    ['oauth.token', 'success', { ...lib, 'oauth.grant.type': 'refresh_token' }],
    ['oauth.token', 'failure', { ...lib, 'oauth.error.reason': 'code_unknown' }],
    ['oauth.token', 'failure', { ...lib, 'oauth.error.reason': 'client_credentials_invalid' }],
    ['oauth.revoke', 'success', { ...lib, 'oauth.revocation.reason': 'client_request' }],
  ],
}
