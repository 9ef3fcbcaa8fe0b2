// What came behind a row and matches: all of it, or the newest when it is too much at once. See
// newer.test.ts.
import type { RecordIndex } from '../columns/record-index.ts'
import type { Prepared } from './matcher.ts'
import { sweep } from './sweep.ts'

export interface NewerRows {
  /** In order of the log. */
  readonly rows: readonly number[]
  /** Those that match and are older, left out. */
  readonly left: number
  /** The row to go on from. */
  readonly next: number
}

/** Rows from `fromRow` on, at most the newest `most` of them. */
export async function newerRows(
  index: RecordIndex,
  prepared: Prepared,
  { fromRow, most }: { readonly fromRow: number; readonly most: number },
): Promise<NewerRows> {
  const next = index.rows
  const rows: number[] = []
  let total = 0
  if (fromRow >= next) return { rows, left: 0, next }
  for await (const found of sweep(index, prepared, { fromRow })) {
    for (let n = 0; n < found.count; n++) {
      const row = found.firstRow + found.rows[n]!
      // What came while this was looked through is of the next time.
      if (row >= next) break
      total++
      rows.push(row)
      if (rows.length >= 2 * most) rows.splice(0, rows.length - most)
    }
  }
  const shown = rows.slice(-most)
  return { rows: shown, left: total - shown.length, next }
}
