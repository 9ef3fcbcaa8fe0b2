// By the index a lineage is what it is by reading the whole ledger, whatever it begins with.
import { expect, test } from '@jest/globals'
import { life, others } from '../../test/processes.ts'
import { recordsOf, type Telling } from '../../test/producer.ts'
import { RecordIndex } from '../columns/record-index.ts'
import { memoryStore } from '../columns/store.ts'
import { MAX_LINEAGE_CANDIDATES } from '../limits.ts'
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
  expect(found.isCut).toBe(false)
  expect(await lineageOf({ records: () => each(found.records), target, now })).toEqual(whole)
})

test('what belongs to nobody asked for is not read', async () => {
  reads = 0
  await candidatesOf(source, 't1.nobody')
  expect(reads).toBe(0)
})

test('of a user with any number of records it is the log-in that it began with', async () => {
  const who = { 'user.hash': 'p1.ada', 'oauth.client.id': 'web' }
  const token = { ...who, 'oauth.token.hash': 't1.new', 'oauth.grant.id_hash': 'p1.new' }
  const flood = Array.from({ length: MAX_LINEAGE_CANDIDATES + 10 }, (_, at): Telling => {
    return {
      at,
      action: 'oauth.resource_access',
      attributes: { ...who, 'oauth.token.hash': 't1.o' },
    }
  })
  const after = flood.length
  const own = await recordsOf([
    { at: after - 500, action: 'oauth.login', attributes: who },
    ...flood,
    { at: after, action: 'oauth.login', attributes: who },
    { at: after + 1, action: 'oauth.token', attributes: token },
  ])
  const flooded = new RecordIndex(memoryStore())
  for (const [frame, record] of own.entries()) flooded.add(frame, [record])
  const record = ({ frame }: { readonly frame: number }) => Promise.resolve(own[frame] ?? null)
  const found = await candidatesOf({ index: flooded, records: { record } }, 't1.new')
  expect(found.isCut).toBe(false)
  const { cut, nodes } = await lineageOf({ records: () => each(found.records), target: 't1.new' })
  expect(nodes.map(({ index }) => index)).toEqual(own.slice(-2).map(({ index }) => index))
  expect(cut).toBe(false)
})

test('what is more than can be looked at is told', async () => {
  const attributes = { 'oauth.token.hash': 't1.hot' }
  const uses = Array.from({ length: MAX_LINEAGE_CANDIDATES + 1 }, (_, at): Telling => {
    return { at, action: 'oauth.userinfo', attributes }
  })
  const own = await recordsOf(uses)
  const hot = new RecordIndex(memoryStore())
  for (const [frame, record] of own.entries()) hot.add(frame, [record])
  const record = ({ frame }: { readonly frame: number }) => Promise.resolve(own[frame] ?? null)
  const found = await candidatesOf({ index: hot, records: { record } }, 't1.hot')
  expect(found.isCut).toBe(true)
  const options = { records: () => each(found.records.slice(0, 1)), target: 't1.hot' }
  expect(await lineageOf({ ...options, isCut: true })).toMatchObject({ cut: true })
})
