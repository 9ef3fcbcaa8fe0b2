// Claims on numbers: short, grouped, and never a wrong unit at an edge.
import { expect, test } from '@jest/globals'
import {
  bytesText,
  countOf,
  countText,
  durationText,
  shareText,
  wholeShareText,
} from './numbers.ts'

test('durations', () => {
  const told: readonly (readonly [number, string])[] = [
    ...([
      [0, '0 ms'],
      [0.4213, '0.42 ms'],
      [1.26, '1.3 ms'],
      [42.4, '42 ms'],
    ] as const),
    ...([
      [1_204, '1.2 s'],
      [59_940, '59.9 s'],
      [60_000, '1 min'],
      [200_000, '3 min 20 s'],
    ] as const),
    ...([
      [3_600_000, '1 h'],
      [187_200_000, '2 d 4 h'],
      [-1_500, '-1.5 s'],
      [NaN, '–'],
    ] as const),
  ]
  for (const [ms, text] of told) expect(durationText(ms)).toBe(text)
})

test('counts, shares and bytes', () => {
  expect(countText(1_234_567)).toBe('1,234,567')
  expect(countOf(1, 'record')).toBe('1 record')
  expect(countOf(2_400, 'record')).toBe('2,400 records')
  expect(shareText(1, 8)).toBe('12.5%')
  expect(shareText(0, 0)).toBe('0%')
  expect(wholeShareText(99_999, 100_000)).toBe('99.9%')
  expect(wholeShareText(0, 0)).toBe('100%')
  expect(bytesText(0)).toBe('0 B')
  expect(bytesText(1_500)).toBe('1.5 kB')
  expect(bytesText(52_000_000_000)).toBe('52 GB')
})
