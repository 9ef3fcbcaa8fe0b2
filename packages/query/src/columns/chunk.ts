// A run of records as columns: numbers by row. See record-index.test.ts.
import { columnKinds } from '../language/fields.ts'
import { filterOf } from './filter.ts'

export type Column = Uint8Array | Uint16Array | Uint32Array

/** Columns that every record has; offsets are from the chunk's first record. */
export const NUMBER = {
  /** Place in the log. */
  INDEX: '#index',
  /** Number of its commit. */
  FRAME: '#frame',
  /** When it was received, milliseconds. */
  RECEIVED: '#received',
  /** As duration.ts encodes it. */
  DURATION: '#duration',
} as const

/** What is known of a chunk without its columns. */
export interface ChunkFacts {
  readonly number: number
  readonly rows: number
  readonly firstIndex: number
  readonly lastIndex: number
  readonly firstFrame: number
  readonly lastFrame: number
  /** Unix milliseconds; times of a log never go back. */
  readonly fromMs: number
  readonly toMs: number
  /** `audit.record.id` of the last record: whether the log is still the one that was indexed. */
  readonly lastId: string
  /** Enrolments of keys that stand among its records, or right before them. */
  readonly keys: readonly KeyPlace[]
}

/** Where the enrolment of a producer's key is. */
export interface KeyPlace {
  readonly kid: string
  readonly index: number
  readonly frame: number
}

/** A row before it has values, or several of one commit that came at one time. */
export interface RowPlace {
  /** Of the first, with the others behind it. */
  readonly index: number
  readonly frame: number
  /** Unix milliseconds. */
  readonly receivedAt: number
  /** `audit.record.id` of the last. */
  readonly id: string
}

/** A chunk that is finished, or a view of one that is not. */
export interface Chunk extends ChunkFacts {
  /** By row; undefined when no record of the chunk has a value. */
  column(name: string): Column | undefined
  /** False when it was looked at while it grew: it is another one the next time. */
  readonly isFinished: boolean
}

const most = 2 ** 32 - 1

/** A chunk that still grows. */
export class OpenChunk implements Chunk {
  readonly isFinished = false
  readonly number: number
  readonly firstIndex: number
  readonly firstFrame: number
  readonly fromMs: number
  rows = 0
  lastIndex: number
  lastFrame: number
  toMs: number
  lastId = ''
  readonly keys: KeyPlace[] = []
  readonly #rowsMax: number
  readonly #columns = new Map<string, Uint32Array>()
  /** Memory for columns, of a chunk before. */
  readonly #spare: Uint32Array[]
  /** Rows with further values of a column: `[row, value, row, value, …]`. */
  readonly #further = new Map<string, number[]>()

  constructor(
    number: number,
    first: { index: number; frame: number; receivedAt: number },
    { rowsMax, spare = [] }: { readonly rowsMax: number; readonly spare?: readonly Uint32Array[] },
  ) {
    this.number = number
    this.#rowsMax = rowsMax
    this.#spare = [...spare]
    this.firstIndex = this.lastIndex = first.index
    this.firstFrame = this.lastFrame = first.frame
    this.fromMs = this.toMs = first.receivedAt
  }

  /** A kept chunk that has room, to go on with. */
  static resume(
    facts: ChunkFacts,
    columns: Iterable<readonly [name: string, column: Column]>,
    rowsMax: number,
  ): OpenChunk {
    const { firstFrame: frame, firstIndex: index, fromMs: receivedAt, number } = facts
    const chunk = new OpenChunk(number, { index, frame, receivedAt }, { rowsMax })
    chunk.rows = facts.rows
    chunk.lastIndex = facts.lastIndex
    chunk.lastFrame = facts.lastFrame
    chunk.toMs = facts.toMs
    chunk.lastId = facts.lastId
    chunk.keys.push(...facts.keys)
    for (const [name, column] of columns) {
      if (name.endsWith('+')) chunk.#further.set(name, [...column])
      else if (!name.endsWith('~')) {
        const wide = new Uint32Array(rowsMax)
        wide.set(column)
        chunk.#columns.set(name, wide)
      }
    }
    return chunk
  }

