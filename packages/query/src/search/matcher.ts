// A query made ready for the columns of an index: which rows of a chunk match. See search.test.ts.
import { decodeList } from '@grantlog/record'
import { type Chunk, type Column, filterName, furtherName, NUMBER } from '../columns/chunk.ts'
import type { Dictionary } from '../columns/dictionary.ts'
import { decodeDuration } from '../columns/duration.ts'
import { mayHave } from '../columns/filter.ts'
import { fingerprintOf } from '../columns/fingerprint.ts'
import type { RecordIndex } from '../columns/record-index.ts'
import { columnKinds, queryFields, type QueryField } from '../language/fields.ts'
import { patternOf } from '../language/pattern.ts'
import type { Query, Test } from '../language/query.ts'
import { durationOf, numberOf, timeOf } from '../language/values.ts'
import { QueryError } from '../codes.ts'
import { WORDS_AT_ONCE } from '../limits.ts'
import type { Work } from './turns.ts'

/**
 * Sets `mask[row]` to 1 for each row that matches, else to 0, and gives true; or gives false when
 * no row does, and leaves the mask as it may be. The chunk must not grow meanwhile.
 */
export type Matcher = (chunk: Chunk, mask: Uint8Array) => Work<boolean>

/** One that takes so short that nobody waits for it: a look at each row. */
type Look = (chunk: Chunk, mask: Uint8Array) => boolean

/** Whether a chunk can hold a match at all: most queries are about a time. */
export interface Prepared {
  readonly match: Matcher
  readonly mayMatch: (chunk: Chunk) => boolean
  /** What the query says of the time of receipt, Unix milliseconds. */
  readonly fromMs: number
  readonly toMs: number
}

/** `now`: what relative times count from, Unix milliseconds. */
export function prepare(query: Query, index: RecordIndex, now: number): Prepared {
  const { from: fromMs, to: toMs } = timesOf(query, now)
  const mayMatch = (chunk: Chunk): boolean => chunk.toMs >= fromMs && chunk.fromMs < toMs
  return { match: matcherOf(query, index, now), mayMatch, fromMs, toMs }
}

function matcherOf(query: Query, index: RecordIndex, now: number): Matcher {
  if ('all' in query) return allOf(query.all.map((part) => matcherOf(part, index, now)))
  if ('any' in query) return anyOf(query.any.map((part) => matcherOf(part, index, now)))
  if ('not' in query) return notOf(matcherOf(query.not, index, now))
  if ('text' in query) return textMatcher(query.text, index)
  const field = queryFields.get(query.field)
  if (field === undefined) throw new QueryError('QUERY_FIELD_UNKNOWN', query.field)
  return anyOf(query.tests.flatMap((test) => matchersOf(field, test, { index, now })))
}

/** One for each column that the field looks at. */
function matchersOf(
  field: QueryField,
  test: Test,
  { index, now }: { readonly index: RecordIndex; readonly now: number },
): Matcher[] {
  if (field.type === 'time') return [looking(timeMatcher(field, test, now))]
  if (field.type === 'duration') {
    const micros = (text: string): number => Math.round(durationOf(text) * 1_000)
    const within = rangeOf(test, micros)
    const holds = (stored: number): boolean => within(decodeDuration(stored))
    return [looking(rangeMatcher(NUMBER.DURATION, () => 0, holds))]
  }
  if (field.type === 'number') {
    const within = rangeOf(test, numberOf)
    return [looking(rangeMatcher(NUMBER.INDEX, ({ firstIndex }) => firstIndex, within))]
  }
  return field.columns.map((column) => {
    if (columnKinds.get(column) === 'fingerprint') return looking(fingerprintMatcher(column, test))
    return wordMatcher(column, index.dictionary(column), holdsFor(field, test))
  })
}

function looking(look: Look): Matcher {
  // eslint-disable-next-line require-yield
  return function* (chunk, mask) {
    return look(chunk, mask)
  }
}

