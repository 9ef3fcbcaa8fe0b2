import { expect, test } from '@jest/globals'
import { LEARN_MS, MIN_BUCKETS } from './limits.ts'
import { add, begin, isOver, type Rate, timesUsual } from './rate.ts'

const limits = { bucketMs: 3_600_000, factor: 20, crowdFactor: null, floor: 100 }
const hour = limits.bucketMs

/** So many in each of these hours. */
function after(hours: readonly number[], amount: number): Rate {
  const rate = begin(hours[0]! * hour, limits)
  for (const at of hours) add(rate, at * hour, amount, limits)
  return rate
}

/** Which is added to in place. */
function added(rate: Rate, { atMs, amount }: { atMs: number; amount: number }): Rate {
  add(rate, atMs, amount, limits)
  return rate
}

const learned = Array.from(
  { length: MIN_BUCKETS + 1 },
  (_, at) => at * (LEARN_MS / hour / MIN_BUCKETS),
)

test('says how many times the usual it is', () => {
  const now = (learned.at(-1)! + 1) * hour
  const rate = added(after(learned, 10), { atMs: now, amount: 420 })
  expect(timesUsual(rate, now, limits)).toBe(42)
})

test('says nothing below the floor, below the factor, or twice of one bucket', () => {
  const now = (learned.at(-1)! + 1) * hour
  const with_ = (amount: number, usual: number): Rate =>
    added(after(learned, usual), { atMs: now, amount })
  expect(timesUsual(with_(99, 1), now, limits)).toBeNull()
  expect(timesUsual(with_(100, 1), now, limits)).toBe(100)
  expect(timesUsual(with_(199, 10), now, limits)).toBeNull()
  expect(timesUsual(with_(200, 10), now, limits)).toBe(20)
  const said = with_(200, 10)
  expect(timesUsual({ ...said, said: said.bucket }, now, limits)).toBeNull()
})

test('learns before it speaks: enough buckets, and long enough', () => {
  const few = after(learned.slice(1), 10)
  expect(few.closed).toBe(MIN_BUCKETS - 1)
  const short = Array.from({ length: MIN_BUCKETS + 1 }, (_, at) => at)
  for (const rate of [few, after(short, 10)]) {
    const now = (rate.bucket + 1) * hour
    const next = { ...added(rate, { atMs: now, amount: 5_000 }), closed: rate.closed }
    expect(timesUsual(next, now, limits)).toBeNull()
  }
})

test('what is far off does not become the usual', () => {
  const usual = after(learned, 10)
  const { bucket } = usual
  added(usual, { atMs: (bucket + 1) * hour, amount: 100_000 })
  const next = added(usual, { atMs: (bucket + 2) * hour, amount: 1 })
  expect(next.mean).toBeLessThan(20)
})

test('what is late counts for the bucket that is open', () => {
  const before = after([5], 1)
  expect([5, 6].map((at) => isOver(before, at * hour, limits))).toEqual([false, true])
  const rate = added(before, { atMs: 2 * hour, amount: 1 })
  expect([rate.bucket, rate.sum, rate.closed]).toEqual([5, 2, 0])
})
