// A machine client as anybody might have written it: jobs that run when they are asked for by HTTP.
// One team used openid-client, another plain fetch. There is nothing of Grantlog in it.
//
// Environment: PORT, ISSUER, API (URL of the API), CLIENT_SECRET. Prints its URL as a JSON line.
import { createServer } from 'node:http'
import {
  allowInsecureRequests,
  clientCredentialsGrant,
  discovery,
  tokenIntrospection,
  tokenRevocation,
} from 'openid-client'

const { API = '', CLIENT_SECRET = '', ISSUER = '', PORT = '3003' } = process.env
// Everything is on the loopback interface, so there is no TLS.
const execute = [allowInsecureRequests]
const config = await discovery(new URL(ISSUER), 'worker', CLIENT_SECRET, undefined, { execute })

/** For the API, and for partners' feeds: the latter only the authorization server can read. */
const tokens = { api: '', feed: '' }

/** What each job answers. */
const jobs: Record<string, () => Promise<unknown>> = {
  'get-token': async () => {
    const parameters = { resource: API, scope: 'orders:read orders:write' }
    const { access_token, ...rest } = await clientCredentialsGrant(config, parameters)
    tokens.api = access_token
    return rest
  },
  'place-order': () => callApi('POST', '/orders', tokens.api, { item: 'paper' }),
  'list-orders': () => callApi('GET', '/orders', tokens.api),
  'ask-for-admin': () => askPlainly({ resource: API, scope: 'orders:read admin' }),
  'use-old-secret': () => askPlainly({ resource: API }, 'the-secret-of-last-year'),
  // The token is for another service, and goes to the wrong one.
  misdirect: async () => {
    const { access_token } = await askPlainly({ resource: 'https://billing.example.com' })
    return callApi('GET', '/orders', access_token ?? '')
  },
  'get-feed-token': async () => {
    const { access_token = '', ...rest } = await askPlainly({})
    tokens.feed = access_token
    return rest
  },
  'read-feed': () => callApi('GET', '/feed', tokens.feed),
  'check-feed-token': () => tokenIntrospection(config, tokens.feed),
  'revoke-feed-token': async () => {
    await tokenRevocation(config, tokens.feed)
    return { revoked: true }
  },
}

const server = createServer((request, response) => {
  const job = jobs[request.url?.slice(1) ?? ''] ?? (() => Promise.resolve({ error: 'no_such_job' }))
  job().then(
    (result) => response.end(JSON.stringify(result)),
    (error: Error) => response.writeHead(500).end(error.message),
  )
})
server.listen(Number(PORT), '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${PORT}` })}\n`)
})
process.on('SIGTERM', () => {
  server.close()
  server.closeAllConnections()
})

/** Client credentials (RFC 6749 section 4.4) without any library. */
async function askPlainly(
  parameters: Record<string, string>,
  secret: string = CLIENT_SECRET,
): Promise<Record<string, string>> {
  const answer = await fetch(`${ISSUER}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`worker:${secret}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }),
  })
  return (await answer.json()) as Record<string, string>
}

async function callApi(
  method: string,
  path: string,
  token: string,
  body?: object,
): Promise<unknown> {
  const answer = await fetch(`${API}${path}`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: answer.status, body: await answer.json() }
}
