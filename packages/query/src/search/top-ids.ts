// The most frequent words among the records that match, in one pass that takes a number for each
// word: what then takes more for each is only done for these. See search.test.ts.
import type { RecordIndex } from '../columns/record-index.ts'
import type { Prepared } from './matcher.ts'
import { sweep } from './sweep.ts'

/** At most `most` ids; records without a word have none. */
export async function topIds(
  index: RecordIndex,
  prepared: Prepared,
  { column, most }: { readonly column: string; readonly most: number },
): Promise<ReadonlySet<number>> {
  const { size } = index.dictionary(column)
  // So few that all of them are among the most frequent.
  if (size - 1 <= most) return new Set(Array.from({ length: size - 1 }, (_, n) => n + 1))
  const counts = new Uint32Array(size)
  for await (const { chunk, count, rows } of sweep(index, prepared)) {
    const ids = chunk.column(column)
    // A word that came while this is under way is of the next time.
    for (let n = 0; n < count && ids !== undefined; n++) counts[ids[rows[n]!]!]!++
  }
  const found: number[] = []
  for (let id = 1; id < size; id++) if (counts[id]! > 0) found.push(id)
  return new Set(found.toSorted((a, b) => counts[b]! - counts[a]!).slice(0, most))
}
