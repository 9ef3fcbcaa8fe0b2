// Rows that have one of some values in one of some columns. See lineage/candidates.test.ts.
import { setImmediate } from 'node:timers/promises'
import { type Chunk, type Column, filterName, furtherName } from '../columns/chunk.ts'
import { mayHave } from '../columns/filter.ts'
import { fingerprintOf } from '../columns/fingerprint.ts'
import type { RecordIndex } from '../columns/record-index.ts'
import { SWEEP_CHUNKS } from '../limits.ts'

/** Up to so many values each is looked for by itself, which is faster. */
const FEW = 4

export interface RowsRequest {
  readonly values: Iterable<string>
  readonly most: number
  /** Which are given where there are more than `most`. */
  readonly kept: 'newest' | 'oldest'
  /** Of those only rows for which it is true. */
  readonly where?: (row: number) => boolean
}

export interface RowsFound {
  /** Ascending; a few may only share a fingerprint with a value. */
  readonly rows: readonly number[]
  /** There are more. */
  readonly isCut: boolean
}

export async function rowsWith(
  index: RecordIndex,
  columns: readonly string[],
  { kept, most, values, where = () => true }: RowsRequest,
): Promise<RowsFound> {
  const prints = new Set(Array.from(values, fingerprintOf))
  if (prints.size === 0) return { rows: [], isCut: false }
  const sieve = sieveOf(prints)
  const isNewest = kept === 'newest'
  const rows: number[] = []
  const given = (isCut: boolean): RowsFound => ({ rows: isNewest ? rows.reverse() : rows, isCut })
  let looked = 0
  const chunks = isNewest ? [...index.chunks()].reverse() : index.chunks()
  for (const { chunk, firstRow } of chunks) {
    const found = new Set<number>()
    for (const column of columns) look(chunk, column, { prints, sieve, found })
    for (const at of [...found].toSorted((a, b) => (isNewest ? b - a : a - b))) {
      const row = firstRow + at
      if (!where(row)) continue
      if (rows.length === most) return given(true)
      rows.push(row)
    }
    if (++looked % SWEEP_CHUNKS === 0) await setImmediate()
  }
  return given(false)
}

interface Sought {
  readonly prints: ReadonlySet<number>
  readonly sieve: Uint8Array
  readonly found: Set<number>
}

function look(chunk: Chunk, name: string, { found, prints, sieve }: Sought): void {
  const filter = chunk.column(filterName(name))
  if (filter instanceof Uint8Array && ![...prints].some((one) => mayHave(filter, one))) return
  const column = chunk.column(name)
  if (column === undefined) return
  if (prints.size <= FEW) for (const print of prints) addRowsOf(column, print, found)
  else {
    for (let row = 0; row < chunk.rows; row++) {
      const print = column[row]!
      if (sieve[print & 0xffff] === 1 && prints.has(print)) found.add(row)
    }
  }
  const further = chunk.column(furtherName(name))
  for (let n = 0; n < (further?.length ?? 0); n += 2) {
    if (prints.has(further![n + 1]!)) found.add(further![n]!)
  }
}

function addRowsOf(column: Column, print: number, found: Set<number>): void {
  for (let row = column.indexOf(print); row >= 0; row = column.indexOf(print, row + 1)) {
    found.add(row)
  }
}

/** Most values are told apart by their lowest bits. */
function sieveOf(prints: ReadonlySet<number>): Uint8Array {
  const sieve = new Uint8Array(2 ** 16)
  for (const print of prints) sieve[print & 0xffff] = 1
  return sieve
}
