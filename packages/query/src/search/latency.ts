// Quantiles of how long records took, by the words of a field. See search.test.ts.
import { NUMBER } from '../columns/chunk.ts'
import { decodeDuration } from '../columns/duration.ts'
import type { RecordIndex } from '../columns/record-index.ts'
import { columnKinds, type QueryField } from '../language/fields.ts'
import type { Prepared } from './matcher.ts'
import { sweep } from './sweep.ts'
import { topIds } from './top-ids.ts'

export interface LatencyGroup {
  readonly value: string
  readonly count: number
  /** Milliseconds, at most 3 % off. */
  readonly p50Ms: number
  readonly p95Ms: number
  readonly p99Ms: number
  readonly maxMs: number
}

/** Buckets of each doubling: the middle of one is at most 1/64 from its edges. */
const STEPS = 32
const BUCKETS = 44 * STEPS

interface Group {
  readonly counts: Float64Array
  count: number
  max: number
}

/** The `top` most frequent groups. */
export async function measureLatency(
  index: RecordIndex,
  prepared: Prepared,
  { by, top }: { readonly by: QueryField; readonly top: number },
): Promise<readonly LatencyGroup[]> {
  const column = by.columns.find((name) => columnKinds.get(name) === 'words') ?? ''
  const told = await topIds(index, prepared, { column, most: top })
  const groups = new Map<number, Group>()
  for await (const { chunk, count, rows } of sweep(index, prepared)) {
    const [ids, durations] = [chunk.column(column), chunk.column(NUMBER.DURATION)]
    if (ids === undefined) continue
    for (let n = 0; n < count; n++) {
      const row = rows[n]!
      const id = ids[row]!
      if (!told.has(id)) continue
      let group = groups.get(id)
      if (group === undefined) {
        group = { counts: new Float64Array(BUCKETS), count: 0, max: 0 }
        groups.set(id, group)
      }
      const micros = decodeDuration(durations?.[row] ?? 0)
      group.counts[bucketOf(micros)]! += 1
      group.count++
      if (micros > group.max) group.max = micros
    }
  }
  const dictionary = index.dictionary(column)
  return [...groups]
    .filter(([id]) => id !== 0)
    .toSorted(([, a], [, b]) => b.count - a.count)
    .slice(0, top)
    .map(([id, group]) => ({ value: dictionary.term(id), ...quantilesOf(group) }))
}

function quantilesOf(group: Group): Omit<LatencyGroup, 'value'> {
  const { count, max } = group
  const [p50Ms = 0, p95Ms = 0, p99Ms = 0] = [0.5, 0.95, 0.99].map((part) => quantile(group, part))
  return { count, p50Ms, p95Ms, p99Ms, maxMs: max / 1_000 }
}

function quantile({ count, counts, max }: Group, part: number): number {
  const wanted = Math.ceil(count * part)
  let seen = 0
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    seen += counts[bucket] ?? 0
    if (seen >= wanted) return Math.min(middleOf(bucket), max) / 1_000
  }
  return max / 1_000
}

/** Below 32 µs each has its own; above, 32 for each doubling. */
function bucketOf(micros: number): number {
  if (micros < STEPS) return micros
  // Beyond 32 bits, too: durations go up to 24 days.
  const shift = Math.floor(Math.log2(micros)) - 5
  return (shift + 1) * STEPS + Math.floor(micros / 2 ** shift) - STEPS
}

function middleOf(bucket: number): number {
  if (bucket < STEPS) return bucket
  const shift = Math.floor(bucket / STEPS) - 1
  const from = ((bucket % STEPS) + STEPS) * 2 ** shift
  return from + (2 ** shift - 1) / 2
}
