import { createServer } from 'node:http'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { type ClientCall, createScopes, type ServedRequest } from './scopes.ts'

const nothing = { token: null, validation: null, parent: null, isClaimed: false }

test('each request keeps its own scope, through whatever it awaits', async () => {
  const scopes = createScopes()
  const seen = new Map<string, boolean>()
  const arrived: string[] = []
  const { promise: together, resolve: everybody } = Promise.withResolvers<void>()
  const onStart = (message: unknown): void => {
    const { request } = message as { request: object }
    scopes.serve(request, { ...nothing })
  }
  subscribe('http.server.request.start', onStart)
  const server = createServer(async (request, response) => {
    const before = scopes.served()
    // The first waits for the others, so that all run at once.
    if (arrived.push(request.url!) === 3) everybody()
    await together
    seen.set(request.url!, before !== undefined && before === scopes.served(request))
    if (scopes.served() !== before) seen.set(request.url!, false)
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  try {
    await Promise.all([1, 2, 3].map((n) => fetch(`http://127.0.0.1:${port}/${n}`)))
  } finally {
    unsubscribe('http.server.request.start', onStart)
    server.close()
    server.closeAllConnections()
  }
  expect(Object.fromEntries(seen)).toEqual({ '/1': true, '/2': true, '/3': true })
  expect(scopes.served()).toBeUndefined()
})

test('a call holds for what runs in it, and passes on results and errors', async () => {
  const scopes = createScopes()
  const call: ClientCall = { exchanges: [], isOver: false }
  expect(
    await scopes.call(call, async () => {
      await Promise.resolve()
      return scopes.calling()
    }),
  ).toBe(call)
  expect(scopes.calling()).toBeUndefined()
  const error = new Error('of the application')
  expect(() =>
    scopes.call(call, () => {
      throw error
    }),
  ).toThrow(error)
})

test('what outlives a call does not belong to it', async () => {
  const scopes = createScopes()
  const call: ClientCall = { exchanges: [], isOver: false }
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const later = scopes.call(call, () => gate.then(() => scopes.calling()))
  call.isOver = true
  open()
  expect(await later).toBeUndefined()
})

test('a request that nobody told of has no scope', () => {
  const scopes = createScopes()
  const served: ServedRequest = { ...nothing }
  const request = {}
  expect(scopes.served(request)).toBeUndefined()
  scopes.serve(request, served)
  expect(scopes.served(request)).toBe(served)
})

test('those that presented a token are found by all of it, for as long as they run', () => {
  const scopes = createScopes()
  const end = 'the same end of two tokens'
  const serve = (value: string) => {
    const token = { value, scheme: 'bearer', location: 'header' } as const
    const [request, served] = [{}, { ...nothing, token }]
    scopes.serve(request, served)
    return { request, served }
  }
  const [first, second, other] = [serve(`a.${end}`), serve(`a.${end}`), serve(`b.${end}`)]
  const short = serve('b')
  expect(scopes.presenting(`a.${end}`)).toEqual([first.served, second.served])
  expect(scopes.presenting(`b.${end}`)).toEqual([other.served])
  expect(scopes.presenting('b')).toEqual([short.served])
  expect(scopes.presenting(end)).toEqual([])
  scopes.over(first.request)
  scopes.ended(other.request)
  expect(scopes.presenting(`a.${end}`)).toEqual([second.served])
  expect(scopes.presenting(`b.${end}`)).toEqual([])
  scopes.ended(second.request)
  expect(scopes.presenting(`a.${end}`)).toEqual([])
})
