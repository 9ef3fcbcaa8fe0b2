import { expect, test } from '@jest/globals'
import { isRecordLeaf, type Leaf } from '@grantlog/ledger'
import type { AuditEvent } from './event.ts'
import { LATE_ALLOWANCE_MS, MAX_HOLES, MAX_WATCHED_STREAMS } from './limits.ts'
import { createStreamGaps, type StreamGaps } from './stream-gaps.ts'

const digest = 'A'.repeat(43)
const at = 1_795_467_000_000
const record = (seq: number, receivedAt = at, instance = 'B'.repeat(22)): Leaf => {
  const id = '01982f3e-7a4c-7cc1-9d4e-000000000001'
  return { type: 'record', id, kid: digest, instance, seq, digest, receivedAt, v: 1 }
}
const frame = (receivedAt: number): Leaf => {
  return { type: 'frame', count: 1, first: 0, hash: digest, receivedAt, v: 1 }
}

/** Takes leaves at their places, and gives what is told as [first number, how many]. */
function told(gaps: StreamGaps, leaves: readonly Leaf[], from = 0): (readonly unknown[])[] {
  return leaves.flatMap((leaf, place) =>
    take(gaps, leaf, from + place).map(({ attributes, index }) => {
      const [first, count] = ['ledger.missing.first', 'ledger.missing.count']
      return [attributes.get(first), attributes.get(count), index]
    }),
  )
}
/** As of a leaf that was read by itself. */
function take(gaps: StreamGaps, leaf: Leaf, index: number): readonly AuditEvent[] {
  const numbered = isRecordLeaf(leaf) ? { stream: leaf, seq: leaf.seq } : null
  return gaps.take({ index, receivedAt: leaf.receivedAt }, numbered)
}
const whole = (): StreamGaps => createStreamGaps({ isWhole: true })

test('numbers that do not come for ten minutes are told, at the leaf that showed it', () => {
  const leaves = [record(0), record(4), frame(at + LATE_ALLOWANCE_MS - 1)]
  const gaps = whole()
  expect(told(gaps, leaves)).toEqual([])
  expect(told(gaps, [frame(at + LATE_ALLOWANCE_MS)])).toEqual([[1n, 3n, 1]])
  expect(told(gaps, [frame(at + 2 * LATE_ALLOWANCE_MS)])).toEqual([])
})

test('what comes meanwhile closes the hole, or divides it', () => {
  const leaves = [record(0), record(6), record(3), record(5), frame(at + LATE_ALLOWANCE_MS)]
  expect(told(whole(), leaves)).toEqual([
    [1n, 2n, 1],
    [4n, 1n, 1],
  ])
  const all = [record(2), record(1), record(0), frame(at + LATE_ALLOWANCE_MS)]
  expect(told(whole(), all)).toEqual([])
})

test('first numbers are missing only where the log is known from its beginning', () => {
  const leaves = [record(2), frame(at + LATE_ALLOWANCE_MS)]
  expect(told(whole(), leaves)).toEqual([[0n, 2n, 0]])
  expect(told(createStreamGaps({ isWhole: false }), leaves)).toEqual([])
  const later = whole()
  later.restore(null)
  expect(told(later, leaves)).toEqual([])
})

test('a snapshot goes on as if nothing had been', () => {
  const leaves = [0, 3, 1, 7, 5].map((seq) => record(seq))
  const end = frame(at + LATE_ALLOWANCE_MS)
  const expected = told(whole(), [...leaves, end])
  for (let cut = 0; cut <= leaves.length; cut++) {
    const [before, after] = [whole(), whole()]
    told(before, leaves.slice(0, cut))
    after.restore(JSON.parse(JSON.stringify(before.snapshot())) as never)
    expect(told(after, [...leaves.slice(cut), end], cut)).toEqual(expected)
  }
  expect(expected).toHaveLength(3)
})

test('a stream that makes many holes takes the room of its own alone', () => {
  const odd = Array.from({ length: MAX_HOLES }, (_, n) => record(2 * n + 1, at, 'C'.repeat(22)))
  const end = frame(at + LATE_ALLOWANCE_MS)
  const all = told(whole(), [...odd, end])
  expect(all).toHaveLength(MAX_HOLES)
  const most = told(whole(), [record(1), ...odd, end])
  expect(most).toHaveLength(MAX_HOLES)
  expect(most[0]).toEqual([0n, 1n, 0])
  // The first of its own made way.
  expect(most[1]).toEqual([2n, 1n, 2])
})

test('a stream that is forgotten lacks nothing when it comes again', () => {
  const others = (count: number): Leaf[] =>
    Array.from({ length: count }, (_, n) => record(0, at, `${n}`.padStart(22, '0')))
  const end = [record(5), frame(at + LATE_ALLOWANCE_MS)]
  const known = [record(0), ...others(MAX_WATCHED_STREAMS - 1), ...end]
  expect(told(whole(), known)).toHaveLength(1)
  expect(told(whole(), [record(0), ...others(MAX_WATCHED_STREAMS), ...end])).toEqual([])
})
