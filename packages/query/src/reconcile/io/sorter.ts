// Rows of numbers in order of their first one, however many: sorted runs in a temporary file, and
// one pass that merges them. Rows are numbers only, so that no path of a log lies in that file. See
// sorter.test.ts.
import { closeSync, mkdtempSync, openSync, readSync, rmSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { QueryError } from '../../codes.ts'
import { SORT_ROWS } from '../../limits.ts'

/** Numbers of a row; the first is its time. */
export const ROW_WIDTH = 6

export type Row = Float64Array

export interface RowSorter {
  /** Takes a copy. */
  push(row: ArrayLike<number>): void
  readonly count: number
  /** All rows in order; those with the same first number as they came. Once. */
  sorted(): Generator<Row, void, void>
  /** Removes the file. */
  close(): void
}

/** `rowsInMemory` are sorted at once; more go to a file in the system's temporary folder. */
export function createSorter(rowsInMemory: number = SORT_ROWS): RowSorter {
  let rows = new Float64Array(Math.min(rowsInMemory, firstRows) * ROW_WIDTH)
  let held = 0
  let count = 0
  let file: number | undefined
  const runs: Run[] = []

  function push(row: ArrayLike<number>): void {
    if (held === rowsInMemory) spill()
    if ((held + 1) * ROW_WIDTH > rows.length) rows = grown(rows, rowsInMemory)
    rows.set(row, held * ROW_WIDTH)
    held++
    count++
  }

  function spill(): void {
    file ??= openUnnamed()
    const first = (runs.at(-1)?.first ?? 0) + (runs.at(-1)?.rows ?? 0)
    const inOrder = new Float64Array(held * ROW_WIDTH)
    for (const [at, row] of orderOf(rows, held).entries())
      inOrder.set(rowAt(rows, row), at * ROW_WIDTH)
    writeAll(file, inOrder, first)
    runs.push({ first, rows: held })
    held = 0
  }

  function* sorted(): Generator<Row, void, void> {
    if (file === undefined) {
      for (const row of orderOf(rows, held)) yield rowAt(rows, row)
      return
    }
    if (held > 0) spill()
    yield* merged(runs.map((run) => readRun(file!, run)))
  }

  return {
    push,
    sorted,
    get count() {
      return count
    },
    close: () => {
      if (file !== undefined) closeSync(file)
      file = undefined
    },
  }
}

interface Run {
  /** Number of its first row in the file. */
  readonly first: number
  readonly rows: number
}

const firstRows = 1_024
const rowBytes = ROW_WIDTH * Float64Array.BYTES_PER_ELEMENT
const readRows = 1_024

/** Its name is gone at once, so that it goes with the process. */
function openUnnamed(): number {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-reconcile-'))
  const path = join(folder, 'rows')
  const file = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  rmSync(folder, { recursive: true, force: true })
  return file
}

function grown(rows: Float64Array, rowsMax: number): Float64Array<ArrayBuffer> {
  const more = new Float64Array(Math.min(rows.length * 2, rowsMax * ROW_WIDTH))
  more.set(rows)
  return more
}

function rowAt(rows: Float64Array, row: number): Row {
  return rows.slice(row * ROW_WIDTH, (row + 1) * ROW_WIDTH)
}

function orderOf(rows: Float64Array, count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, i) => i)
  return order.sort((a, b) => rows[a * ROW_WIDTH]! - rows[b * ROW_WIDTH]! || a - b)
}

function writeAll(file: number, rows: Float64Array, firstRow: number): void {
  const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength)
  for (let done = 0; done < bytes.length;) {
    done += writeSync(file, bytes, done, bytes.length - done, firstRow * rowBytes + done)
  }
}

function* readRun(file: number, { first, rows }: Run): Generator<Row, void, void> {
  for (let at = 0; at < rows; at += readRows) {
    const part = new Float64Array(Math.min(readRows, rows - at) * ROW_WIDTH)
    const bytes = new Uint8Array(part.buffer)
    for (let done = 0; done < bytes.length;) {
      const read = readSync(file, bytes, done, bytes.length - done, (first + at) * rowBytes + done)
      if (read === 0) throw new QueryError('RECONCILE_LOG_UNREADABLE', 'the temporary file was cut')
      done += read
    }
    for (let row = 0; row < part.length / ROW_WIDTH; row++) yield rowAt(part, row)
  }
}

/** The runs are few: so many times SORT_ROWS. */
function* merged(runs: readonly Generator<Row, void, void>[]): Generator<Row, void, void> {
  const heads = runs.map((run) => run.next().value ?? null)
  for (;;) {
    let least = -1
    for (const [i, head] of heads.entries()) {
      if (head !== null && (least < 0 || head[0]! < heads[least]![0]!)) least = i
    }
    if (least < 0) return
    yield heads[least]!
    heads[least] = runs[least]!.next().value ?? null
  }
}
