import { expect, test } from '@jest/globals'
import { median, noiseOf, percentile, ratioOf, regressionsIn, spreadOf } from './statistics.ts'

test.each([
  [[], Number.NaN],
  [[3], 3],
  [[9, 1], 5],
  [[10, 9, 1], 9],
  [[4, 1, 3, 100], 3.5],
])('the median of %j is %d', (numbers, expected) => {
  expect(median(numbers)).toBe(expected)
})

test.each([
  [[], 0.5, Number.NaN],
  [[7], 0.99, 7],
  [[4, 1, 3, 2], 0.5, 2],
  [[4, 1, 3, 2], 0.51, 3],
  [[4, 1, 3, 2], 0, 1],
  [[4, 1, 3, 2], 1, 4],
  [Array.from({ length: 100 }, (_, at) => at + 1), 0.99, 99],
])('of %j, the part %d is not larger than %d', (numbers, part, expected) => {
  expect(percentile(numbers, part)).toBe(expected)
})

test('a ratio is taken in each round, not of sums: a slow round slows both', () => {
  expect(ratioOf([10, 100, 12], [20, 200, 20])).toEqual({ median: 0.5, least: 0.5, most: 0.6 })
  expect(() => ratioOf([1, 2], [1])).toThrow(RangeError)
})

test('noise is the farthest round, as a part of the median', () => {
  expect(noiseOf(spreadOf([0.8, 1, 1.1]))).toBeCloseTo(0.2)
  expect(noiseOf(spreadOf([1, 1, 1]))).toBe(0)
})

test('a regression is more than the noise of both measurements', () => {
  const kept = { quiet: { ratio: 1, noise: 0.01 }, noisy: { ratio: 1, noise: 0.2 } }
  const at = (ratio: number, noise: number) => ({
    quiet: { ratio, noise },
    noisy: { ratio, noise },
  })
  const names = (ratio: number, noise: number) =>
    regressionsIn(kept, at(ratio, noise)).map(({ name }) => name)
  expect(names(1.09, 0)).toEqual([])
  expect(names(1.11, 0)).toEqual(['quiet'])
  expect(names(1.21, 0)).toEqual(['quiet', 'noisy'])
  expect(names(1.21, 0.3)).toEqual([])
  expect(names(0.5, 0)).toEqual([])
})

test('what was measured once must still be measured', () => {
  expect(regressionsIn({ gone: { ratio: 1, noise: 0 } }, {})).toMatchObject([{ name: 'gone' }])
})
