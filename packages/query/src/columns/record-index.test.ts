// An index whose store fails or lies: nothing that it says is wrong for that.
import { expect, test } from '@jest/globals'
import { crowd } from '../../test/crowd.ts'
import { unitFrom } from '../../test/random.ts'
import { QueryError } from '../codes.ts'
import { columnKinds } from '../language/fields.ts'
import { parseQuery } from '../language/parse.ts'
import { findPage } from '../search/find.ts'
import { prepare } from '../search/matcher.ts'
import type { Column } from './chunk.ts'
import { OVERFLOW } from './dictionary.ts'
import { RecordIndex } from './record-index.ts'
import { type ChunkStore, memoryStore } from './store.ts'

const records = [...crowd(1_000, unitFrom(3))]
const chunkRows = 300
const queries = ['', 'client:web', 'outcome:denied', 'action:oauth.login', 'user:u-7', 'kid:kid']

async function counts(index: RecordIndex): Promise<number[]> {
  const totals: number[] = []
  for (const query of queries) {
    const request = { limit: 1, order: 'oldest', behind: null } as const
    totals.push((await findPage(index, prepare(parseQuery(query), index, 0), request)).total)
  }
  return totals
}

function fill(index: RecordIndex): void {
  for (let frame = 0; frame < 100; frame++) {
    const commit = records.slice(frame * 10, frame * 10 + 10)
    try {
      index.add(frame, commit)
    } catch {
      // As the next look at the ledger does.
      index.add(frame, commit)
    }
  }
}

/** A store of which one `keep` fails: a disk that was full for a moment. */
function failingOnce(store: ChunkStore, failing: number): ChunkStore {
  let calls = 0
  return {
    ...store,
    keep: (chunk) => {
      calls++
      if (calls === failing) throw new Error('no space left')
      store.keep(chunk)
    },
  }
}

test.each([1, 2, 3])(
  'what was kept at the second try is whole, the %i. of the chunks',
  async (at) => {
    const sound = new RecordIndex(memoryStore(), { chunkRows })
    fill(sound)
    const store = memoryStore()
    const index = new RecordIndex(failingOnce(store, at), { chunkRows })
    index.addKey({ kid: 'kid', index: 0, frame: 0 })
    fill(index)
    expect(await counts(index)).toEqual(await counts(sound))
    index.close()
    const again = new RecordIndex(store, { chunkRows })
    expect(await counts(again)).toEqual(await counts(sound))
    expect(again.keyBefore('kid', 9)).not.toBeNull()
  },
)

test('an index that cannot be read is begun anew, whichever chunk it is', () => {
  const store = memoryStore()
  const index = new RecordIndex(store, { chunkRows })
  fill(index)
  index.close()
  const damaged: ChunkStore = {
    ...store,
    *terms() {
      yield* [...store.terms()].slice(0, 1)
      throw new QueryError('QUERY_INDEX_DAMAGED')
    },
  }
  const again = new RecordIndex(damaged, { chunkRows })
  expect([again.rows, again.nextFrame, store.chunks.length]).toEqual([0, 0, 0])
})

test('memory of a chunk serves the next one, unless somebody looks at it', () => {
  const index = new RecordIndex(memoryStore(), { chunkRows })
  let shown: { readonly column: Column; readonly copy: Column } | undefined
  for (const [n, record] of records.entries()) {
    index.add(n, [record])
    // Of the second chunk only.
    if (n === chunkRows + 10) {
      const column = [...index.chunks()].at(-1)!.chunk.column('oauth.client.id')!
      shown = { column, copy: column.slice() }
    }
  }
  expect(shown!.column).toEqual(shown!.copy)
  const fresh = new RecordIndex(memoryStore(), { chunkRows: records.length })
  fresh.add(0, records)
  const names = [...columnKinds.keys()]
  const cells = (of: RecordIndex) =>
    records.map((_, row) => names.map((column) => of.cell(row, column)))
  expect(cells(index)).toEqual(cells(fresh))
})

test('a column has so many characters of words, then they are told as more', () => {
  const index = new RecordIndex(memoryStore())
  const dictionary = index.dictionary('oauth.client.id')
  const word = (n: number): string => `${n}`.padEnd(1_024, 'x')
  let [last, count] = [0, 0]
  for (; count < 20_000 && dictionary.term(last) !== OVERFLOW; count++)
    last = dictionary.idOf(word(count))
  expect(count).toBeGreaterThan(16_000)
  expect(dictionary.term(dictionary.idOf('another'))).toBe(OVERFLOW)
  expect(dictionary.term(dictionary.idOf(word(1)))).toBe(word(1))
})
