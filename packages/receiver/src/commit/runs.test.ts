import { expect, test } from '@jest/globals'
import { runsOf } from './runs.ts'

const record = (seq: number, index: number, receivedAt = 1) => ({ seq, index, receivedAt })
const ranges = (records: Parameters<typeof runsOf>[0]): string[] =>
  runsOf(records).map((run) => `${run.firstSeq}-${run.lastSeq}@${run.firstIndex}-${run.lastIndex}`)

test('records with consecutive numbers and indexes are one run', () => {
  expect(ranges([record(3, 10), record(4, 11), record(5, 12)])).toEqual(['3-5@10-12'])
  expect(ranges([])).toEqual([])
})

test('a hole in the numbers, in the indexes, or another time begins a new run', () => {
  expect(ranges([record(3, 10), record(5, 11)])).toEqual(['3-3@10-10', '5-5@11-11'])
  expect(ranges([record(3, 10), record(4, 12)])).toEqual(['3-3@10-10', '4-4@12-12'])
  expect(ranges([record(3, 10), record(4, 11, 2)])).toEqual(['3-3@10-10', '4-4@11-11'])
})
