import { expect, test } from '@jest/globals'
import { flatness, growthPoints, recordsThatFit } from './growth-points.ts'

test.each([
  [10_000, [10_000]],
  [200_000, [10_000, 100_000, 200_000]],
  [10_000_000, [10_000, 100_000, 1_000_000, 10_000_000]],
  [10_000_001, [10_000, 100_000, 1_000_000, 10_000_000, 10_000_001]],
])('up to %d records: %j', (most, points) => {
  expect(growthPoints(most)).toEqual(points)
})

test('a disk without room for the first point is told of', () => {
  expect(() => growthPoints(recordsThatFit(2 * 1024 ** 3))).toThrow('room for 0 records')
  expect(recordsThatFit(20e9)).toBeGreaterThan(10_000_000)
  expect(recordsThatFit(15e9)).toBeLessThan(10_000_000)
})

test('flat is 1', () => {
  expect(flatness([3, 3])).toBe(1)
  expect(flatness([10, 13, 12])).toBe(1.3)
})
