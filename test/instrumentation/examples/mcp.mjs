// https://github.com/modelcontextprotocol/typescript-sdk, version 1, examples of its server over
// streamable HTTP and of its client: a session, answers and notifications as a stream of events,
// its end; guarded by tokens.
import { randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { defaultOf } from '../application/guarded.mjs'

const sdk = '@modelcontextprotocol/sdk'
const names = {
  bearer: `${sdk}/server/auth/middleware/bearerAuth.js`,
  client: `${sdk}/client/index.js`,
  errors: `${sdk}/server/auth/errors.js`,
  http: `${sdk}/server/streamableHttp.js`,
  server: `${sdk}/server/mcp.js`,
  transport: `${sdk}/client/streamableHttp.js`,
}
const good = 'S3cret-token-of-ada'

function notes({ McpServer }) {
  const server = new McpServer(
    { name: 'notes', version: '1.0.0' },
    { capabilities: { logging: {} } },
  )
  server.tool('greet', 'Says hello twice', async (extra) => {
    const params = { level: 'info', data: 'first' }
    await extra.sendNotification({ method: 'notifications/message', params })
    return { content: [{ type: 'text', text: `hello ${extra.authInfo.clientId}` }] }
  })
  server.tool('fail', async () => {
    throw new RangeError('of the application')
  })
  return server
}

/** Sessions by their ids, as the example keeps them. */
function serve(of, express) {
  const { InvalidTokenError } = of('errors')
  const verifier = {
    verifyAccessToken: async (token) => {
      if (token !== good) throw new InvalidTokenError('no such token')
      return { token, clientId: 'desk', scopes: ['mcp:tools'], expiresAt: 4_000_000_000 }
    },
  }
  const guard = of('bearer').requireBearerAuth({ verifier, requiredScopes: ['mcp:tools'] })
  const sessions = new Map()
  const api = express()
  api.use(express.json())
  api.all('/mcp', guard, async (request, response) => {
    let transport = sessions.get(request.headers['mcp-session-id'])
    if (transport === undefined) {
      transport = new (of('http').StreamableHTTPServerTransport)({
        sessionIdGenerator: () => randomUUID(),
        onsessioninitialized: (id) => void sessions.set(id, transport),
      })
      await notes(of('server')).connect(transport)
    }
    await transport.handleRequest(request, response, request.body)
  })
  return createServer(api)
}

async function flow(modules, app) {
  const of = (name) => modules[names[name]]
  const server = serve(of, defaultOf(modules.express))
  const base = await app.listen(server)
  const url = new URL('/mcp', base)
  app.secret(good)
  const transportWith = (token) => {
    const requestInit = { headers: { authorization: `Bearer ${token}` } }
    return new (of('transport').StreamableHTTPClientTransport)(url, { requestInit })
  }
  const { Client } = of('client')
  const about = { name: 'assistant', version: '1.0.0' }
  const client = new Client(about)
  const transport = transportWith(good)
  await client.connect(transport)
  await app.tell('tools', () => client.listTools())
  await app.tell('called', () => client.callTool({ name: 'greet', arguments: {} }))
  await app.tell('failed', () => client.callTool({ name: 'fail', arguments: {} }))
  await app.tell('no tool', () => client.callTool({ name: 'none', arguments: {} }))
  await app.tell('ping', () => client.ping())
  await app.tell('ended', () => transport.terminateSession())
  await client.close()
  await app.tell('stranger', async () => {
    await new Client(about).connect(transportWith(app.secret('S3cret-stranger')))
  })
  const post = (label, headers, body) =>
    app.ask(label, url, {
      method: 'POST',
      headers: {
        ...{ accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
        ...headers,
      },
      body: JSON.stringify(body),
    })
  const authorization = `Bearer ${good}`
  const version = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: about }
  const hello = { jsonrpc: '2.0', id: 1, method: 'initialize', params: version }
  await post('nobody', {}, hello)
  const { headers } = await post('initialized', { authorization }, hello)
  const session = app.secret(headers.find(([name]) => name === 'mcp-session-id')[1])
  const call = { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { name: 'greet' } }
  await post('a stream', { authorization, 'mcp-session-id': session }, call)
  await post('no JSON-RPC', { authorization, 'mcp-session-id': session }, { method: 'x' })
  app.close(server)
}

export const library = { name: sdk, modules: ['express', ...Object.values(names)], flow }
