// What is told of newer rows: each once, in order, and how many are left out.
import { expect, test } from '@jest/globals'
import { crowd } from '../../test/crowd.ts'
import { unitFrom } from '../../test/random.ts'
import { RecordIndex } from '../columns/record-index.ts'
import { memoryStore } from '../columns/store.ts'
import { parseQuery } from '../language/parse.ts'
import { prepare } from './matcher.ts'
import { newerRows } from './newer.ts'

const records = [...crowd(1_000, unitFrom(9))]

test('records that come by and by are told once each', async () => {
  const index = new RecordIndex(memoryStore(), { chunkRows: 70 })
  const prepared = prepare(parseQuery('outcome:denied'), index, 0)
  const told: number[] = []
  let fromRow = 0
  for (const [frame, record] of records.entries()) {
    index.add(frame, [record])
    if (frame % 37 !== 0 && frame !== records.length - 1) continue
    const { left, next, rows } = await newerRows(index, prepared, { fromRow, most: 100 })
    expect(left).toBe(0)
    told.push(...rows)
    fromRow = next
  }
  const isDenied = (row: number): boolean =>
    records[row]?.attributes.get('audit.outcome') === 'denied'
  expect(told).toEqual(records.map((_, row) => row).filter(isDenied))
  expect(await newerRows(index, prepared, { fromRow, most: 100 })).toMatchObject({ rows: [] })
})

test('of too many the newest are told', async () => {
  const index = new RecordIndex(memoryStore(), { chunkRows: 70 })
  index.add(0, records)
  const prepared = prepare(parseQuery(''), index, 0)
  for (const [most, left] of [
    [999, 1],
    [1_000, 0],
    [7, 993],
  ] as const) {
    const found = await newerRows(index, prepared, { fromRow: 0, most })
    expect(found).toMatchObject({ left, next: 1_000 })
    expect([found.rows.length, found.rows.at(-1)]).toEqual([most, 999])
  }
})