/** Whether a word of a column passes a test. */
function holdsFor({ type }: QueryField, test: Test): (word: string) => boolean {
  const one = wordTest(test)
  return type === 'list' ? (word) => decodeList(word).some(one) : one
}

function wordTest(test: Test): (word: string) => boolean {
  if ('is' in test) return (word) => word === test.is
  if ('has' in test) return () => true
  if ('like' in test) {
    const pattern = patternOf(test.like)
    return (word) => pattern.test(word)
  }
  const within = rangeOf(test, numberOf)
  return (word) => within(numberOf(word))
}

/**
 * The words are tested once, those that are new when a chunk comes; then rows only look it up. What
 * is learned while others have their turn is not waited for: the chunk has none of it.
 */
function wordMatcher(
  column: string,
  dictionary: Dictionary,
  holds: (word: string) => boolean,
): Matcher {
  let passes = new Uint8Array(0)
  let learned = 1
  let some = false
  function* learn(size: number): Work<void> {
    while (learned < size) {
      const end = Math.min(learned + WORDS_AT_ONCE, size)
      if (passes.length < end) passes = grown(passes, size)
      for (; learned < end; learned++) {
        passes[learned] = holds(dictionary.term(learned)) ? 1 : 0
        some ||= passes[learned] === 1
      }
      yield
    }
  }
  return function* (chunk, mask) {
    yield* learn(dictionary.size)
    const ids = some ? chunk.column(column) : undefined
    if (ids === undefined) return false
    for (let row = 0; row < chunk.rows; row++) mask[row] = passes[ids[row]!]!
    return true
  }
}

function grown(array: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(length)
  next.set(array)
  return next
}

function fingerprintMatcher(column: string, test: Test): Look {
  const wanted = 'is' in test ? fingerprintOf(test.is) : null
  return (chunk, mask) => {
    const filter = chunk.column(filterName(column))
    if (filter instanceof Uint8Array && wanted !== null && !mayHave(filter, wanted)) return false
    const prints = chunk.column(column)
    if (prints === undefined) return false
    if (wanted === null) {
      for (let row = 0; row < chunk.rows; row++) mask[row] = prints[row] === 0 ? 0 : 1
      return true
    }
    const further = chunk.column(furtherName(column)) ?? []
    const rows = [...rowsOf(prints, wanted), ...rowsAmong(further, wanted)]
    if (rows.length === 0) return false
    mask.fill(0, 0, chunk.rows)
    for (const row of rows) mask[row] = 1
    return true
  }
}

/** `indexOf` looks through numbers several times as fast as a loop of ours. */
function* rowsOf(prints: Column, wanted: number): Generator<number, void, void> {
  for (let row = prints.indexOf(wanted); row >= 0; row = prints.indexOf(wanted, row + 1)) yield row
}

function* rowsAmong(
  pairs: { readonly length: number; readonly [n: number]: number },
  wanted: number,
): Generator<number, void, void> {
  for (let n = 0; n < pairs.length; n += 2) if (pairs[n + 1] === wanted) yield pairs[n]!
}

function rangeMatcher(
  column: string,
  base: (chunk: Chunk) => number,
  within: (value: number) => boolean,
): Look {
  return (chunk, mask) => {
    const [values, first] = [chunk.column(column), base(chunk)]
    for (let row = 0; row < chunk.rows; row++) {
      mask[row] = within(first + (values?.[row] ?? 0)) ? 1 : 0
    }
    return true
  }
}

function timeMatcher({ name }: QueryField, test: Test, now: number): Look {
  const at = 'is' in test ? timeOf(test.is, now) : NaN
  const within = name === 'before' ? (time: number) => time < at : (time: number) => time >= at
  return (chunk, mask) => {
    // Times ascend: of a chunk on one side of the edge nothing has to be read.
    if (within(chunk.fromMs) === within(chunk.toMs)) {
      mask.fill(1, 0, chunk.rows)
      return within(chunk.fromMs)
    }
    const times = chunk.column(NUMBER.RECEIVED)
    for (let row = 0; row < chunk.rows; row++) {
      mask[row] = within(chunk.fromMs + (times?.[row] ?? 0)) ? 1 : 0
    }
    return true
  }
}

