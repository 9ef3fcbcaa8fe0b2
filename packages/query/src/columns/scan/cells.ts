// The row that is being made, as columns and their values, and how a value becomes one.
import { decodeList } from '@grantlog/record'
import type { OpenChunk } from '../chunk.ts'
import type { Dictionary } from '../dictionary.ts'
import { FNV_PRIME, FNV_START, fingerprintOf, mixed } from '../fingerprint.ts'
import { columnNames, SORT, type Target } from './known.ts'
import { Words } from './words.ts'

/** Cells of a row: a record has about 40; one with more is read strictly. */
const cellsMax = 512
const backslash = 0x5c
const space = 0x20
const percent = 0x25

/** A text as it stands in JSON, without its quotes. */
export interface Text {
  readonly bytes: Buffer
  readonly view: DataView
}

export class Cells {
  readonly words: Words = new Words()
  readonly #dictionaryOf: (column: string) => Dictionary
  readonly #columns = new Uint16Array(cellsMax)
  readonly #values = new Uint32Array(cellsMax)
  #count = 0
  /** Of the chunk that is written to. */
  #chunk: OpenChunk | null = null
  #arrays: (Uint32Array | undefined)[] = []
  /** What `measure` found: FNV-1a of the bytes; whether they are the text's UTF-16 units. */
  #hash = 0
  #isPlain = false

  constructor(dictionaryOf: (column: string) => Dictionary) {
    this.#dictionaryOf = dictionaryOf
  }

  /** Begins the next row. */
  clear(): void {
    this.#count = 0
  }

  /** Puts a number into a column; several for one column stand one behind the other. */
  add(column: number, value: number): void {
    // What is too much is not kept: `isWhole` says so.
    this.#columns[this.#count] = column
    this.#values[this.#count++] = value
  }

  get isWhole(): boolean {
    return this.#count <= cellsMax
  }

  word(column: number, text: string): void {
    this.add(column, this.idOf(column, text))
  }

  idOf(column: number, text: string): number {
    return this.#dictionaryOf(columnNames[column]!).idOf(text)
  }

  /**
   * Goes from the first byte of a value to the one that ends it, `end`; gives its place, or `limit`
   * when it does not end. `take` is told of the value that was measured last.
   */
  measure(bytes: Buffer, from: number, limit: number, end: number): number {
    let hash = FNV_START
    let all = 0
    let isPlain = true
    let at = from
    for (; at < limit; at++) {
      const byte = bytes[at]!
      if (byte === end) break
      if (byte === backslash) {
        isPlain = false
        at++
        continue
      }
      all |= byte
      hash = Math.imul(hash ^ byte, FNV_PRIME)
    }
    this.#hash = hash
    this.#isPlain = isPlain && all < 0x80
    return Math.min(at, limit)
  }

  /** Makes cells of the value that was measured last. Gives its place among `words`, or -1. */
  take({ column, sort }: Target, text: Text, from: number, to: number): number {
    if (sort === SORT.NOTHING) return -1
    if (sort === SORT.WORD) return this.#takeWord(column, text, from, to)
    if (this.#isPlain && (sort === SORT.PRINT || isOneItem(text.bytes, from, to))) {
      this.add(column, mixed(this.#hash))
      return -1
    }
    const value = textOf(text.bytes, from, to)
    const items = sort === SORT.PRINT ? [value] : decodeList(value)
    for (const item of items) this.add(column, fingerprintOf(item))
    return -1
  }

  /** Makes them the next row of the chunk, which has begun it. */
  store(chunk: OpenChunk): void {
    if (chunk !== this.#chunk) {
      this.#chunk = chunk
      this.#arrays = []
    }
    const row = chunk.rows - 1
    let before = -1
    for (let i = 0; i < this.#count; i++) {
      const column = this.#columns[i]!
      const value = this.#values[i]!
      if (column === before) chunk.addFurther(columnNames[column]!, value)
      else (this.#arrays[column] ??= chunk.writable(columnNames[column]!))[row] = value
      before = column
    }
  }

  #takeWord(column: number, { bytes, view }: Text, from: number, to: number): number {
    const { words } = this
    let place = words.placeOf(column, this.#hash)
    if (words.lengthAt(place, column) !== to - from || !words.isAt(view, from, place)) {
      const text = this.#isPlain ? bytes.toString('latin1', from, to) : textOf(bytes, from, to)
      const id = this.idOf(column, text)
      place = words.put(place, { column, bytes: bytes.subarray(from, to), id, text })
    }
    this.add(column, words.idAt(place))
    return place
  }
}

/** Whether a list has one item, which is written as it is. */
function isOneItem(bytes: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    if (bytes[at] === space || bytes[at] === percent) return false
  }
  return true
}

/** As JSON has it; a SyntaxError for what is none. */
function textOf(bytes: Buffer, from: number, to: number): string {
  return JSON.parse(`"${bytes.toString('utf8', from, to)}"`) as string
}
