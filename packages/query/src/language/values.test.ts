import { expect, test } from '@jest/globals'
import { durationOf, numberOf, timeOf } from './values.ts'

const now = Date.UTC(2026, 0, 2)

test.each<[string, number]>([
  ['2026-01-31', Date.UTC(2026, 0, 31)],
  ['2024-02-29', Date.UTC(2024, 1, 29)],
  ['2026-01-31T12:00Z', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31T12:00', Date.UTC(2026, 0, 31, 12)],
  ['2026-01-31T12:00:30.5+02:00', Date.UTC(2026, 0, 31, 10, 0, 30, 500)],
  ['now', now],
  ['-1.5h', now - 5_400_000],
  ['24h', now - 86_400_000],
  ['1769860800000', 1_769_860_800_000],
])('%s is a time', (text, ms) => {
  expect(timeOf(text, now)).toBe(ms)
})

test.each([
  '2026-02-29',
  '2026-02-31',
  '2026-04-31T12:00Z',
  '2026-13-01',
  '2026-00-10',
  '2026-1-1',
])('%s is no day', (text) => {
  expect(timeOf(text, now)).toBeNaN()
})

test.each(['', 'x', '1', '2026-01-01 12:00', '2026-01-31T25:00Z', '--1h'])('%j is none', (text) => {
  expect(timeOf(text, now)).toBeNaN()
})

test('durations and numbers', () => {
  expect([durationOf('250ms'), durationOf('1w'), durationOf('1y')]).toEqual([250, 604_800_000, NaN])
  expect([numberOf('-1.5'), numberOf('1e3')]).toEqual([-1.5, NaN])
})
