import { expect, test } from '@jest/globals'
import { decodeDuration, encodeDuration } from './duration.ts'

const hour = 3_600_000_000

test.each([0, 1, 2 ** 31 - 1])('%i µs are exact', (micros) => {
  expect(decodeDuration(encodeDuration(micros))).toBe(micros)
})

test.each([2 ** 31, hour, 3 * hour, 24 * 24 * hour])(
  '%i µs are exact to a millisecond',
  (micros) => {
    expect(decodeDuration(encodeDuration(micros))).toBe(Math.floor(micros / 1_000) * 1_000)
  },
)

test('more than 24 days are the longest that there is, and longer than any other', () => {
  const longest = encodeDuration(365 * 24 * hour)
  expect(longest).toBe(2 ** 32 - 1)
  expect(longest).toBeGreaterThan(encodeDuration(20 * 24 * hour))
})