  /** How many records, one behind the other from there on, may still become its next rows. */
  roomFor({ index, receivedAt }: Omit<RowPlace, 'frame' | 'id'>): number {
    if (receivedAt - this.fromMs >= most) return 0
    return Math.max(0, Math.min(this.#rowsMax - this.rows, this.firstIndex + most - index))
  }

  /** Begins the next row, or so many. */
  begin(place: RowPlace, count = 1): void {
    const from = this.rows
    this.rows += count
    // A clock that was set back does not make the log go back.
    this.toMs = Math.max(this.toMs, place.receivedAt)
    this.lastIndex = place.index + count - 1
    this.lastFrame = place.frame
    this.lastId = place.id
    const indexes = this.writable(NUMBER.INDEX)
    for (let n = 0; n < count; n++) indexes[from + n] = place.index + n - this.firstIndex
    this.fill(NUMBER.FRAME, count, place.frame - this.firstFrame)
    this.fill(NUMBER.RECEIVED, count, this.toMs - this.fromMs)
  }

  /** Sets a value of the newest row. */
  set(name: string, value: number): void {
    this.writable(name)[this.rows - 1] = Math.min(value, most)
  }

  /** Sets the same value of so many of the newest rows. */
  fill(name: string, count: number, value: number): void {
    this.writable(name).fill(Math.min(value, most), this.rows - count, this.rows)
  }

  /** A column as it grows: 32 bits for each row that there may be. */
  writable(name: string): Uint32Array {
    let column = this.#columns.get(name)
    if (column === undefined) {
      column = this.#spare.pop()?.fill(0) ?? new Uint32Array(this.#rowsMax)
      this.#columns.set(name, column)
    }
    return column
  }

  /** Sets one value of a row, or several. */
  setAll(name: string, [first, ...others]: readonly number[], row: number = this.rows - 1): void {
    if (first === undefined) return
    this.writable(name)[row] = first
    for (const value of others) this.#addFurther(name, row, value)
  }

  #addFurther(name: string, row: number, value: number): void {
    const further = this.#further.get(furtherName(name)) ?? []
    further.push(row, value)
    this.#further.set(furtherName(name), further)
  }

  /**
   * As it is now: its rows and columns do not grow while others have their turn. Only further
   * values may be of rows that came later.
   */
  still(): Chunk {
    const { firstFrame, firstIndex, fromMs, lastFrame, lastId, lastIndex, number, rows, toMs } =
      this
    return {
      ...{ number, rows, firstIndex, lastIndex, firstFrame, lastFrame, fromMs, toMs, lastId },
      ...{ keys: [...this.keys], isFinished: false },
      column: (name) => {
        const column = this.column(name)
        return this.#further.has(name) ? column : column?.subarray(0, rows)
      },
    }
  }

  column(name: string): Column | undefined {
    const further = this.#further.get(name)
    return further ? Uint32Array.from(further) : this.#columns.get(name)?.subarray(0, this.rows)
  }

  /** The memory of its columns, for the next chunk: nothing may be asked of it any more. */
  spare(): readonly Uint32Array[] {
    return [...this.#columns.values(), ...this.#spare]
  }

  /** All columns, each as narrow as its values allow, and the filters of fingerprints. */
  *narrowed(): Generator<readonly [name: string, column: Column], void, void> {
    for (const name of [...this.#columns.keys(), ...this.#further.keys()]) {
      const column = this.column(name)
      if (column === undefined) continue
      yield [name, narrow(column)]
      if (columnKinds.get(name) !== 'fingerprint') continue
      yield [filterName(name), filterOf(column, this.column(furtherName(name)))]
    }
  }
}

/** The column of further values: pairs of row and value. */
export function furtherName(name: string): string {
  return `${name}+`
}

/** The column of a filter of fingerprints; a chunk that still grows has none. */
export function filterName(name: string): string {
  return `${name}~`
}

function narrow(column: Column): Column {
  let all = 0
  for (let row = 0; row < column.length; row++) all |= column[row]!
  // As an unsigned number: the highest bit makes `all` negative.
  if (all >>> 0 < 2 ** 8) return new Uint8Array(column)
  return all >>> 0 < 2 ** 16 ? new Uint16Array(column) : new Uint32Array(column)
}
