// How often each value of a field occurs among the records that match. See search.test.ts.
import { decodeList } from '@grantlog/record'
import type { Chunk, Column } from '../columns/chunk.ts'
import type { Dictionary } from '../columns/dictionary.ts'
import type { RecordIndex } from '../columns/record-index.ts'
import { columnKinds, type QueryField } from '../language/fields.ts'
import { MAX_FACET_PRINTS, MAX_WHOLE_COUNTS } from '../limits.ts'
import type { Prepared } from './matcher.ts'
import { type Found, sweep } from './sweep.ts'

export interface FacetValue {
  /** A word; null of a fingerprint, whose value a record tells. */
  readonly value: string | null
  readonly count: number
  /** Of a fingerprint: row of a record that has it. */
  readonly example: number | null
}

export interface Facet {
  readonly field: string
  /** The most frequent first. */
  readonly values: readonly FacetValue[]
  /** Further values, and the records that have them. */
  readonly more: number
  readonly moreCount: number
  /** Records without a value. */
  readonly missing: number
}

export interface Facets {
  readonly total: number
  readonly facets: readonly Facet[]
}

interface Counter {
  add(found: Found): void
  done(top: number): Facet
}

/** Counts all fields in one pass. `top`: values told of each. */
export async function countFacets(
  index: RecordIndex,
  prepared: Prepared,
  { fields, top }: { readonly fields: readonly QueryField[]; readonly top: number },
): Promise<Facets> {
  const counters = fields.map((field) => counterOf(field, index))
  let total = 0
  for await (const found of sweep(index, prepared)) {
    total += found.count
    for (const counter of counters) counter.add(found)
  }
  return { total, facets: counters.map((counter) => counter.done(top)) }
}

function counterOf(field: QueryField, index: RecordIndex): Counter {
  const [column = '', other] = field.columns
  if (columnKinds.get(column) === 'fingerprint') return printCounter(field)
  return other === undefined ? wordCounter(field, index) : pairCounter(field, index)
}

/** Of chunks that match whole, by column: counted once, for as long as the chunk lives. */
const wholeCounts = new WeakMap<Chunk, Map<string, Float64Array | ReadonlyMap<number, number>>>()

/** What was counted of a chunk that matches whole, or is now. */
function wholeOf<T extends Float64Array | ReadonlyMap<number, number>>(
  chunk: Chunk,
  name: string,
  count: () => T,
): T {
  const known =
    wholeCounts.get(chunk) ?? new Map<string, Float64Array | ReadonlyMap<number, number>>()
  wholeCounts.set(chunk, known)
  const counted = (known.get(name) as T | undefined) ?? count()
  // Of columns with many words that would be more than the column itself.
  const size = counted instanceof Float64Array ? counted.length : counted.size
  if (size <= MAX_WHOLE_COUNTS) known.set(name, counted)
  return counted
}

/** Whether it is less work to count those that do not match. A growing chunk has no counts. */
function isMost(chunk: Chunk, count: number): boolean {
  return count * 2 > chunk.rows && chunk.isFinished
}

function allRows({ rows }: Chunk): Uint16Array {
  return Uint16Array.from({ length: rows }, (_, row) => row)
}

/** Counts by word; of a list, each of its items. */
function wordCounter(field: QueryField, index: RecordIndex): Counter {
  const [column = ''] = field.columns
  const dictionary = index.dictionary(column)
  let counts = new Float64Array(dictionary.size)
  let missing = 0
  return {
    add({ chunk, count, others, rows }) {
      if (counts.length < dictionary.size) counts = grown(counts, dictionary.size)
      if (isMost(chunk, count)) {
        // All of them, without those that do not match: these are fewer.
        const whole = wholeOf(chunk, column, () => countIds(chunk, column))
        for (let id = 0; id < whole.length; id++) counts[id]! += whole[id]!
        const ids = chunk.column(column)
        if (ids === undefined) counts[0]! -= others().length
        else countEach(ids, others(), counts, -1)
        return
      }
      const ids = chunk.column(column)
      if (ids === undefined) {
        missing += count
        return
      }
      countEach(ids, rows.subarray(0, count), counts)
    },
    done: (top) => {
      const words = wordsCounted(dictionary, counts)
      const values = field.type === 'list' ? itemsCounted(field, words) : words
      return facetOf(field, values, { top, missing: missing + (counts[0] ?? 0) })
    },
  }
}

function* wordsCounted(dictionary: Dictionary, counts: Float64Array): Generator<FacetValue> {
  for (let id = 1; id < counts.length; id++) {
    const count = counts[id] ?? 0
    if (count > 0) yield { value: dictionary.term(id), count, example: null }
  }
}

/** Of lists, each item. */
function itemsCounted(field: QueryField, lists: Iterable<FacetValue>): Iterable<FacetValue> {
  const byItem = new Map<string, FacetValue>()
  for (const { count, value: list } of lists) {
    for (const value of itemsOf(field, list ?? '')) {
      const before = byItem.get(value)?.count ?? 0
      byItem.set(value, { value, count: before + count, example: null })
    }
  }
  return byItem.values()
}

/** Adds `sign` for each row to the count of its id. In whole numbers first: these are fast. */
function countEach(ids: Column, rows: Uint16Array, counts: Float64Array, sign: 1 | -1 = 1): void {
  if (counts.length > MAX_WHOLE_COUNTS) {
    for (let n = 0; n < rows.length; n++) counts[ids[rows[n]!]!]! += sign
    return
  }
  const own = new Uint32Array(counts.length)
  for (let n = 0; n < rows.length; n++) own[ids[rows[n]!]!]!++
  for (let id = 0; id < own.length; id++) counts[id]! += sign * own[id]!
}

