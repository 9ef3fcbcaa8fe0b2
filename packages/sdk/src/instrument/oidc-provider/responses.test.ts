import { once } from 'node:events'
import { createServer, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { afterEach, describe, expect, jest, test } from '@jest/globals'
import { createResponses } from './responses.ts'

afterEach(() => void jest.useRealTimers())

function setUp() {
  const log: unknown[] = []
  const responses = createResponses<string>({
    onEnd: (kept) => {
      log.push(kept)
      if (kept === 'throws') throw new Error('onEnd')
    },
    onEmpty: () => log.push('empty'),
    onError: (error) => log.push(error),
  })
  return { responses, log }
}

describe('a response has ended', () => {
  test("when Node's channel says so, without a listener on it", async () => {
    const { responses, log } = setUp()
    let counts: number[] = []
    const server = createServer((_, response) => {
      const countOf = (): number[] =>
        ['finish', 'close', 'error'].map((name) => response.listenerCount(name))
      const before = countOf()
      responses.open(response, 'answered')
      counts = countOf().map((count, i) => count - before[i]!)
      response.end()
    }).listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const [answer] = await once(request({ port, agent: false }).end(), 'response')
    await once(answer.resume(), 'end')
    expect(await responses.settle(10_000)).toBe(0)
    expect([log, counts]).toEqual([
      ['answered', 'empty'],
      [0, 0, 0],
    ])
    server.close()
  })

  test('when it was ended on a connection that is gone', async () => {
    const { responses, log } = setUp()
    const arrived = Promise.withResolvers<ServerResponse>()
    const server = createServer((_, response) => {
      responses.open(response, 'too late')
      arrived.resolve(response)
    }).listen(0)
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const outgoing = request({ port, agent: false }).on('error', () => undefined)
    outgoing.end()
    const response = await arrived.promise
    outgoing.destroy()
    await once(response, 'close')
    expect(log).toEqual([])
    response.writeHead(401).end()
    expect(await responses.settle(10_000)).toBe(0)
    expect(log).toEqual(['too late', 'empty'])
    server.close()
  })

  test('when nobody ends it on such a connection, after a minute', () => {
    jest.useFakeTimers()
    const { responses, log } = setUp()
    const response = { destroyed: true, writableEnded: false }
    responses.open(response, 'abandoned')
    jest.advanceTimersByTime(59_000)
    expect(log).toEqual([])
    jest.advanceTimersByTime(3_000)
    expect(log).toEqual(['abandoned', 'empty'])
  })

  test('not while it only takes long', () => {
    jest.useFakeTimers()
    const { responses, log } = setUp()
    responses.open({ destroyed: false, writableEnded: false }, 'slow')
    jest.advanceTimersByTime(600_000)
    expect(log).toEqual([])
    responses.stop()
    expect(log).toEqual(['slow', 'empty'])
  })
})

test('what onEnd throws stays here, and the others go on', async () => {
  const { responses, log } = setUp()
  const [first, second] = [{}, {}]
  responses.open(first, 'throws')
  responses.open(second, 'other')
  responses.stop()
  expect(log).toEqual(['throws', new Error('onEnd'), 'other', 'empty'])
  expect(await responses.settle(1)).toBe(0)
})

test('without a response nothing is subscribed to', () => {
  const { responses } = setUp()
  const channel = 'http.server.response.finish'
  // Whoever else listens is told the same.
  const other = (): void => undefined
  subscribe(channel, other)
  responses.open({}, 'x')
  responses.stop()
  expect(responses.isEmpty()).toBe(true)
  expect(unsubscribe(channel, other)).toBe(true)
})
