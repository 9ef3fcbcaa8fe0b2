// A client of the server whose URL is its argument: it finds the authorization server, registers,
// has a code, calls a tool, and after its access token is revoked gets another one by refreshing.
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js'
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import type { OAuthClientInformationMixed } from '@modelcontextprotocol/sdk/shared/auth.js'
import type { OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js'

const redirectUrl = 'http://127.0.0.1/callback'

/** Where it keeps what it gets; `visited` is where a user's browser was sent. */
const kept: {
  client?: OAuthClientInformationMixed
  tokens?: OAuthTokens
  verifier?: string
  visited?: URL
} = {}
const authProvider: OAuthClientProvider = {
  redirectUrl,
  clientMetadata: {
    client_name: 'assistant',
    redirect_uris: [redirectUrl],
    token_endpoint_auth_method: 'none',
    scope: 'notes:read',
  },
  clientInformation: () => kept.client,
  saveClientInformation: (client) => void (kept.client = client),
  tokens: () => kept.tokens,
  saveTokens: (tokens) => void (kept.tokens = tokens),
  codeVerifier: () => kept.verifier ?? '',
  saveCodeVerifier: (verifier) => void (kept.verifier = verifier),
  redirectToAuthorization: (url) => void (kept.visited = url),
}

const server = new URL('/mcp', process.argv[2])
const newTransport = (): StreamableHTTPClientTransport =>
  new StreamableHTTPClientTransport(server, { authProvider })
const connect = async (transport: StreamableHTTPClientTransport): Promise<Client> => {
  const client = new Client({ name: 'assistant', version: '1.0.0' })
  await client.connect(transport as Transport)
  return client
}

const first = newTransport()
await connect(first).catch((error: unknown) => {
  if (!(error instanceof UnauthorizedError)) throw error
})
// The user's browser.
const response = await fetch(kept.visited!, { redirect: 'manual' })
const back = new URL(response.headers.get('location') ?? '')
await first.finishAuth(back.searchParams.get('code') ?? '')

const client = await connect(newTransport())
const readNote = async (id: string): Promise<void> => {
  const { content } = await client.callTool({ name: 'read_note', arguments: { id } })
  console.log(JSON.stringify(content))
}
await readNote('1')
const body = new URLSearchParams({
  client_id: kept.client?.client_id ?? '',
  token: kept.tokens?.access_token ?? '',
})
await fetch(new URL('/revoke', server), { method: 'POST', body })
await readNote('2')
await client.close()
