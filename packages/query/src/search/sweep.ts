// One pass over the chunks that may match. Others get their turn in between.
import { type Chunk, OpenChunk } from '../columns/chunk.ts'
import type { RecordIndex } from '../columns/record-index.ts'
import { CHUNK_ROWS } from '../limits.ts'
import type { Prepared } from './matcher.ts'
import { type TurnClock, Turns } from './turns.ts'

/** Rows of one chunk that match: the first `count` of `rows`, ascending. */
export interface Found {
  readonly chunk: Chunk
  readonly firstRow: number
  readonly rows: Uint16Array
  readonly count: number
  /** The rows that do not match, ascending. */
  readonly others: () => Uint16Array
}

export interface SweepOptions {
  readonly order?: 'newest' | 'oldest'
  /** Rows below it are left out. */
  readonly fromRow?: number
  /** In place of the system's. */
  readonly clock?: TurnClock
}

/**
 * The matches of each chunk that has any, newest chunk first when `order` says so. What is found is
 * only good until the next is asked for.
 */
export async function* sweep(
  index: RecordIndex,
  { match, mayMatch }: Prepared,
  { clock, fromRow = 0, order = 'oldest' }: SweepOptions = {},
): AsyncGenerator<Found, void, void> {
  const mask = new Uint8Array(CHUNK_ROWS)
  const rows = new Uint16Array(CHUNK_ROWS)
  const chunks = [...index.chunks()]
  if (order === 'newest') chunks.reverse()
  const turns = new Turns(clock)
  for (const { chunk: growing, firstRow } of chunks) {
    const chunk = growing instanceof OpenChunk ? growing.still() : growing
    if (firstRow + chunk.rows <= fromRow || !mayMatch(chunk)) continue
    if (!(await turns.work(match(chunk, mask)))) continue
    let count = 0
    for (let row = Math.max(0, fromRow - firstRow); row < chunk.rows; row++) {
      rows[count] = row
      count += mask[row]!
    }
    if (count > 0) yield { chunk, firstRow, rows, count, others: once(() => othersIn(chunk, mask)) }
  }
}

function othersIn({ rows }: Chunk, mask: Uint8Array): Uint16Array {
  const others = new Uint16Array(rows)
  let count = 0
  for (let row = 0; row < rows; row++) {
    others[count] = row
    count += 1 - mask[row]!
  }
  return others.subarray(0, count)
}

function once<T>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}
