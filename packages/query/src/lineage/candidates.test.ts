// By the index a lineage is what it is by reading the whole ledger, whatever it begins with.
import { expect, test } from '@jest/globals'
import { life, others } from '../../test/processes.ts'
import { recordsOf } from '../../test/producer.ts'
import { RecordIndex } from '../columns/record-index.ts'
import { memoryStore } from '../columns/store.ts'
import type { LedgerRecord } from '../records.ts'
import { candidatesOf } from './candidates.ts'
import { grantKeys, sessionsOf } from './keys.ts'
import { lineageOf } from './lineage.ts'

async function* each(records: readonly LedgerRecord[]): AsyncGenerator<LedgerRecord> {
  yield* records
}

const records = await recordsOf([...life, ...others])
const index = new RecordIndex(memoryStore(), { chunkRows: 8 })
for (const [frame, record] of records.entries()) index.add(frame, [record])
let reads = 0
const source = {
  index,
  records: {
    record: ({ frame }: { readonly frame: number }) => {
      reads++
      return Promise.resolve(records[frame] ?? null)
    },
  },
}
const now = 1_795_467_100_000
const targets = [
  ...records.map((record) => String(record.index)),
  ...records.map(({ leaf }) => leaf.id),
  ...new Set(records.flatMap((record) => [...grantKeys(record), ...sessionsOf(record)])),
]

test.each(targets)('%s', async (target) => {
  const whole = await lineageOf({ records: () => each(records), target, now })
  const found = await candidatesOf(source, target)
  expect(await lineageOf({ records: () => each(found), target, now })).toEqual(whole)
})

test('what belongs to nobody asked for is not read', async () => {
  reads = 0
  await candidatesOf(source, 't1.nobody')
  expect(reads).toBe(0)
})
