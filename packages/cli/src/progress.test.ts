// Claims on progress: it tells how far, how fast and how long yet.
import { expect, test } from '@jest/globals'
import { cellsIn, progressLine } from './progress.ts'

const work = { what: 'verifying', unit: 'entries' }

test.each([
  [
    { done: 50, total: 100, ms: 10_000 },
    /^verifying ━{12}─{12} {2}50 % {2}5 entries\/s {2}0:10 left$/,
  ],
  [{ done: 0, total: 100, ms: 1_000 }, /─{24} {3}0 % {2}0 entries\/s$/],
  [{ done: 100, total: 100, ms: 1_000 }, /━{24} 100 % {2}100 entries\/s {2}0:00 left$/],
  [{ done: 1, total: 8_000, ms: 1_000 }, / {2}2:13:19 left$/],
  [{ done: 1, total: 2, counted: 90_000, ms: 2_000 }, / {2}45,000 entries\/s /],
  [
    { from: 50, done: 75, total: 100, ms: 5_000 },
    /^verifying ━{18}─{6} {2}75 % {2}5 entries\/s {2}0:05 left$/,
  ],
  [{ from: 50, done: 50, total: 100, ms: 1_000 }, / 50 % {2}0 entries\/s$/],
  [{ done: 0, total: 0, ms: 0 }, / 100 % /],
])('%j', (progress, expected) => {
  expect(progressLine({ ...work, ...progress })).toMatch(expected)
})

test('the bar makes room for the rest of the line', () => {
  expect([undefined, 120, 74, 73, 60, 20].map((columns) => cellsIn(columns))).toEqual([
    ...[24, 24, 24, 23, 10, 6],
  ])
  const progress = { ...work, done: 1_000_000, total: 10_000_000, ms: 10_000 }
  const line = progressLine({ ...progress, cells: cellsIn(60) })
  expect(line).toMatch(/ left$/)
  expect(line.length).toBeLessThan(60)
})
