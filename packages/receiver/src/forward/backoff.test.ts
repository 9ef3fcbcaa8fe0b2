import { expect, test } from '@jest/globals'
import { backoffMs, retryAfterMs } from './backoff.ts'

const options = { minMs: 100, maxMs: 1_000, random: () => 0.999_999 }

test('doubles up to the longest wait', () => {
  const waits = [1, 2, 3, 4, 5, 1_000].map((attempt) => backoffMs(attempt, 0, options))
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

test('is at least what the sink asked for, and half of itself', () => {
  expect(backoffMs(1, 5_000, { ...options, random: () => 0 })).toBe(5_050)
})

test.each([
  [null, 0],
  ['7', 7_000],
  ['301', 300_000],
  ['Thu, 01 Jan 1970 00:00:09 GMT', 4_000],
  ['Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['soon', 0],
])('Retry-After %s, asked five seconds after 1970 began, is %i ms', (header, expected) => {
  expect(retryAfterMs(header, 5_000)).toBe(expected)
})
