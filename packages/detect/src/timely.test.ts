import { expect, test } from '@jest/globals'
import { eventWith, startMs } from '../test/events.ts'
import { codedDetectors } from './coded.ts'
import { createEngine } from './engine.ts'
import { MAX_CLOCK_AHEAD_MS } from './limits.ts'
import { timely } from './timely.ts'

const ahead = (byMs: number) => eventWith({}, { atMs: startMs + byMs, receivedMs: startMs })

test('an event keeps its time up to a minute ahead, and beyond has the time of its receipt', () => {
  const most = ahead(MAX_CLOCK_AHEAD_MS)
  expect(timely(most)).toBe(most)
  expect(timely(ahead(MAX_CLOCK_AHEAD_MS + 1))).toMatchObject({ atMs: startMs })
  expect(timely(ahead(-86_400_000))).toMatchObject({ atMs: startMs - 86_400_000 })
})

const hourMs = 3_600_000

test('a record of next year opens no bucket of a baseline', () => {
  const read = {
    ...{ 'audit.action': 'oauth.resource_access', 'audit.outcome': 'success' },
    ...{ 'oauth.role': 'resource_server', 'http.request.method': 'GET' },
    ...{ 'audit.actor.id': 'p1.made-up', 'audit.actor.type': 'user' },
  }
  const engine = createEngine({ detectors: codedDetectors() })
  const words: string[] = []
  const take = (bytes: number, atMs: number, receivedMs = atMs): void => {
    const event = eventWith({ ...read, 'http.response.body.size': bytes }, { atMs, receivedMs })
    words.push(...engine.take(event).map((one) => one.words))
  }
  for (let hour = 0; hour < 48; hour++) take(100_000, startMs + hour * hourMs)
  take(100_000, startMs + 9_000 * hourMs, startMs + 48 * hourMs)
  // In one bucket that does not end they would be far more than usual.
  for (let hour = 49; hour < 149; hour++) take(100_000, startMs + hour * hourMs)
  expect(words).toEqual([])
  take(50_000_000, startMs + 150 * hourMs)
  expect(words).toEqual([expect.stringMatching(/its usual volume in an hour/)])
})
