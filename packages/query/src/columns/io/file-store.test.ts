// What an index keeps on disk: it comes back after a restart, says nothing to who has no key, and
// is begun anew when it cannot be read.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { crowd } from '../../../test/crowd.ts'
import { unitFrom } from '../../../test/random.ts'
import { parseQuery } from '../../language/parse.ts'
import { findPage } from '../../search/find.ts'
import { prepare } from '../../search/matcher.ts'
import { RecordIndex } from '../record-index.ts'
import { openFileStore } from './file-store.ts'

const key = new Uint8Array(32).fill(5)
const origin = 'log.example.com/grantlog'
const records = [...crowd(1_000, unitFrom(3))]
const chunkRows = 300

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'grantlog-index-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function open(options: Partial<Parameters<typeof openFileStore>[0]> = {}): RecordIndex {
  return new RecordIndex(openFileStore({ folder, key, origin, ...options }), { chunkRows })
}

/** Records of commits `from` to before `to`, of 10 each. */
function fill(index: RecordIndex, from: number, to: number): void {
  for (let frame = from; frame < to; frame++)
    index.add(frame, records.slice(frame * 10, frame * 10 + 10))
}

async function found(index: RecordIndex, query: string): Promise<number[]> {
  const request = { limit: 2_000, order: 'oldest', behind: null } as const
  const { rows } = await findPage(index, prepare(parseQuery(query), index, 0), request)
  return rows.map((row) => index.place(row).index)
}

const queries = ['', 'client:über', 'scope:admin*', 'user:u-7', 'token:t1.AAAAAAAAAAAAAAAAAAAA31']

test('an index is the same after each restart, wherever in a chunk or commit it came', async () => {
  const whole = open({ folder: join(folder, 'whole') })
  fill(whole, 0, 100)
  for (const stop of [1, 7, 30, 31, 64, 65, 100]) {
    const index = open()
    // The last commit comes again: it may have been cut by the end of a chunk.
    fill(index, index.nextFrame, stop)
    index.close()
  }
  const index = open()
  expect(index.rows).toBe(1_000)
  expect([...index.chunks()].map(({ chunk }) => chunk.rows)).toEqual([300, 300, 300, 100])
  for (const query of queries) expect(await found(index, query)).toEqual(await found(whole, query))
  for (const column of ['oauth.client.id', 'oauth.scope.granted']) {
    const words = index.dictionary(column).after(1)
    expect(words).toEqual(whole.dictionary(column).after(1))
  }
  index.close()
  whole.close()
})

test('what was not kept before a crash is read again', async () => {
  const index = open()
  fill(index, 0, 65)
  // No close: only the chunks that were full are there.
  const again = open()
  expect(again.rows).toBe(600)
  fill(again, again.nextFrame, 100)
  expect(again.rows).toBe(1_000)
  expect(await found(again, 'user:u-7')).toHaveLength(
    records.filter(({ attributes }) => attributes.get('user.id') === 'u-7').length,
  )
})

test('nothing of a record is on disk in clear', () => {
  const index = open()
  fill(index, 0, 100)
  index.close()
  const bytes = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  const all = bytes.join('')
  expect(all.length).toBeGreaterThan(5_000)
  for (const word of ['orders:read', 'Worker', 'u-7', 'p1.AAAA', 'oauth.resource_access']) {
    expect(all).not.toContain(word)
  }
})

test.each([
  ['another key', { key: new Uint8Array(32).fill(6) }],
  ['another log', { origin: 'log.example.com/other' }],
])('with %s it is begun anew', (_, options) => {
  const index = open()
  fill(index, 0, 100)
  index.close()
  expect(open(options).rows).toBe(0)
})

test('a damaged file is begun anew', () => {
  const index = open()
  fill(index, 0, 100)
  index.close()
  writeFileSync(
    join(folder, 'records.db'),
    'no database at all, and long enough to be one'.repeat(99),
  )
  expect(open().rows).toBe(0)
})
