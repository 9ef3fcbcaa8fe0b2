// From rows of a commit to rows of the index, column by column. What becomes of a value, its word's
// number or its fingerprint, is worked out once, however many records say it. What it gives is what
// addRow gives: test/flow/index-rows.test.ts compares the two.
import { columnOf, type CommitRows, traceColumn, valueNumbersMax } from '@grantlog/ledger'
import { ATTR, decodeList, listAttributes } from '@grantlog/record'
import { COLUMN, columnKinds } from '../language/fields.ts'
import { NUMBER, type OpenChunk } from './chunk.ts'
import { encodeDuration } from './duration.ts'
import type { DictionaryOf } from './extract.ts'
import { fingerprintOf } from './fingerprint.ts'

/** What is known of a list. */
const [unknown, one, several] = [0, 1, 2]

/** A column of the index that is an attribute's, and where the attribute is. */
interface Target {
  readonly name: string
  readonly from: number
  readonly isWord: boolean
  readonly isList: boolean
}

const targets: readonly Target[] = [...columnKinds].flatMap(([name, kind]) => {
  const from = columnOf(name)
  if (from === undefined) return []
  return [{ name, from, isWord: kind === 'words', isList: listAttributes.has(name) }]
})
const at = {
  id: columnOf(ATTR.AUDIT_RECORD_ID)!,
  route: columnOf(ATTR.HTTP_ROUTE)!,
  method: columnOf(ATTR.HTTP_REQUEST_METHOD)!,
  code: columnOf(ATTR.OAUTH_ERROR_CODE)!,
  type: columnOf(ATTR.ERROR_TYPE)!,
}

/** Rows of a commit, from one on, and where in the chunk they belong. */
interface Span {
  readonly rows: CommitRows
  readonly chunk: OpenChunk
  readonly count: number
  readonly from: number
  readonly to: number
}

/** Writes rows one behind the other. Of use as long as the dictionaries are. */
export class RowCells {
  readonly #dictionaryOf: DictionaryOf
  /** Of the rows that they were learnt of: what numbers stand for. */
  #rows: CommitRows | null = null
  #generation = -1
  /** By number of a value: its fingerprint; and by column its word. 0: not known yet. */
  readonly #prints = new Uint32Array(valueNumbersMax)
  readonly #words = new Map<string, Uint32Array>()
  /** By number of a list: whether it has several items, or one that is written otherwise. */
  readonly #several = new Uint8Array(valueNumbersMax)
  /** Words of routes, by the numbers of method and route. */
  readonly #routes = new Map<number, number>()
  /** The stream of the records before, and what is said of it. */
  #stream: CommitRows['stream'] | null = null
  #kid = 0
  #instance = 0

  constructor(dictionaryOf: DictionaryOf) {
    this.#dictionaryOf = dictionaryOf
  }

  /** So many records, up to the one that is stood at, become the newest rows of a chunk. */
  store(rows: CommitRows, chunk: OpenChunk, count: number): void {
    if (rows !== this.#rows || rows.generation !== this.#generation) this.#forget(rows)
    const span: Span = { rows, chunk, count, from: rows.row - count + 1, to: chunk.rows - count }
    for (const { from, isList, isWord, name } of targets) {
      const numbers = rows.numbersOf(from)
      if (numbers === null) continue
      if (isWord) this.#storeWords(span, numbers, name)
      else if (isList) this.#storeLists(span, numbers, name)
      else this.#storePrints(span, numbers, name)
    }
    this.#storeDerived(span)
  }

  #storeWords({ chunk, count, from, to }: Span, numbers: Uint16Array, name: string): void {
    const words = this.#wordsOf(name)
    let column: Uint32Array | null = null
    for (let n = 0; n < count; n++) {
      const number = numbers[from + n]!
      if (number === 0) continue
      column ??= chunk.writable(name)
      column[to + n] = words[number] || (words[number] = this.#word(name, number))
    }
  }

  #storePrints({ chunk, count, from, to }: Span, numbers: Uint16Array, name: string): void {
    const prints = this.#prints
    let column: Uint32Array | null = null
    for (let n = 0; n < count; n++) {
      const number = numbers[from + n]!
      if (number === 0) continue
      column ??= chunk.writable(name)
      column[to + n] = prints[number] || this.#print(number)
    }
  }

