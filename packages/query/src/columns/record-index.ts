/**
 * The index: what queries ask for, as columns of numbers, so that all records can be looked through
 * at once. It knows where a record is, not what it says: that is read from the ledger. It can be
 * made again from the ledger at any time. See record-index.test.ts.
 *
 * @module
 */
import { commitRows, type CommitRows, decodeLeaf, type PlainFrame } from '@grantlog/ledger'
import { ATTR } from '@grantlog/record'
import { QueryError } from '../codes.ts'
import { CHUNK_ROWS, COLUMN_CACHE_BYTES } from '../limits.ts'
import { type LedgerRecord, recordAt } from '../records.ts'
import {
  type Chunk,
  type ChunkFacts,
  type KeyPlace,
  NUMBER,
  OpenChunk,
  type RowPlace,
} from './chunk.ts'
import { ColumnCache } from './column-cache.ts'
import { Dictionary } from './dictionary.ts'
import { addRow } from './extract.ts'
import { RowCells } from './row-cells.ts'
import { type ChunkStore, storedChunk } from './store.ts'

/** Where a row's record is. */
export interface Place {
  readonly row: number
  /** Place in the log. */
  readonly index: number
  /** Number of its commit. */
  readonly frame: number
}

export class RecordIndex {
  readonly #store: ChunkStore
  readonly #chunkRows: number
  readonly #cache = new ColumnCache(COLUMN_CACHE_BYTES)
  readonly #dictionaries = new Map<string, Dictionary>()
  /** Words of each column that are kept already. */
  readonly #kept = new Map<string, number>()
  /** Finished chunks, and the row that each begins with. */
  readonly #chunks: { readonly chunk: Chunk; readonly firstRow: number }[] = []
  /** Enrolments by key, in order of the log. */
  readonly #keys = new Map<string, KeyPlace[]>()
  /** Those that are not in a chunk yet. */
  #newKeys: KeyPlace[] = []
  #open: OpenChunk | null = null
  /** Somebody was given the open chunk, and may look at it when it is finished. */
  #isShown = false
  /**
   * Memory of the chunk before, if nobody looks at it: for new megabytes with each chunk the
   * garbage collector would mark everything.
   */
  #spare: readonly Uint32Array[] = []
  #cells: RowCells | null = null
  #finishedRows = 0
  /** Frames below it are indexed whole. */
  #nextFrame = 0

  /** `chunkRows`: records of a chunk; fewer than CHUNK_ROWS only in tests. */
  constructor(store: ChunkStore, { chunkRows = CHUNK_ROWS }: { chunkRows?: number } = {}) {
    this.#store = store
    this.#chunkRows = chunkRows
    try {
      this.#load()
    } catch (error) {
      // What cannot be read is made again from the ledger.
      if (!(error instanceof QueryError)) throw error
      this.clear()
    }
    // A chunk may end within a commit: the records that are there already are left out.
    this.#nextFrame = this.last?.lastFrame ?? 0
  }

  /** Records in it. */
  get rows(): number {
    return this.#finishedRows + (this.#open?.rows ?? 0)
  }

  get nextFrame(): number {
    return this.#nextFrame
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.#store.bytes
  }

  /** Whether it outlives the process: another one may be its writer. */
  get isKept(): boolean {
    return this.#store.isKept
  }

  /** The newest record; null when there is none. */
  get last(): ChunkFacts | null {
    return this.#open ?? this.#chunks.at(-1)?.chunk ?? null
  }

  get first(): ChunkFacts | null {
    return this.#chunks[0]?.chunk ?? this.#open
  }

