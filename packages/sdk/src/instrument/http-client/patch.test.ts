import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Ticket } from '../../event.ts'
import type { CallFacts, Facts } from '../../facts.ts'
import { answerBytesMax } from '../../limits.ts'
import type { Instrument } from '../instrument.ts'
import { type ClientCall, createScopes, type Scopes } from '../scopes.ts'
import { instrumentHttpClients } from './patch.ts'

let server: Server
let url: string
let finish: () => void
let facts: Facts[]
let errors: unknown[]
let scopes: Scopes
let hooks: Instrument
const before = Object.getOwnPropertyDescriptor(globalThis, 'fetch')!

beforeEach(async () => {
  const { promise: gate, resolve } = Promise.withResolvers<void>()
  finish = resolve
  server = createServer(async (request, response) => {
    if (request.url === '/late') await gate
    response.setHeader('content-type', 'application/json')
    response.end('{"access_token":"S3cret"}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  ;[facts, errors, scopes] = [[], [], createScopes()]
  const ticket: Ticket = { record: (one) => facts.push(one), lose: (error) => errors.push(error) }
  hooks = instrumentHttpClients({
    begin: () => ticket,
    scopes,
    roleClaims: [],
    onError: (error) => errors.push(error),
  })
})

afterEach(() => {
  hooks.disable()
  finish()
  server.close()
  server.closeAllConnections()
  expect(errors).toEqual([])
  expect(Object.getOwnPropertyDescriptor(globalThis, 'fetch')).toEqual(before)
})

const nobody = { begin: () => ({}) as Ticket, roleClaims: [], onError: () => 0 }
const post = { method: 'POST', body: new URLSearchParams('grant_type=client_credentials') }

test('settle() waits for OAuth requests, and for no others', async () => {
  expect(await hooks.settle(1)).toBe(0)
  const late = fetch(`${url}/late`, post)
  const other = fetch(`${url}/late`, { method: 'POST', body: 'x' })
  expect(await hooks.settle(1)).toBe(1)
  const settled = hooks.settle(60_000)
  finish()
  await (await late).text()
  expect(await settled).toBe(0)
  expect(facts).toHaveLength(1)
  await (await other).text()
})

test('after disable() nothing is recorded: not what runs, not through a kept wrapper', async () => {
  const kept = fetch
  const late = fetch(`${url}/late`, post)
  hooks.disable()
  finish()
  expect([(await late).status, (await kept(url, post)).status]).toEqual([200, 200])
  expect(fetch).toBe(before.value)
  expect(facts).toEqual([])
})

test('disable() leaves a fetch that somebody put over ours', () => {
  const ours = Object.getOwnPropertyDescriptor(globalThis, 'fetch')!
  const theirs: typeof fetch = (...args) => ours.value(...args)
  globalThis.fetch = theirs
  hooks.disable()
  expect(fetch).toBe(theirs)
  Object.defineProperty(globalThis, 'fetch', before)
})

test('it is hooked when it has seen OAuth', async () => {
  await (await fetch(url)).text()
  expect(hooks.isHooked()).toBe(false)
  await (await fetch(url, post)).json()
  expect(await hooks.settle(60_000)).toBe(0)
  expect(hooks.isHooked()).toBe(true)
})

test('what is not OAuth gets the very promise that fetch gave', async () => {
  const promise = Promise.resolve(new Response())
  globalThis.fetch = () => promise
  const again = instrumentHttpClients({ ...nobody, scopes })
  expect(fetch(url)).toBe(promise)
  expect(fetch(url, { method: 'POST', body: 'a=b' })).toBe(promise)
  expect(fetch(url, post)).not.toBe(promise)
  again.disable()
  hooks.disable()
  Object.defineProperty(globalThis, 'fetch', before)
})

test('what is no Response, or one that cannot be copied, is passed on', async () => {
  const used = Response.json({ access_token: 'S3cret' })
  await used.text()
  const odd = [7, { status: 200, headers: {} }, used]
  globalThis.fetch = (async () => odd[0]) as unknown as typeof fetch
  const again = instrumentHttpClients({ ...nobody, scopes })
  for (const one of [...odd]) {
    expect(await fetch(url, post)).toBe(one)
    odd.shift()
  }
  expect(await again.settle(1)).toBe(0)
  again.disable()
  Object.defineProperty(globalThis, 'fetch', before)
})

test('an answer that nobody reads does not fill the memory', async () => {
  let pulled = 0
  const endless = new ReadableStream({
    pull: (controller) => {
      pulled += 16_384
      controller.enqueue(new Uint8Array(16_384))
    },
  })
  const headers = { 'content-type': 'application/json' }
  globalThis.fetch = async () => new Response(endless, { headers })
  const again = instrumentHttpClients({ ...nobody, scopes })
  await fetch(url, post)
  expect(await again.settle(60_000)).toBe(0)
  expect(pulled).toBeLessThan(4 * answerBytesMax)
  again.disable()
  Object.defineProperty(globalThis, 'fetch', before)
})

test('what only looks like a promise is passed on', () => {
  // A proxy would throw when it is asked for its `then`.
  const odd = Proxy.revocable({}, {})
  odd.revoke()
  globalThis.fetch = (() => odd.proxy) as unknown as typeof fetch
  const again = instrumentHttpClients({ ...nobody, scopes })
  expect(Object.is(fetch(url, post), odd.proxy)).toBe(true)
  again.disable()
  Object.defineProperty(globalThis, 'fetch', before)
})

test('within a call of a library the call gets each exchange, and there is no record', async () => {
  const call: ClientCall = { exchanges: [], isOver: false }
  await scopes.call(call, async () => {
    await (await fetch(`${url}/a?b`, post)).text()
    await (await fetch(url)).text()
    await fetch('http://127.0.0.1:1').catch(() => undefined)
  })
  expect(call.exchanges).toMatchObject([
    { method: 'POST', status: 200, authorization: null, error: null },
    { method: 'GET', status: 200, form: null },
    { method: 'GET', status: null, error: expect.objectContaining({ name: 'TypeError' }) },
  ])
  expect(call.exchanges[0]?.url.href).toBe(`${url}/a?b`)
  expect(call.exchanges[0]?.form?.get('grant_type')).toBe('client_credentials')
  expect(facts).toEqual([])
  call.isOver = true
  await scopes.call(call, async () => (await fetch(url, post)).text())
  expect(await hooks.settle(60_000)).toBe(0)
  expect(facts).toHaveLength(1)
})

test('the long poll of a call does not fill the memory', async () => {
  const call: ClientCall = { exchanges: [], isOver: false }
  await scopes.call(call, async () => {
    for (let i = 0; i < 12; i++) await (await fetch(`${url}/${i}`)).text()
  })
  expect(call.exchanges.map((one) => one.url.pathname)).toEqual(
    [4, 5, 6, 7, 8, 9, 10, 11].map((i) => `/${i}`),
  )
})

test('a record hangs under the span of the request that is served', async () => {
  const parent = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' }
  const parents: unknown[] = []
  hooks.disable()
  const begin = (): Ticket => ({
    record: (one, at) => {
      facts.push(one)
      parents.push(at.parent)
    },
    lose: (error) => errors.push(error),
  })
  const onError = (error: unknown): unknown => errors.push(error)
  hooks = instrumentHttpClients({ begin, scopes, roleClaims: [], onError })
  const request = {}
  scopes.serve(request, { token: null, validation: null, parent, isClaimed: true })
  await (await fetch(url, post)).text()
  expect(await hooks.settle(60_000)).toBe(0)
  expect(parents).toEqual([parent])
  expect((facts[0] as CallFacts).tokens).toMatchObject({ accessToken: 'S3cret' })
})
