// A server of the Model Context Protocol that is its own authorization server. Nothing in it knows
// of Grantlog. It writes its URL as one line on stdout and ends when stdin does.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js'
import { mcpAuthRouter } from '@modelcontextprotocol/sdk/server/auth/router.js'
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import express from 'express'
import { z } from 'zod'
import { InMemoryProvider } from './provider.ts'

function newServer(): McpServer {
  const server = new McpServer({ name: 'notes', version: '1.0.0' })
  const input = { description: 'Reads a note', inputSchema: { id: z.string() } }
  server.registerTool('read_note', input, ({ id }) => ({
    content: [{ type: 'text', text: `This is note ${id}.` }],
  }))
  return server
}

const http = createServer()
await once(http.listen(Number(process.env.PORT ?? 0), '127.0.0.1'), 'listening')
const base = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
const provider = new InMemoryProvider()
const app = express()
app.use(
  mcpAuthRouter({
    provider,
    issuerUrl: new URL(base),
    resourceServerUrl: new URL('/mcp', base),
    scopesSupported: ['notes:read', 'notes:write'],
  }),
)
const guard = requireBearerAuth({ verifier: provider, requiredScopes: ['notes:read'] })
app.post('/mcp', guard, express.json(), async (request, response) => {
  const transport = new StreamableHTTPServerTransport({ enableJsonResponse: true })
  await newServer().connect(transport as Transport)
  await transport.handleRequest(request, response, request.body)
})
app.all('/mcp', (_request, response) => void response.status(405).end())
http.on('request', app)
process.stdout.write(`${base}\n`)
process.stdin.resume().once('end', () => {
  http.close()
  http.closeAllConnections()
})
