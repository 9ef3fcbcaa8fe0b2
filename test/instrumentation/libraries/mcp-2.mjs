// Version 2 of MCP's SDK, a package for each part: a server that is guarded by the Express
// middleware, its authorization server of server-legacy, and a client of it.
import { createServer } from 'node:http'
import { Keeper, Provider } from '../../../packages/sdk/test/fixtures/mcp/provider.mjs'
import { defaultOf } from '../application/guarded.mjs'

const own = '@modelcontextprotocol'
const [client, express, legacy, server] = ['client', 'express', 'server-legacy', 'server'].map(
  (part) => `${own}/${part}`,
)

/** The verifier asks the authorization server of this process, in the errors of either package. */
function verifierOf(provider, { OAuthError, OAuthErrorCode }) {
  return {
    verifyAccessToken: (token) =>
      provider.verifyAccessToken(token).catch(() => {
        throw new OAuthError(OAuthErrorCode.InvalidToken, 'no such token')
      }),
  }
}

async function serve(modules, app) {
  const { McpServer, createMcpHandler, ...errors } = modules[server]
  const auth = modules[`${legacy}/auth`]
  const http = createServer()
  const base = await app.listen(http)
  const provider = new Provider(auth)
  const api = defaultOf(modules.express)()
  const noLimit = { rateLimit: false }
  api.use(
    auth.mcpAuthRouter({
      ...{ provider, issuerUrl: new URL(base), scopesSupported: ['notes:read'] },
      ...{ authorizationOptions: noLimit, tokenOptions: noLimit, revocationOptions: noLimit },
      clientRegistrationOptions: noLimit,
    }),
  )
  const handler = createMcpHandler(() => {
    const notes = new McpServer({ name: 'notes', version: '1.0.0' })
    notes.registerTool('list_notes', { description: 'Lists them' }, async () => ({
      content: [{ type: 'text', text: 'none' }],
    }))
    return notes
  })
  const options = { verifier: verifierOf(provider, errors) }
  const { requireBearerAuth } = modules[express]
  const json = defaultOf(modules.express).json()
  const answer = async (request, response) => {
    const body = JSON.stringify(request.body)
    const pairs = Object.entries(request.headers).filter(([, one]) => typeof one === 'string')
    const asked = new Request(`${base}/mcp`, { method: 'POST', headers: pairs, body })
    const answered = await handler.fetch(asked, { parsedBody: request.body })
    response.status(answered.status)
    for (const [name, value] of answered.headers) response.setHeader(name, value)
    response.send(Buffer.from(await answered.arrayBuffer()))
  }
  api.post('/mcp', requireBearerAuth(options), json, answer)
  const requiredScopes = ['notes:write']
  api.post('/write', requireBearerAuth({ ...options, requiredScopes }), json, answer)
  http.on('request', api)
  return { http, base }
}

const desk = { client_id: 'desk', client_secret: 'S3cret-of-desk' }

async function flow(modules, app) {
  const { http, base } = await serve(modules, app)
  const { auth } = modules[client]
  const keeper = new Keeper()
  await app.tell('begin', () => auth(keeper, { serverUrl: base }))
  const back = await fetch(keeper.url, { redirect: 'manual' })
  const { searchParams } = new URL(back.headers.get('location'))
  const authorizationCode = app.secret(searchParams.get('code'))
  await app.tell('code', () =>
    auth(keeper, { serverUrl: base, authorizationCode, iss: searchParams.get('iss') }),
  )
  const { access_token: token, refresh_token: refresh } = keeper.tokens()
  app.secret(token)
  app.secret(refresh)
  const call = (label, path, shown) =>
    app.ask(label, base + path, {
      method: 'POST',
      headers: {
        ...(shown && { authorization: `Bearer ${shown}` }),
        ...{ 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      },
      body: JSON.stringify({
        ...{ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'list_notes' } },
      }),
    })
  await call('tool', '/mcp', token)
  await call('stranger', '/mcp', app.secret('S3cret-stranger'))
  await call('nobody', '/mcp')
  await call('scope', '/write', token)
  await app.tell('refreshed', async () => (await auth(keeper, { serverUrl: base })).length)
  app.secret(desk.client_secret)
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  const post = (label, path, more) =>
    app.ask(label, base + path, {
      ...{ method: 'POST', headers: type, body: String(new URLSearchParams({ ...desk, ...more })) },
    })
  const code = app.secret('S3cret-code')
  await post('unknown code', '/token', {
    ...{ grant_type: 'authorization_code', code, code_verifier: code },
  })
  await post('revoked', '/revoke', { token: keeper.tokens().access_token })
  await app.tell('wrong', () => modules[express].requireBearerAuth())
  app.close(http)
}

const by = (name, says) => ({ 'oauth.library.name': name, ...says })
const found = ['oauth.discovery', 'success', by(client)]
const access = 'oauth.resource_access'

export const library = {
  name: server,
  title: '@modelcontextprotocol/server, client, express and server-legacy',
  modules: ['express', server, client, express, `${legacy}/auth`],
  versions: [
    ['2.0.0', { [client]: '2.0.0', [express]: '2.0.0', [legacy]: '2.0.0' }],
    ['2.4.0', { [client]: '2.4.0', [express]: '2.0.2', [legacy]: '2.3.1' }],
  ].map(([version, parts]) => ({
    ...{ version, ways: ['import', 'require'], beside: { ...parts, express: '5.3.0' } },
  })),
  adds: 'who asked for what and why not, also what its handlers swallow; the tool that was called',
  flow,
  records: () => [
    ...[found, found],
    ['oauth.register', 'success', by(legacy, { 'oauth.role': 'authorization_server' })],
    ['oauth.register', 'success', by(client, { 'oauth.role': 'client' })],
    ['oauth.authorize', 'success', by(legacy)],
    ['oauth.token', 'success', by(legacy, { 'user.id': 'ada' })],
    ['oauth.token', 'success', by(client, { 'oauth.role': 'client' })],
    [
      ...[access, 'success'],
      by(server, { 'mcp.method.name': 'tools/call', 'gen_ai.tool.name': 'list_notes' }),
    ],
    [access, 'failure', by(server, { 'oauth.error.reason': 'token_unknown' })],
    [access, 'denied', { 'oauth.error.reason': 'token_missing' }],
    [
      ...[access, 'denied'],
      by(server, {
        ...{ 'oauth.error.reason': 'scope_insufficient', 'oauth.scope.missing': 'notes:write' },
      }),
    ],
    ['oauth.token', 'success', by(legacy, { 'oauth.grant.type': 'refresh_token' })],
    ['oauth.token', 'success', by(client, { 'oauth.grant.type': 'refresh_token' })],
    ['oauth.token', 'failure', by(legacy, { 'oauth.error.reason': 'code_unknown' })],
    ['oauth.revoke', 'success', by(legacy)],
  ],
  turn: async (modules, app) => {
    const { http, base } = await serve(modules, app)
    http.unref()
    const unknown = { grant_type: 'refresh_token', refresh_token: app.secret('S3cret-unknown') }
    const body = new URLSearchParams({ ...desk, ...unknown })
    return async () => void (await (await fetch(`${base}/token`, { method: 'POST', body })).text())
  },
}
