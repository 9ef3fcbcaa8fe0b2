import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Streams } from './streams.ts'

test('every record is found where it was put, in whatever order the numbers came', () => {
  const order = fc.oneof(
    fc.uniqueArray(fc.nat(60), { minLength: 1 }),
    // In order, or backwards, with more runs than one block holds.
    fc.constantFrom(
      ...[1, -1].map((sign) => Array.from({ length: 700 }, (_, i) => 700 + sign * i)),
    ),
  )
  fc.assert(
    fc.property(order, fc.nat(5), (numbers, gap) => {
      const streams = new Streams()
      const places = new Map<number, number>()
      for (const [i, seq] of numbers.entries()) {
        const index = i + (i > 3 ? gap : 0) + (i % 5 > 2 ? i : 0)
        places.set(seq, index)
        streams.add({ kid: 'k', instance: 'i', seq, type: 'record', receivedAt: 5 }, index)
      }
      const highest = Math.max(...numbers)
      for (let seq = 0; seq <= highest + 1; seq++) {
        expect(streams.find('k', 'i', seq)).toBe(places.get(seq))
        expect(streams.find('k', 'other', seq)).toBeUndefined()
      }
      const [state] = [...streams.states()]
      expect(state).toMatchObject({
        records: numbers.length,
        highestSeq: highest,
        missing: highest + 1 - numbers.length,
        closed: false,
      })
    }),
  )
})

test('a stop closes its stream', () => {
  const streams = new Streams()
  streams.add({ kid: 'k', instance: 'i', seq: 0, type: 'start', receivedAt: 5 }, 0)
  streams.add({ kid: 'k', instance: 'i', seq: 1, type: 'stop', receivedAt: 6 }, 1)
  expect([...streams.states()][0]!.closed).toBe(true)
})

test('records committed one by one are one run, whatever leaves lie between them', () => {
  const streams = new Streams()
  for (let seq = 0; seq < 1000; seq++) {
    streams.add({ kid: 'k', instance: 'i', seq, type: 'record', receivedAt: 5 }, seq * 2)
  }
  expect(streams.runs).toBe(1)
  expect(streams.find('k', 'i', 999)).toBe(1998)
})

test('a sender who counts backwards in steps does not slow the log down', () => {
  const streams = new Streams()
  const count = 20_000
  for (let i = 0; i < count; i++) {
    const seq = (count - i) * 2
    streams.add({ kid: 'k', instance: 'i', seq, type: 'record', receivedAt: 5 }, i)
  }
  expect(streams.runs).toBe(count)
  expect(streams.runsMovedMax).toBeLessThanOrEqual(256)
  for (const i of [0, 1, 1000, count - 1]) expect(streams.find('k', 'i', (count - i) * 2)).toBe(i)
  expect(streams.find('k', 'i', 3)).toBeUndefined()
})