  #storeLists({ chunk, count, from, to }: Span, numbers: Uint16Array, name: string): void {
    for (let n = 0; n < count; n++) {
      const number = numbers[from + n]!
      if (number === 0) continue
      const prints = this.#isSeveral(number)
        ? decodeList(this.#textOf(number)).map(fingerprintOf)
        : [this.#print(number)]
      chunk.setAll(name, prints, to + n)
    }
  }

  #storeDerived(span: Span): void {
    const { chunk, count, from, rows, to } = span
    const durations = chunk.writable(NUMBER.DURATION)
    for (let n = 0; n < count; n++) durations[to + n] = encodeDuration(rows.tookAt(from + n))
    this.#storePrints(span, rows.numbersOf(at.id)!, COLUMN.RECORD)
    this.#storePrints(span, rows.numbersOf(traceColumn)!, COLUMN.TRACE)
    this.#storeRoutes(span)
    this.#storeErrors(span)
    if (rows.stream !== this.#stream) {
      this.#stream = rows.stream
      this.#kid = this.#dictionaryOf(COLUMN.KID).idOf(rows.stream.kid)
      this.#instance = fingerprintOf(rows.stream.instance)
    }
    chunk.fill(COLUMN.KID, count, this.#kid)
    chunk.fill(COLUMN.INSTANCE, count, this.#instance)
  }

  #storeRoutes({ chunk, count, from, rows, to }: Span): void {
    const routes = rows.numbersOf(at.route)
    if (routes === null) return
    const methods = rows.numbersOf(at.method)
    for (let n = from; n < from + count; n++) {
      if (routes[n] === 0) continue
      chunk.writable(COLUMN.ROUTE)[to - from + n] = this.#route(methods?.[n] ?? 0, routes[n]!)
    }
  }

  #storeErrors({ chunk, count, from, rows, to }: Span): void {
    const [codes, types] = [rows.numbersOf(at.code), rows.numbersOf(at.type)]
    if (codes === null && types === null) return
    const words = this.#wordsOf(COLUMN.ERROR)
    for (let n = from; n < from + count; n++) {
      const error = codes?.[n] || (types?.[n] ?? 0)
      if (error === 0) continue
      const word = words[error] || (words[error] = this.#word(COLUMN.ERROR, error))
      chunk.writable(COLUMN.ERROR)[to - from + n] = word
    }
  }

  #forget(rows: CommitRows): void {
    this.#rows = rows
    this.#generation = rows.generation
    this.#prints.fill(0)
    this.#several.fill(unknown)
    for (const words of this.#words.values()) words.fill(0)
    this.#routes.clear()
  }

  #textOf(number: number): string {
    return String(this.#rows!.valueOf(number))
  }

  #print(number: number): number {
    const print = this.#rows!.fingerprintOf(number) || fingerprintOf(this.#textOf(number))
    return (this.#prints[number] = print)
  }

  #word(column: string, number: number): number {
    return this.#dictionaryOf(column).idOf(this.#textOf(number))
  }

  #wordsOf(column: string): Uint32Array {
    let words = this.#words.get(column)
    if (words === undefined) {
      words = new Uint32Array(valueNumbersMax)
      this.#words.set(column, words)
    }
    return words
  }

  #route(method: number, route: number): number {
    const key = valueNumbersMax * method + route
    let word = this.#routes.get(key)
    if (word === undefined) {
      const template = this.#textOf(route)
      const text = method === 0 ? template : `${this.#textOf(method)} ${template}`
      word = this.#dictionaryOf(COLUMN.ROUTE).idOf(text)
      this.#routes.set(key, word)
    }
    return word
  }

  #isSeveral(number: number): boolean {
    if (this.#several[number] === unknown) {
      this.#several[number] = /[ %]/.test(this.#textOf(number)) ? several : one
    }
    return this.#several[number] === several
  }
}