function rangeOf(test: Test, read: (text: string) => number): (value: number) => boolean {
  if ('is' in test) {
    const exact = read(test.is)
    return (value) => value === exact
  }
  if ('has' in test || 'like' in test) return () => true
  const edge = (text: string | undefined, none: number): number =>
    text === undefined ? none : read(text)
  const [above, below] = [edge(test.above, -Infinity), edge(test.below, Infinity)]
  const [from, to] = [edge(test.from, -Infinity), edge(test.to, Infinity)]
  return (value) => value > above && value >= from && value <= to && value < below
}

/** A word anywhere: in any case, as a part of any of the words; ids and hashes only whole. */
function textMatcher(text: string, index: RecordIndex): Matcher {
  const wanted = text.toLowerCase()
  const holds = (word: string): boolean => word.toLowerCase().includes(wanted)
  const parts = Array.from(columnKinds, ([column, kind]) => {
    if (kind === 'words') return wordMatcher(column, index.dictionary(column), holds)
    return looksLikeId(text) ? looking(fingerprintMatcher(column, { is: text })) : null
  })
  return anyOf(parts.filter((part) => part !== null))
}

/** Columns of ids are large, so they are only read for what can be one. */
function looksLikeId(text: string): boolean {
  return text.length >= 6 && /[\d@]/.test(text) && !/\s/.test(text)
}

function allOf(parts: readonly Matcher[]): Matcher {
  const [first, ...others] = parts
  if (first === undefined) return looking(everyRow)
  if (others.length === 0) return first
  return function* (chunk, mask) {
    if (!(yield* first(chunk, mask))) return false
    // Its own: another sweep may be in here while this one has given way.
    const scratch = new Uint8Array(chunk.rows)
    for (const part of others) {
      yield
      if (!(yield* part(chunk, scratch))) return false
      for (let row = 0; row < chunk.rows; row++) mask[row]! &= scratch[row]!
    }
    return true
  }
}

function everyRow({ rows }: Chunk, mask: Uint8Array): boolean {
  mask.fill(1, 0, rows)
  return true
}

function anyOf(parts: readonly Matcher[]): Matcher {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  return function* (chunk, mask) {
    let scratch: Uint8Array | null = null
    for (const part of parts) {
      yield
      if (!(yield* part(chunk, scratch ?? mask))) continue
      if (scratch === null) scratch = new Uint8Array(chunk.rows)
      else for (let row = 0; row < chunk.rows; row++) mask[row]! |= scratch[row]!
    }
    return scratch !== null
  }
}

function notOf(part: Matcher): Matcher {
  return function* (chunk, mask) {
    if (!(yield* part(chunk, mask))) return everyRow(chunk, mask)
    for (let row = 0; row < chunk.rows; row++) mask[row]! ^= 1
    return true
  }
}

/** What must hold of the time, whatever else does. */
function timesOf(query: Query, now: number): { readonly from: number; readonly to: number } {
  if ('all' in query) {
    const parts = query.all.map((part) => timesOf(part, now))
    const from = Math.max(-Infinity, ...parts.map((part) => part.from))
    return { from, to: Math.min(Infinity, ...parts.map((part) => part.to)) }
  }
  if ('field' in query && query.tests.length === 1) {
    const [test] = query.tests
    const at = test !== undefined && 'is' in test ? timeOf(test.is, now) : NaN
    if (query.field === 'after' && !Number.isNaN(at)) return { from: at, to: Infinity }
    if (query.field === 'before' && !Number.isNaN(at)) return { from: -Infinity, to: at }
  }
  return { from: -Infinity, to: Infinity }
}
