// Claims on times: sortable, whole in their title, near ones told by distance.
import { expect, test } from '@jest/globals'
import { agoText, clockText, dayText, isoText, listText, timeText } from './times.ts'

const at = Date.UTC(2026, 0, 31, 23, 5, 9, 42)

test('a time is year to millisecond, midnight is 00', () => {
  expect(timeText(at, 'utc')).toBe('2026-01-31 23:05:09.042')
  expect(timeText(Date.UTC(2026, 1, 1), 'utc')).toBe('2026-02-01 00:00:00.000')
  expect(dayText(at, 'utc')).toBe('2026-01-31')
  expect(listText(at, 'utc', at)).toBe('01-31 23:05:09.042')
  expect(listText(at, 'utc', Date.UTC(2027, 0, 1))).toBe('2026-01-31 23:05:09.042')
  expect(clockText(at, 'utc')).toBe('23:05:09.042')
})

test('the full time keeps microseconds', () => {
  expect(isoText(at)).toBe('2026-01-31T23:05:09.042Z')
  expect(isoText(at + 0.25)).toBe('2026-01-31T23:05:09.042250Z')
})

test('distances round down and name one unit', () => {
  expect(agoText(at, at + 200)).toBe('now')
  expect(agoText(at, at + 12_900)).toBe('12 s ago')
  expect(agoText(at, at + 3_700_000)).toBe('1 h ago')
  expect(agoText(at + 180_000, at)).toBe('in 3 min')
  expect(agoText(at + 4_000, at)).toBe('now')
})
