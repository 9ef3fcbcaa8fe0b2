// Which records match, a page at a time. See search.test.ts.
import type { RecordIndex } from '../columns/record-index.ts'
import type { Prepared } from './matcher.ts'
import { sweep } from './sweep.ts'

export interface PageRequest {
  readonly limit: number
  readonly order: 'newest' | 'oldest'
  /** Rows up to this one were on pages before; null for the first page. */
  readonly behind: number | null
}

export interface FoundPage {
  /** In the order asked for. */
  readonly rows: readonly number[]
  /** All that match. */
  readonly total: number
  /** There are more. */
  readonly more: boolean
}

export async function findPage(
  index: RecordIndex,
  prepared: Prepared,
  { behind, limit, order }: PageRequest,
): Promise<FoundPage> {
  const found: number[] = []
  let total = 0
  let more = false
  const isNewest = order === 'newest'
  for await (const { count, firstRow, rows } of sweep(index, prepared, { order })) {
    total += count
    for (let n = 0; n < count && !more; n++) {
      const row = firstRow + rows[isNewest ? count - 1 - n : n]!
      if (behind !== null && (isNewest ? row >= behind : row <= behind)) continue
      if (found.length === limit) more = true
      else found.push(row)
    }
  }
  return { rows: found, total, more }
}
