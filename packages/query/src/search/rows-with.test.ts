// Guarantee: of more rows than are asked for the newest or the oldest are given, in their order,
// and it is told that there are more; in chunks of any size.
import { expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import { recordsOf } from '../../test/producer.ts'
import { RecordIndex } from '../columns/record-index.ts'
import { memoryStore } from '../columns/store.ts'
import { rowsWith } from './rows-with.ts'

const records = await recordsOf(
  Array.from({ length: 20 }, (_, at) => ({
    ...{ at, action: 'oauth.resource_access' },
    attributes: { [ATTR.OAUTH_TOKEN_HASH]: at % 4 === 3 ? 't1.other' : 't1.hot' },
  })),
)

function indexOf(chunkRows: number): RecordIndex {
  const index = new RecordIndex(memoryStore(), { chunkRows })
  for (const [frame, record] of records.entries()) index.add(frame, [record])
  return index
}

const all = Array.from({ length: 20 }, (_, row) => row).filter((row) => row % 4 !== 3)

test.each([3, 8, 64])('in chunks of %i rows', async (chunkRows) => {
  const index = indexOf(chunkRows)
  const found = (most: number, kept: 'newest' | 'oldest') =>
    rowsWith(index, [ATTR.OAUTH_TOKEN_HASH], { values: ['t1.hot'], most, kept })
  for (const kept of ['newest', 'oldest'] as const) {
    expect(await found(100, kept)).toEqual({ rows: all, isCut: false })
    expect(await found(15, kept)).toEqual({ rows: all, isCut: false })
  }
  expect(await found(4, 'newest')).toEqual({ rows: all.slice(-4), isCut: true })
  expect(await found(4, 'oldest')).toEqual({ rows: all.slice(0, 4), isCut: true })
})

test('only rows for which it is true count', async () => {
  const where = (row: number): boolean => row >= 10
  const request = { values: ['t1.hot'], most: 3, kept: 'oldest', where } as const
  const found = await rowsWith(indexOf(8), [ATTR.OAUTH_TOKEN_HASH], request)
  expect(found).toEqual({ rows: [10, 12, 13], isCut: true })
})