  /** In order of the log. */
  *chunks(): Generator<{ readonly chunk: Chunk; readonly firstRow: number }, void, void> {
    yield* this.#chunks
    if (this.#open === null) return
    this.#isShown = true
    yield { chunk: this.#open, firstRow: this.#finishedRows }
  }

  /** The words of a column. */
  dictionary(column: string): Dictionary {
    let dictionary = this.#dictionaries.get(column)
    if (dictionary === undefined) {
      dictionary = new Dictionary()
      this.#dictionaries.set(column, dictionary)
    }
    return dictionary
  }

  /** Whether a record has this word in a column. */
  readonly hasWord = (column: string, word: string): boolean => this.dictionary(column).has(word)

  /** The last enrolment of a key before a place in the log; null when none is known. */
  keyBefore(kid: string, index: number): KeyPlace | null {
    return this.#keys.get(kid)?.findLast((key) => key.index < index) ?? null
  }

  /** The newest enrolment of every key. */
  get keys(): readonly KeyPlace[] {
    return [...this.#keys.values()].flatMap((places) => places.slice(-1))
  }

  addKey(key: KeyPlace): void {
    if (!this.#learnKey(key)) return
    this.#newKeys.push(key)
  }

  /**
   * Takes in a commit. What gives no row is read strictly, and throws RecordError when it is no
   * record. Errors also: those of the ledger.
   */
  addFrame(frame: PlainFrame): void {
    const lastIndex = this.last?.lastIndex ?? -1
    const rows = commitRows()
    for (rows.begin(frame); rows.next();) {
      const { entry, index } = rows
      if (entry !== null) this.#addEntry(frame, entry, { index, isNew: index > lastIndex })
      else if (rows.isRecord && index > lastIndex) this.#addRows(frame.number, rows)
    }
    this.#nextFrame = frame.number + 1
  }

  /** Takes in the records of a commit, in order of the log; those it has are left out. */
  add(frame: number, records: readonly LedgerRecord[]): void {
    const lastIndex = this.last?.lastIndex ?? -1
    for (const record of records) if (record.index > lastIndex) this.#addRecord(frame, record)
    this.#nextFrame = frame + 1
  }

  place(row: number): Place {
    const { chunk, firstRow } = this.#chunkAt(row)
    const at = row - firstRow
    const index = chunk.firstIndex + (chunk.column(NUMBER.INDEX)?.[at] ?? 0)
    const frame = chunk.firstFrame + (chunk.column(NUMBER.FRAME)?.[at] ?? 0)
    return { row, index, frame }
  }

  /** The number that a row has in a column; 0: none. */
  cell(row: number, column: string): number {
    const { chunk, firstRow } = this.#chunkAt(row)
    return chunk.column(column)?.[row - firstRow] ?? 0
  }

  /** The word that a row has in a column; '': none. */
  word(row: number, column: string): string {
    return this.dictionary(column).term(this.cell(row, column))
  }

  /** When a row's record was received, Unix milliseconds. */
  receivedAt(row: number): number {
    const { chunk, firstRow } = this.#chunkAt(row)
    return chunk.fromMs + (chunk.column(NUMBER.RECEIVED)?.[row - firstRow] ?? 0)
  }

  /** The first row at or behind a place in the log; `rows` when there is none. */
  rowAt(index: number): number {
    for (const { chunk, firstRow } of this.chunks()) {
      if (chunk.lastIndex < index) continue
      const column = chunk.column(NUMBER.INDEX)
      let [low, high] = [0, chunk.rows]
      while (low < high) {
        const middle = (low + high) >>> 1
        if (chunk.firstIndex + (column?.[middle] ?? 0) < index) low = middle + 1
        else high = middle
      }
      return firstRow + low
    }
    return this.rows
  }

  /** Forgets everything. */
  clear(): void {
    this.#store.clear()
    this.#cache.clear()
    this.#dictionaries.clear()
    // They know words by their numbers.
    this.#cells = null
    this.#kept.clear()
    this.#keys.clear()
    this.#newKeys = []
    this.#chunks.length = 0
    this.#open = null
    this.#finishedRows = 0
    this.#nextFrame = 0
  }

  /** Keeps what is not kept yet, so that the next start need not read it again. */
  close(): void {
    try {
      if (this.#open !== null && this.#open.rows > 0) this.#finish(this.#open)
    } finally {
      this.#store.close()
    }
  }

  #addEntry(
    frame: PlainFrame,
    entry: Uint8Array,
    { index, isNew }: { readonly index: number; readonly isNew: boolean },
  ): void {
    const leaf = decodeLeaf(entry)
    if (leaf.type === 'key') this.addKey({ kid: leaf.id, index, frame: frame.number })
    if (!isNew || (leaf.type !== 'record' && leaf.type !== 'log')) return
    const record = recordAt(frame.read().entries[index - frame.first]!)
    if (record !== null) this.#addRecord(frame.number, record)
  }

  /** Those records that were made into rows together, as far as the chunk has room. */
  #addRows(frame: number, rows: CommitRows): void {
    const { index, stream, together } = rows
    const { receivedAt } = stream
    const chunk = this.#chunkFor({ index, frame, receivedAt })
    const count = Math.min(together, chunk.roomFor({ index, receivedAt }))
    rows.skip(count - 1)
    const id = rows.get(ATTR.AUDIT_RECORD_ID) as string
    chunk.begin({ index, frame, receivedAt, id }, count)
    this.#cells ??= new RowCells((column) => this.dictionary(column))
    this.#cells.store(rows, chunk, count)
  }

  #addRecord(frame: number, record: LedgerRecord): void {
    const { index, leaf } = record
    const place = { index, frame, receivedAt: leaf.receivedAt, id: leaf.id }
    const chunk = this.#chunkFor(place)
    chunk.begin(place)
    addRow(chunk, record, (column) => this.dictionary(column))
  }

  /** Where the next row belongs: the open chunk, or one after it. */
  #chunkFor(place: Omit<RowPlace, 'id'>): OpenChunk {
    if (this.#open !== null && this.#open.roomFor(place) === 0) this.#finish(this.#open)
    if (this.#open !== null) return this.#open
    const memory = { rowsMax: this.#chunkRows, spare: this.#spare }
    this.#spare = []
    return (this.#open = new OpenChunk(this.#chunks.length, place, memory))
  }

  #load(): void {
    const [store, chunkRows] = [this.#store, this.#chunkRows]
    const last = store.chunks.at(-1)
    const unfinished = last !== undefined && last.rows < chunkRows ? last.number : null
    let number = 0
    // Words of a chunk that will be kept again are kept again with it.
    for (const terms of store.terms()) this.#learn(terms, number++ !== unfinished)
    for (const facts of store.chunks) {
      for (const key of facts.keys) this.#learnKey(key)
      if (facts.number !== unfinished) this.#addFinished(facts)
      else this.#open = OpenChunk.resume(facts, store.columns(facts.number), chunkRows)
    }
  }

  #finish(open: OpenChunk): void {
    const { number, rows, firstIndex, lastIndex, firstFrame, lastFrame, fromMs, toMs } = open
    const place = { number, rows, firstIndex, lastIndex, firstFrame, lastFrame, fromMs, toMs }
    const facts = { ...place, lastId: open.lastId, keys: [...open.keys, ...this.#newKeys] }
    // On a full disk it fails, and is tried again: until it is kept, nothing counts as kept.
    this.#store.keep({ ...facts, terms: this.#newTerms(), columns: open.narrowed() })
    for (const [column, { size }] of this.#dictionaries) this.#kept.set(column, size)
    this.#newKeys = []
    this.#open = null
    this.#spare = this.#isShown ? [] : open.spare()
    this.#isShown = false
    this.#addFinished(facts)
  }

  /** False when it is known already. */
  #learnKey(key: KeyPlace): boolean {
    const places = this.#keys.get(key.kid) ?? []
    if (places.some(({ index }) => index === key.index)) return false
    this.#keys.set(key.kid, [...places, key])
    return true
  }

  #addFinished(facts: ChunkFacts): void {
    const { number } = facts
    const column = (name: string) =>
      this.#cache.get(`${number}/${name}`, () => this.#store.column(number, name))
    this.#chunks.push({ chunk: storedChunk(facts, column), firstRow: this.#finishedRows })
    this.#finishedRows += facts.rows
  }

  #newTerms(): Record<string, readonly string[]> {
    const terms: Record<string, readonly string[]> = {}
    for (const [column, dictionary] of this.#dictionaries) {
      const fresh = dictionary.after(this.#kept.get(column) ?? 1)
      if (fresh.length > 0) terms[column] = fresh
    }
    return terms
  }

  #learn(terms: Readonly<Record<string, readonly string[]>>, kept: boolean): void {
    for (const [column, words] of Object.entries(terms)) {
      const dictionary = this.dictionary(column)
      for (const word of words) dictionary.idOf(word)
      if (kept) this.#kept.set(column, dictionary.size)
    }
  }

  #chunkAt(row: number): { readonly chunk: Chunk; readonly firstRow: number } {
    if (this.#open !== null && row >= this.#finishedRows) {
      return { chunk: this.#open, firstRow: this.#finishedRows }
    }
    let [low, high] = [0, this.#chunks.length - 1]
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if ((this.#chunks[middle]?.firstRow ?? 0) <= row) low = middle
      else high = middle - 1
    }
    const found = this.#chunks[low]
    if (found === undefined) throw new RangeError(`row ${row} of ${this.rows}`)
    return found
  }
}
