// Guarantee: however much a query asks for, others get their turn, and what comes meanwhile makes
// no answer wrong.
import { expect, jest, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import { crowd } from '../../test/crowd.ts'
import { unitFrom } from '../../test/random.ts'
import { NUMBER } from '../columns/chunk.ts'
import { RecordIndex } from '../columns/record-index.ts'
import { memoryStore } from '../columns/store.ts'
import { columnKinds } from '../language/fields.ts'
import { parseQuery } from '../language/parse.ts'
import { MAX_QUERY_TERMS, TURN_MS, WORDS_AT_ONCE } from '../limits.ts'
import type { LedgerRecord } from '../records.ts'
import { prepare } from './matcher.ts'
import { sweep } from './sweep.ts'
import type { TurnClock } from './turns.ts'

/** Every record is of another client; no two chunks have theirs in the same order. */
const records = [...crowd(3_000, unitFrom(5))].map((record, n): LedgerRecord => {
  const client = `client ${n % 7 < 3 ? 'red' : 'blue'} ${n}`
  return { ...record, attributes: new Map([...record.attributes, [ATTR.OAUTH_CLIENT_ID, client]]) }
})

function indexOf(some: readonly LedgerRecord[]): RecordIndex {
  const index = new RecordIndex(memoryStore(), { chunkRows: 1_000 })
  index.add(0, some)
  return index
}

const ready = (query: string, index: RecordIndex) => prepare(parseQuery(query), index, 0)

/** Rows found, when the clock says so. */
async function rowsFound(
  index: RecordIndex,
  prepared: ReturnType<typeof ready>,
  clock: TurnClock,
): Promise<number[]> {
  const found: number[] = []
  for await (const { count, firstRow, rows } of sweep(index, prepared, { clock })) {
    for (const row of rows.subarray(0, count)) found.push(firstRow + row)
  }
  return found
}

/** One by which no time goes by. */
const idle: TurnClock = { now: () => 0, giveWay: () => Promise.resolve() }

/** A clock by which every look is the end of a slice. */
function hurried(giveWay: () => Promise<unknown>): TurnClock {
  let ms = 0
  return { now: () => (ms += TURN_MS), giveWay }
}

test('a query over all words of all columns gives way again and again', async () => {
  const index = indexOf(records)
  let [words, most, turns, ms] = [0, 0, 0, 0]
  for (const [column, kind] of columnKinds) {
    if (kind !== 'words') continue
    const dictionary = index.dictionary(column)
    const term = dictionary.term.bind(dictionary)
    jest.spyOn(dictionary, 'term').mockImplementation((id) => {
      most = Math.max(most, ++words)
      return term(id)
    })
  }
  const clock = {
    now: () => {
      words = 0
      return ms++
    },
    giveWay: () => Promise.resolve(turns++),
  }
  const terms = Array.from({ length: MAX_QUERY_TERMS }, (_, n) => `none-${n}`)
  expect(await rowsFound(index, ready(terms.join(' OR '), index), clock)).toEqual([])
  expect(most).toBe(WORDS_AT_ONCE)
  // A look at the clock, here a millisecond, after each part of the work.
  const parts = MAX_QUERY_TERMS * (records.length / WORDS_AT_ONCE)
  expect(turns).toBeGreaterThan(Math.floor(parts / TURN_MS))
})

test('so does one over many chunks with few words', async () => {
  const index = new RecordIndex(memoryStore(), { chunkRows: 10 })
  index.add(0, records)
  let turns = 0
  await rowsFound(
    index,
    ready('', index),
    hurried(() => Promise.resolve(turns++)),
  )
  expect(turns).toBe(records.length / 10)
})

test.each(['red', 'client:"client red *" OR outcome:denied', '-red client:* OR (blue -7)'])(
  'what comes meanwhile is found whole or not at all: %s',
  async (query) => {
    const [before, after] = [records.slice(0, 1_500), records.slice(1_500, 1_900)]
    const index = indexOf(before)
    const coming = after.values()
    let looked = 0
    const clock = hurried(async () => {
      // Only while the chunk is looked through that grows.
      const next = looked === 0 ? undefined : coming.next().value
      if (next) index.add(index.nextFrame, [next])
    })
    const prepared = ready(query, index)
    const found: number[] = []
    for await (const { chunk, count, firstRow, rows } of sweep(index, prepared, { clock })) {
      looked = firstRow + chunk.rows
      expect(chunk.column(NUMBER.INDEX)).toHaveLength(chunk.rows)
      for (const row of rows.subarray(0, count)) found.push(firstRow + row)
    }
    expect(index.rows).toBeGreaterThan(before.length)
    // It does not go after what comes, or it might never end.
    expect(index.rows).toBeLessThan(before.length + after.length)
    const still = indexOf(records.slice(0, looked))
    expect(found).toEqual(await rowsFound(still, ready(query, still), idle))
  },
)

test('one prepared query serves two sweeps at once', async () => {
  const index = indexOf(records)
  const query = '(red outcome:denied -9) OR (blue outcome:failure)'
  const prepared = ready(query, index)
  const alone = await rowsFound(index, ready(query, index), idle)
  const both = [0, 1].map(() =>
    rowsFound(
      index,
      prepared,
      hurried(() => Promise.resolve()),
    ),
  )
  expect(await Promise.all(both)).toEqual([alone, alone])
  expect(alone.length).toBeGreaterThan(10)
})
