// Where a validation belongs when Node has lost the scope of its request: listeners of a request's
// body run outside of it, and so do callbacks of pools.
import { once } from 'node:events'
import { createServer, type IncomingMessage, request as httpRequest } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, expect, test } from '@jest/globals'
import * as jose from 'jose'
import type { AccessFacts, Facts } from '../facts.ts'
import { instrumentHttpClients } from './http-client/patch.ts'
import { instrumentHttpServer } from './http-server/channels.ts'
import { instrumentJose } from './jose/patch.ts'
import { createScopes } from './scopes.ts'

const { publicKey, privateKey } = await jose.generateKeyPair('EdDSA')
const sign = (sub: string): Promise<string> =>
  new jose.SignJWT({ sub })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'at+jwt' })
    .setAudience('api')
    .setExpirationTime('5 min')
    .sign(privateKey)

const told: { readonly action: string; readonly facts: AccessFacts }[] = []
const errors: unknown[] = []
const options = {
  begin: (action: string) => ({
    record: (facts: Facts) => void told.push({ action, facts: facts as AccessFacts }),
    lose: (error: unknown) => void errors.push(error),
  }),
  scopes: createScopes(),
  roleClaims: [],
  onError: (error: unknown) => void errors.push(error),
}
const hooks = [instrumentHttpServer, instrumentHttpClients, instrumentJose].map((start) =>
  start(options),
)
const library = { ...jose }
hooks[2]!.libraries[0]!.onLoad(library)

afterAll(() => {
  for (const { disable } of hooks) disable()
})

const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
  expect(errors.splice(0)).toEqual([])
  told.splice(0)
})

/** A server that calls back when the body of a request has been read. */
async function serve(
  onBody: (token: string, url: string, socket: Socket) => Promise<unknown>,
): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      const token = request.headers.authorization!.slice('Bearer '.length)
      const end = (status: number): void => void response.writeHead(status).end()
      onBody(token, request.url!, request.socket).then(
        () => end(200),
        () => end(401),
      )
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function ask(url: string, token: string): Promise<void> {
  const request = httpRequest(url, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  request.end('{}')
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  await text(response)
}

const subjects = (): unknown[] =>
  told.map(({ action, facts }) => [action, facts.validation?.claims?.subject])

test('it is known by the token that the request presented', async () => {
  const url = await serve((token) => library.jwtVerify(token, publicKey, { audience: 'api' }))
  await ask(url, await sign('ada'))
  expect(subjects()).toEqual([['oauth.resource_access', 'ada']])
})

test('of several requests at once, each has its own', async () => {
  const { promise: together, resolve: all } = Promise.withResolvers<void>()
  let arrived = 0
  const url = await serve(async (token) => {
    if (++arrived === 4) all()
    await together
    return library.jwtVerify(token, publicKey, { audience: 'api' })
  })
  const [ada, bob] = [await sign('ada'), await sign('bob')]
  await Promise.all([ada, bob, ada, bob].map((token) => ask(url, token)))
  const names = subjects().map(String).toSorted()
  expect(names).toEqual(['ada', 'ada', 'bob', 'bob'].map((name) => `oauth.resource_access,${name}`))
})

test('what another token came to stays apart, also after the request has ended', async () => {
  const [other, own] = [await sign('bob'), await sign('ada')]
  const url = await serve(() => library.jwtVerify(other, publicKey, { audience: 'api' }))
  await ask(url, own)
  await library.jwtVerify(own, publicKey, { audience: 'api' })
  expect(subjects()).toEqual([
    ['oauth.token_validation', 'bob'],
    ['oauth.resource_access', undefined],
    ['oauth.token_validation', 'ada'],
  ])
})

test('it is known also where the client leaves before, and what it asked for is done', async () => {
  const { promise: gone, resolve: leave } = Promise.withResolvers<void>()
  const { promise: came, resolve: come } = Promise.withResolvers<Socket>()
  const url = await serve(async (token, _, socket) => {
    come(socket)
    await gone
    return library.jwtVerify(token, publicKey, { audience: 'api' })
  })
  const headers = { authorization: `Bearer ${await sign('ada')}` }
  const request = httpRequest(url, { method: 'DELETE', headers }).end()
  const closed = new Promise((resolve) => request.once('close', resolve))
  request.on('error', () => undefined)
  const server = await came
  request.destroy()
  await Promise.all([closed, once(server, 'close')])
  leave()
  while (told.length === 0) await new Promise((resolve) => setImmediate(resolve))
  expect(subjects()).toEqual([['oauth.resource_access', 'ada']])
  expect(told[0]!.facts).toMatchObject({ isCut: true, http: { status: 0 }, unsentStatus: 200 })
})

test('an introspection is known by it, too', async () => {
  const introspection = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end('{"active":true,"sub":"ada"}')
  }).listen(0, '127.0.0.1')
  closing.push(() => introspection.close())
  await once(introspection, 'listening')
  const { port } = introspection.address() as AddressInfo
  const url = await serve(async (token) => {
    const body = new URLSearchParams({ token })
    const headers = { connection: 'close' }
    const answer = await fetch(`http://127.0.0.1:${port}/introspect`, {
      method: 'POST',
      headers,
      body,
    })
    await answer.json()
    await new Promise((resolve) => setImmediate(resolve))
  })
  await ask(url, 'opaque')
  expect(subjects()).toContainEqual(['oauth.resource_access', 'ada'])
})
