// Claims on exports: the records that match, oldest first, whole; the hash is that of the bytes;
// it can be ended.
import { expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { crowd } from '../../test/crowd.ts'
import { unitFrom } from '../../test/random.ts'
import { RecordIndex } from '../columns/record-index.ts'
import { memoryStore } from '../columns/store.ts'
import { parseQuery } from '../language/parse.ts'
import { exportRecords, type ExportOptions } from './export.ts'

const records = [...crowd(2_000, unitFrom(5))]
const index = new RecordIndex(memoryStore(), { chunkRows: 300 })
for (const [frame, record] of records.entries()) index.add(frame, [record])
const reading = {
  index,
  records: {
    record: ({ frame }: { readonly frame: number }) => Promise.resolve(records[frame] ?? null),
  },
}

async function exported(query: string, more: Partial<ExportOptions> = {}) {
  const parts: Uint8Array[] = []
  const write = (part: Uint8Array): void => void parts.push(part)
  const asked = { reading, query: parseQuery(query), format: 'ndjson', now: 0, write } as const
  const told = await exportRecords({ ...asked, ...more })
  return { told, parts, bytes: Buffer.concat(parts) }
}

test('what matches is there, in order of the log', async () => {
  const expected = records.filter((one) => one.attributes.get('audit.outcome') === 'denied')
  const { bytes, parts, told } = await exported('outcome:denied')
  const lines = bytes.toString().split('\n').slice(0, -1)
  const indexes = lines.map((line) => (JSON.parse(line) as { index: number }).index)
  expect(indexes).toEqual(expected.map((one) => one.index))
  expect(parts.length).toBeGreaterThan(1)
  expect(told).toEqual({
    records: expected.length,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    firstIndex: expected[0]?.index,
    lastIndex: expected.at(-1)?.index,
  })
  expect(bytes.toString()).not.toContain('"u-')
  expect((await exported('', { showPersonal: true })).bytes.toString()).toContain('"u-')
})

test('nothing is an export too', async () => {
  const { bytes, told } = await exported('client:nobody', { format: 'csv' })
  expect(bytes.toString()).toMatch(/^index,.*\r\n$/)
  expect(told).toMatchObject({ records: 0, firstIndex: null, lastIndex: null })
})

test('it tells how far it is, and ends when it is told to', async () => {
  const ending = new AbortController()
  const seen: [number, number][] = []
  const onProgress = (done: number, total: number): void => {
    seen.push([done, total])
    if (done === 10) ending.abort(new Error('enough'))
  }
  const { signal } = ending
  await expect(exported('', { onProgress, signal })).rejects.toThrow('enough')
  expect(seen.at(-1)).toEqual([10, 2_000])
})
