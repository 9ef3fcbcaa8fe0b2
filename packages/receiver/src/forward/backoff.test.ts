import { expect, test } from '@jest/globals'
import { backoffMs } from './backoff.ts'

const options = { minMs: 100, maxMs: 1_000, random: () => 0.999_999 }

test('doubles up to the longest wait', () => {
  const waits = [1, 2, 3, 4, 5, 1_000].map((attempt) => backoffMs(attempt, 0, options))
  expect(waits).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

test('is at least what the sink asked for, and half of itself', () => {
  expect(backoffMs(1, 5_000, { ...options, random: () => 0 })).toBe(5_050)
})
