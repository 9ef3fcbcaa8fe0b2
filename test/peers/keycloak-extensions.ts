// What clients do at a Keycloak beside the flows of a browser: pushed requests (RFC 9126), token
// exchange (RFC 8693), client-initiated backchannel authentication (OpenID CIBA), and clients that
// register themselves (RFC 7591 and 7592).
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type Answer,
  asClient,
  Browser,
  type Post,
  postAt,
  redirectUri,
  user,
} from './keycloak-flows.ts'
import type { KeycloakWorld } from './keycloak-world.ts'

type Json = Readonly<Record<string, string>>

const jsonIn = ({ body }: Answer): Json => JSON.parse(body) as Json

/** Each once, and once refused; the secrets that were in it, which no record may have. */
export async function runExtensions(
  world: KeycloakWorld,
  devices: AuthenticationDevices,
): Promise<readonly string[]> {
  const post = postAt(world)
  const pushed = await runPushed(world, post)
  const exchanged = await runExchange(post)
  const backchannel = await runBackchannel(world, post, devices)
  const registered = await runRegistration(world)
  return [...pushed, ...exchanged, ...backchannel, ...registered]
}

async function runPushed({ endpoint }: KeycloakWorld, post: Post): Promise<string[]> {
  const request = { redirect_uri: redirectUri, response_type: 'code', scope: 'openid' }
  const { request_uri: uri = '' } = jsonIn(await post('/ext/par/request', request))
  await post('/ext/par/request', { ...request, redirect_uri: 'http://evil.example/callback' })
  const query = new URLSearchParams({ client_id: asClient.client_id, request_uri: uri })
  const browser = new Browser()
  const page = await browser.page(`${endpoint}/auth?${query.toString()}`)
  await browser.submit(page, user)
  return [uri]
}

async function runExchange(post: Post): Promise<string[]> {
  const own = jsonIn(await post('/token', { grant_type: 'password', ...user }))
  const exchange = {
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  }
  const got = jsonIn(await post('/token', { ...exchange, subject_token: own['access_token']! }))
  await post('/token', { ...exchange, subject_token: 'token-that-nobody-issued' })
  // Ends its session: a log-out by the client, without a browser (Keycloak's own).
  await post('/logout', { refresh_token: own['refresh_token']! })
  return [own['access_token']!, own['refresh_token']!, got['access_token']!]
}

/** Where Keycloak asks for a user's consent: the service that reaches his device. */
export interface AuthenticationDevices {
  readonly url: string
  /** What the next user who is asked answers; resolves once he has. */
  readonly answer: (callback: string, status: 'SUCCEED' | 'UNAUTHORIZED') => Promise<void>
  readonly stop: () => void
}

export async function startAuthenticationDevices(): Promise<AuthenticationDevices> {
  const asked: string[] = []
  let wake = (): void => undefined
  const server = createServer((request: IncomingMessage, response) => {
    request.resume().on('end', () => {
      response.writeHead(201).end()
      asked.push(request.headers.authorization ?? '')
      wake()
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/ask`,
    async answer(callback, status) {
      while (asked.length === 0) await new Promise<void>((resolve) => (wake = resolve))
      const headers = { authorization: asked.shift()!, 'content-type': 'application/json' }
      const body = JSON.stringify({ status })
      const answer = await fetch(callback, { method: 'POST', headers, body })
      if (!answer.ok) throw new Error(`callback: ${answer.status} ${await answer.text()}`)
    },
    stop: () => void server.close(),
  }
}

async function runBackchannel(
  { endpoint }: KeycloakWorld,
  post: Post,
  { answer }: AuthenticationDevices,
): Promise<string[]> {
  const ids: string[] = []
  for (const status of ['SUCCEED', 'UNAUTHORIZED'] as const) {
    const request = { login_hint: user.username, scope: 'openid', binding_message: 'M-1' }
    const { auth_req_id: id = '' } = jsonIn(await post('/ext/ciba/auth', request))
    const ask = { grant_type: 'urn:openid:params:grant-type:ciba', auth_req_id: id }
    if (status === 'UNAUTHORIZED') await post('/token', ask)
    await answer(`${endpoint}/ext/ciba/auth/callback`, status)
    const { access_token: token } = jsonIn(await post('/token', ask))
    ids.push(id, ...(token === undefined ? [] : [token]))
  }
  return ids
}

async function runRegistration({ admin, realm, url }: KeycloakWorld): Promise<string[]> {
  const endpoint = `${url}/realms/${realm}/clients-registrations/openid-connect`
  const ask = async (
    place: string,
    [method, token]: readonly [string, string],
    body?: object,
  ): Promise<Json> => {
    const authorization = token === '' ? {} : { authorization: `Bearer ${token}` }
    const headers = { ...authorization, 'content-type': 'application/json' }
    const content = body === undefined ? {} : { body: JSON.stringify(body) }
    const response = await fetch(place, { method, headers, ...content })
    const text = await response.text()
    return text === '' ? {} : (JSON.parse(text) as Json)
  }
  const metadata = { client_name: 'registers itself', redirect_uris: [redirectUri] }
  const { token: initial } = (await admin('POST', '/clients-initial-access', {
    ...{ count: 1, expiration: 600 },
  })) as { token: string }
  await ask(endpoint, ['POST', ''], metadata)
  const made = await ask(endpoint, ['POST', initial], metadata)
  const place = made['registration_client_uri']!
  const read = await ask(place, ['GET', made['registration_access_token']!])
  const body = { ...metadata, client_id: made['client_id'], client_name: 'changed itself' }
  const changed = await ask(place, ['PUT', read['registration_access_token']!], body)
  await ask(place, ['DELETE', changed['registration_access_token']!])
  const tokens = [made, read, changed].map((each) => each['registration_access_token']!)
  return [initial, made['client_secret']!, ...tokens]
}
