// Scenario: a client hangs up before its request is answered, or while it is.
// Guarantee: it has one record, of whom it was by the time that the host had done it.
import { request as httpRequest, type ServerResponse } from 'node:http'
import { describe, expect, jest, test } from '@jest/globals'
import { bearer, serve, validated } from '../../../test/fixtures/hooked-server.ts'
import { lateToldMs } from '../../limits.ts'
import type { ServedRequest } from '../scopes.ts'

describe('a connection that ends first', () => {
  /** Asks, and goes away when the server is there, or after the first bytes. */
  function leave(url: string, when: 'at once' | 'within'): void {
    const request = httpRequest(url, { headers: bearer })
    request.on('error', () => undefined).end()
    request.on('response', (response) => {
      response.on('error', () => undefined)
      response.once('data', () => when === 'within' && response.destroy())
    })
    if (when === 'at once') arrived.push(() => request.destroy())
  }
  const arrived: (() => void)[] = []

  /** What it is told of with a token whose client has left, when `act` has done its part. */
  async function leftAtOnce(act: (serving: ServedRequest, response: ServerResponse) => void) {
    const { url, hooks, scopes, told, errors, lost, nextRecord } = await serve(
      (request, response) => {
        if (request.url === '/next') return void response.end()
        const serving = scopes.served(request)!
        const { socket } = request
        const goOn = (): void => {
          expect(told).toEqual([])
          act(serving, response)
        }
        socket.once('close', () => setImmediate(goOn))
        for (const go of arrived.splice(0)) go()
      },
    )
    const record = nextRecord()
    leave(url, 'at once')
    await record
    expect(hooks.isHooked()).toBe(true)
    await (await fetch(`${url}/next`, { headers: bearer })).text()
    expect(told.map(({ facts }) => facts.http?.target)).toEqual(['/', '/next'])
    expect([errors, lost, scopes.presenting('token')]).toEqual([[], [], []])
    expect(told[0]!.facts).toMatchObject({ isCut: true, http: { status: 0 }, responseBytes: 0 })
    expect(told[0]!.facts.http?.clientAddress).toBe('127.0.0.1')
    return told[0]!
  }

  test('before the answer: one record, of what is answered to nobody', async () => {
    const { facts } = await leftAtOnce((_, response) => void response.writeHead(204).end())
    expect(facts).toMatchObject({ unsentStatus: 204, validation: null })
  })

  test('before the token was validated: who acted is known', async () => {
    const { facts, at } = await leftAtOnce((serving, response) => {
      serving.validation = validated
      response.writeHead(403, { 'WWW-Authenticate': 'Bearer error="insufficient_scope"' }).end()
    })
    expect(facts.validation?.claims?.subject).toBe('ada')
    expect(facts).toMatchObject({ unsentStatus: 403, challenge: { error: 'insufficient_scope' } })
    // It ended with its connection.
    expect(Number(at.endTimeUnixNano / 1_000_000n)).toBeLessThanOrEqual(Date.now())
  })

  test('before a framework answers that makes no head for nobody', async () => {
    const { facts } = await leftAtOnce((serving, response) => {
      serving.validation = validated
      Object.defineProperty(response, 'writableEnded', { value: true })
      response.statusCode = 401
      response.setHeader('WWW-Authenticate', 'Bearer error="invalid_token"')
    })
    expect(facts).toMatchObject({ unsentStatus: 401, challenge: { error: 'invalid_token' } })
  })

  test('and a host that never answers: recorded in the end, and before it stops', async () => {
    for (const how of ['later', 'settle', 'disable'] as const) {
      const { url, told, hooks } = await serve(({ socket }) => {
        socket.once('close', closed.resolve)
        for (const go of arrived.splice(0)) go()
      })
      const closed = Promise.withResolvers<unknown>()
      leave(url, 'at once')
      await closed.promise
      await new Promise(setImmediate)
      expect(told).toHaveLength(0)
      if (how === 'later') await waitLonger(() => told.length > 0)
      else if (how === 'settle') expect(await hooks.settle(0)).toBe(0)
      else hooks.disable()
      expect(told).toHaveLength(1)
      expect(told[0]!.facts).toMatchObject({ isCut: true, validation: null, http: { status: 0 } })
    }
  })

  /** Has clocks say that more time is over than is. */
  async function waitLonger(isDone: () => boolean): Promise<void> {
    const now = performance.now.bind(performance)
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => now() + lateToldMs)
    while (!isDone()) await new Promise(setImmediate)
    clock.mockRestore()
  }

  test('within the answer: its status, the bytes so far, the rows as announced', async () => {
    const { url, told, nextRecord } = await serve((_, response) => {
      const headers = { 'content-length': 1000, 'content-range': 'items 0-24/319' }
      response.writeHead(200, headers).write('x'.repeat(100))
    })
    const record = nextRecord()
    leave(url, 'within')
    await record
    expect(told).toHaveLength(1)
    expect(told[0]!.facts).toMatchObject({ isCut: true, http: { status: 200 }, responseBytes: 100 })
    expect(told[0]!.facts.responseRows).toBe(25)
  })
})
