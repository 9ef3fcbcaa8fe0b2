import { expect, test } from '@jest/globals'
import { overlapMs, rememberedMax } from './limits.ts'
import { advance, beginning, freshOf, gapOf, type Position, readFrom, without } from './position.ts'
import type { SourceEvent } from './source.ts'

const at = 1_795_720_000_000
const event = (id: string, time: number): SourceEvent => ({
  ...{ id, time },
  describe: () => ({ action: 'oauth.token', failed: false, message: '', attributes: new Map() }),
})
const [one, two, late] = [event('1', at), event('2', at + 10), event('late', at + 5)]
const looked: Position = { ...advance(beginning, [one, two], at + 20), lookedAt: at + 100 }

test('what was taken is not new when it is read again', () => {
  expect(freshOf(looked, [one, two])).toEqual([])
  expect(readFrom(looked)).toBe(at + 10 - overlapMs)
})

test('what shows late, before others that were taken, is new', () => {
  expect(freshOf(looked, [one, late, two])).toEqual([late])
  const after = advance(looked, [late], at + 20)
  expect(after.latest).toBe(at + 10)
  expect(freshOf(after, [one, late, two])).toEqual([])
})

test('an event of tomorrow hides nothing of today, and is taken once', () => {
  const ahead = event('ahead', at + 86_400_000)
  const after = advance(looked, [ahead], at + 20)
  expect(readFrom(after)).toBeLessThanOrEqual(at + 20)
  const now = event('now', at + 30)
  expect(freshOf(after, [one, two, now, ahead])).toEqual([now])
  // Also where the one before was kept by a version that followed it.
  const stuck = { ...looked, latest: at + 86_400_000 }
  expect(readFrom(advance(stuck, [], at + 20))).toBeLessThanOrEqual(at + 20)
})

test('an event that comes on two pages is one', () => {
  expect(freshOf(beginning, [one, two, two])).toEqual([one, two])
})

test('so much is remembered, and nothing older is read again', () => {
  const many = Array.from({ length: rememberedMax + 10 }, (_, i) => event(String(i), at + i))
  const after = advance(beginning, many, at + rememberedMax + 10)
  expect(after.taken).toHaveLength(rememberedMax)
  const again = many.filter(({ time }) => time >= readFrom(after))
  expect(freshOf(after, again)).toEqual([])
})

const read = { until: Infinity, now: at + 200, keptMs: null }

test('nothing is missing while all that was taken is there', () => {
  expect(gapOf(looked, [one, two, late], read)).toBeNull()
  expect(gapOf(beginning, [], read)).toBeNull()
})

test('what is gone before its time was deleted', () => {
  const gap = gapOf(looked, [two], read)
  expect(gap).toEqual({ from: looked.lookedAt, until: read.now, reason: 'deleted' })
  expect(gapOf(without(looked, [two]), [two], read)).toBeNull()
})

test('beyond what was read nothing is said to be gone', () => {
  expect(gapOf(looked, [one], { ...read, until: at + 9 })).toBeNull()
})

test('away for longer than events are kept, there is a gap', () => {
  const now = looked.lookedAt + 3_600_001
  const gap = gapOf(looked, [], { until: Infinity, now, keptMs: 3_600_000 })
  expect(gap).toEqual({ from: looked.lookedAt, until: looked.lookedAt + 1, reason: 'expired' })
  expect(gapOf(looked, [], { until: Infinity, now: now - 1, keptMs: 3_600_000 })).toBeNull()
})
