import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { expect, test } from '@jest/globals'
import { createSorter, ROW_WIDTH } from './sorter.ts'

/** Rows of a time, and the place they came at. */
function rowsOf(times: readonly number[], rowsInMemory: number): [number, number][] {
  const sorter = createSorter(rowsInMemory)
  times.forEach((time, i) => sorter.push([time, i, 0, 0, 0, 0]))
  expect(sorter.count).toBe(times.length)
  const sorted = [...sorter.sorted()].map((row): [number, number] => [row[0]!, row[1]!])
  sorter.close()
  return sorted
}

test.each([0, 1, 7, 8, 9, 16, 17, 5_000])('%d rows, 8 of them in memory', (count) => {
  const times = Array.from({ length: count }, (_, i) => (i * 7_919) % 101)
  const expected = times
    .map((time, i): [number, number] => [time, i])
    .toSorted((a, b) => a[0] - b[0] || a[1] - b[1])
  expect(rowsOf(times, 8)).toEqual(expected)
  expect(rowsOf(times, 10_000)).toEqual(expected)
})

test('nothing of it stays in the temporary folder', () => {
  const before = readdirSync(tmpdir()).filter((name) => name.startsWith('grantlog-reconcile-'))
  const sorter = createSorter(1)
  for (let i = 0; i < 3; i++) sorter.push(Array.from({ length: ROW_WIDTH }, () => i))
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('grantlog-reconcile-'))
  expect(after).toEqual(before)
  sorter.close()
})
