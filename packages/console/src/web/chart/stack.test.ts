// Claims on stacked bars: the top of the stack is the total, and what went wrong lies on top.
import { expect, test } from '@jest/globals'
import { bandsOf, stackOf, toldChart } from './stack.ts'

const histogram = {
  ...{ from: 10_000, to: 12_000, bucketMs: 1_000, total: 10 },
  series: [
    { value: 'failure', counts: [1, 0] },
    { value: 'success', counts: [4, 5] },
    { value: 'challenge', counts: [0, 0] },
  ],
}

test('bands are in the order of the stack, without empty ones', () => {
  expect(bandsOf(histogram).map(({ value, total }) => [value, total])).toEqual([
    ['success', 9],
    ['failure', 1],
  ])
})

test('tops add up, the highest is drawn first', () => {
  const bands = bandsOf(histogram)
  expect(stackOf(histogram, bands)).toEqual([
    [10, 11],
    [5, 5],
    [4, 5],
  ])
  expect(toldChart(histogram, bands)).toBe('10 records over time: 9 success, 1 failure')
  expect(stackOf({ ...histogram, series: [] }, [])).toEqual([[]])
})
