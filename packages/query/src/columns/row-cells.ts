// From a row of a commit to a row of the index. What becomes of a value, its word's number or its
// fingerprint, is worked out once, however many records say it. What it gives is what addRow gives:
// test/flow/index-rows.test.ts compares the two.
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
  route: columnOf(ATTR.HTTP_ROUTE)!,
  method: columnOf(ATTR.HTTP_REQUEST_METHOD)!,
  code: columnOf(ATTR.OAUTH_ERROR_CODE)!,
  type: columnOf(ATTR.ERROR_TYPE)!,
}

/** Writes one row after the other. Of use as long as the dictionaries are. */
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
  /** The stream of the record before, and what is said of it. */
  #stream: CommitRows['stream'] | null = null
  #kid = 0
  #instance = 0
  /** Of the chunk that is written to: the columns of `targets`, those that it has. */
  #chunk: OpenChunk | null = null
  #columns: (Uint32Array | undefined)[] = []

  constructor(dictionaryOf: DictionaryOf) {
    this.#dictionaryOf = dictionaryOf
  }

  /** The record that the rows stand at becomes the row that its chunk has begun. */
  store(rows: CommitRows, chunk: OpenChunk): void {
    if (rows !== this.#rows || rows.generation !== this.#generation) this.#forget(rows)
    if (chunk !== this.#chunk) {
      this.#chunk = chunk
      this.#columns = []
    }
    const row = chunk.rows - 1
    for (let i = 0; i < targets.length; i++) {
      const { from, isList, isWord, name } = targets[i]!
      const number = rows.numberAt(from)
      if (number === 0) continue
      if (isList && !isWord && this.#isSeveral(number)) {
        chunk.setAll(name, decodeList(this.#textOf(number)).map(fingerprintOf))
        continue
      }
      const cell = isWord ? this.#word(name, number) : this.#print(number)
      ;(this.#columns[i] ??= chunk.writable(name))[row] = cell
    }
    this.#storeDerived(rows, chunk)
  }

  #storeDerived(rows: CommitRows, chunk: OpenChunk): void {
    chunk.set(NUMBER.DURATION, encodeDuration(rows.tookUs))
    chunk.set(COLUMN.RECORD, fingerprintOf(rows.get(ATTR.AUDIT_RECORD_ID) as string))
    chunk.set(COLUMN.TRACE, this.#print(rows.numberAt(traceColumn)))
    const route = rows.numberAt(at.route)
    if (route !== 0) chunk.set(COLUMN.ROUTE, this.#route(rows.numberAt(at.method), route))
    const error = rows.numberAt(at.code) || rows.numberAt(at.type)
    if (error !== 0) chunk.set(COLUMN.ERROR, this.#word(COLUMN.ERROR, error))
    if (rows.stream !== this.#stream) {
      this.#stream = rows.stream
      this.#kid = this.#dictionaryOf(COLUMN.KID).idOf(rows.stream.kid)
      this.#instance = fingerprintOf(rows.stream.instance)
    }
    chunk.set(COLUMN.KID, this.#kid)
    chunk.set(COLUMN.INSTANCE, this.#instance)
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
    const known = this.#prints[number]!
    return known === 0 ? (this.#prints[number] = fingerprintOf(this.#textOf(number))) : known
  }

  #word(column: string, number: number): number {
    let words = this.#words.get(column)
    if (words === undefined) {
      words = new Uint32Array(valueNumbersMax)
      this.#words.set(column, words)
    }
    const known = words[number]!
    if (known !== 0) return known
    return (words[number] = this.#dictionaryOf(column).idOf(this.#textOf(number)))
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