function countIds(chunk: Chunk, column: string): Float64Array {
  const ids = chunk.column(column)
  if (ids === undefined) return Float64Array.of(chunk.rows)
  let most = 0
  for (const id of ids) if (id > most) most = id
  const counts = new Float64Array(most + 1)
  for (const id of ids) counts[id]! += 1
  return counts
}

/** A field of two columns: a value counts once for a record that has it in both. */
function pairCounter(field: QueryField, index: RecordIndex): Counter {
  const dictionaries = field.columns.map((column) => index.dictionary(column))
  const pairs = new Map<number, number>()
  if (field.columns.length !== 2) throw new RangeError(`${field.name}: two columns at most`)
  return {
    add(found) {
      const { chunk, count, others, rows } = found
      const add = (ofRows: ReadonlyMap<number, number>, sign: 1 | -1): void => {
        for (const [key, times] of ofRows) pairs.set(key, (pairs.get(key) ?? 0) + sign * times)
      }
      const { columns } = field
      if (isMost(chunk, count)) {
        const all = wholeOf(chunk, columns.join(), () => countPairs(chunk, allRows(chunk), columns))
        add(all, 1)
        add(countPairs(chunk, others(), columns), -1)
      } else add(countPairs(chunk, rows.subarray(0, count), columns), 1)
    },
    done: (top) => {
      const byWord = new Map<string, FacetValue>()
      let missing = 0
      for (const [key, count] of pairs) {
        if (count === 0) continue
        const ids = [Math.floor(key / pairBase), key % pairBase]
        const words = ids.map((id, n) => dictionaries[n]?.term(id) ?? '')
        const items = new Set(words.flatMap((word) => (word ? itemsOf(field, word) : [])))
        if (items.size === 0) missing += count
        for (const value of items) {
          const before = byWord.get(value)?.count ?? 0
          byWord.set(value, { value, count: before + count, example: null })
        }
      }
      return facetOf(field, byWord.values(), { top, missing })
    },
  }
}

/** Ids have at most 20 bits, so that two of them are a whole number. */
const pairBase = 2 ** 26

function countPairs(
  chunk: Chunk,
  rows: Uint16Array,
  columns: readonly string[],
): ReadonlyMap<number, number> {
  const [a, b] = columns.map((column) => chunk.column(column))
  const pairs = new Map<number, number>()
  for (const row of rows) {
    const key = (a?.[row] ?? 0) * pairBase + (b?.[row] ?? 0)
    pairs.set(key, (pairs.get(key) ?? 0) + 1)
  }
  return pairs
}

/** Counts by fingerprint, in the first column of the field that a record has. */
function printCounter(field: QueryField): Counter {
  const prints = new Map<number, { count: number; example: number }>()
  let [missing, more, moreCount] = [0, 0, 0]
  const columnsOf = (chunk: Chunk): Column[] =>
    field.columns.map((column) => chunk.column(column)).filter((one) => one !== undefined)
  return {
    add({ chunk, count, firstRow, rows }) {
      const columns = columnsOf(chunk)
      for (let n = 0; n < count; n++) {
        const row = rows[n]!
        let print = 0
        for (const column of columns) print ||= column[row]!
        if (print === 0) missing++
        else {
          const known = prints.get(print)
          if (known !== undefined) {
            known.count++
            known.example = firstRow + row
          } else if (prints.size < MAX_FACET_PRINTS) {
            prints.set(print, { count: 1, example: firstRow + row })
          } else {
            more = 1
            moreCount++
          }
        }
      }
    },
    done: (top) => {
      const values = Array.from(prints.values(), (found) => ({ value: null, ...found }))
      const facet = facetOf(field, values, { top, missing })
      return { ...facet, more: facet.more + more, moreCount: facet.moreCount + moreCount }
    },
  }
}

function itemsOf({ type }: QueryField, word: string): readonly string[] {
  return type === 'list' ? decodeList(word) : [word]
}

/** Sorts only those that may be told: of a column that strangers fill most are seen once. */
function facetOf(
  { name }: QueryField,
  values: Iterable<FacetValue>,
  { missing, top }: { readonly missing: number; readonly top: number },
): Facet {
  const first = (some: FacetValue[]): FacetValue[] => some.sort(mostFirst).slice(0, top)
  let [seen, count, best] = [0, 0, [] as FacetValue[]]
  let last: FacetValue | undefined
  for (const value of values) {
    seen++
    count += value.count
    if (last !== undefined && mostFirst(value, last) > 0) continue
    best.push(value)
    if (best.length < 2 * top) continue
    best = first(best)
    last = best.at(-1)
  }
  const told = first(best)
  const toldCount = told.reduce((sum, one) => sum + one.count, 0)
  return {
    field: name,
    values: told,
    more: seen - told.length,
    moreCount: count - toldCount,
    missing,
  }
}

function mostFirst(a: FacetValue, b: FacetValue): number {
  return b.count - a.count || compare(a.value, b.value)
}

function compare(a: string | null, b: string | null): number {
  return (a ?? '') < (b ?? '') ? -1 : 1
}

function grown(array: Float64Array<ArrayBuffer>, length: number): Float64Array<ArrayBuffer> {
  const next = new Float64Array(length)
  next.set(array)
  return next
}
