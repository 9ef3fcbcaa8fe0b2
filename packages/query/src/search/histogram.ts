// How many records match over time, and how long they took. See search.test.ts.
import { NUMBER } from '../columns/chunk.ts'
import type { RecordIndex } from '../columns/record-index.ts'
import { columnKinds, type QueryField } from '../language/fields.ts'
import { MAX_HISTOGRAM_SERIES } from '../limits.ts'
import type { Prepared } from './matcher.ts'
import { sweep } from './sweep.ts'
import { topIds } from './top-ids.ts'

export interface Histogram {
  /** Unix milliseconds: the first bucket begins at `from`, the last ends at `to`. */
  readonly from: number
  readonly to: number
  readonly bucketMs: number
  readonly total: number
  /** The most frequent values, then '' for all others and none. */
  readonly series: readonly { readonly value: string; readonly counts: readonly number[] }[]
}

const second = 1_000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
/** Widths of buckets that people read off an axis. */
const widths: readonly number[] = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14, 28, 91, 182, 364, 3_640].map((n) => n * day),
]

/** `by`: a field of words, or null for one series. At most `buckets` of them, at least one. */
export async function countOverTime(
  index: RecordIndex,
  prepared: Prepared,
  { buckets, by, now }: { readonly buckets: number; readonly by: QueryField | null; now: number },
): Promise<Histogram> {
  const { bucketMs, from, to } = spanOf(index, prepared, { buckets, now })
  const count = Math.round((to - from) / bucketMs)
  const column = by?.columns.find((name) => columnKinds.get(name) === 'words')
  const told =
    column === undefined
      ? new Set<number>()
      : await topIds(index, prepared, { column, most: MAX_HISTOGRAM_SERIES })
  const series = new Map<number, Float64Array<ArrayBuffer>>()
  let total = 0
  for await (const found of sweep(index, prepared)) {
    const { chunk, rows } = found
    total += found.count
    const times = chunk.column(NUMBER.RECEIVED)
    const ids = column === undefined ? undefined : chunk.column(column)
    const first = chunk.fromMs - from
    let [lastId, counts] = [-1, new Float64Array(0)]
    for (let n = 0; n < found.count; n++) {
      const row = rows[n]!
      const word = ids?.[row] ?? 0
      const id = told.has(word) ? word : 0
      if (id !== lastId) {
        counts = series.get(id) ?? new Float64Array(count)
        series.set(id, counts)
        lastId = id
      }
      const bucket = Math.floor((first + times![row]!) / bucketMs)
      counts[bucket < 0 ? 0 : bucket < count ? bucket : count - 1]! += 1
    }
  }
  const dictionary = column === undefined ? null : index.dictionary(column)
  const named = [...series].map(([id, counts]) => ({ value: dictionary?.term(id) ?? '', counts }))
  return { from, to, bucketMs, total, series: topSeries(named, count) }
}

/** From what the query says, else from what there is, on whole buckets. */
function spanOf(
  index: RecordIndex,
  { fromMs, toMs }: Prepared,
  { buckets, now }: { readonly buckets: number; readonly now: number },
): { readonly from: number; readonly to: number; readonly bucketMs: number } {
  const start = fromMs === -Infinity ? (index.first?.fromMs ?? now) : fromMs
  // What is asked for without an end goes to now, so that the right edge is the present.
  const end = toMs === Infinity ? Math.max(now, (index.last?.toMs ?? now) + 1) : toMs
  const last = fromMs === -Infinity && toMs === Infinity ? (index.last?.toMs ?? now) + 1 : end
  const length = Math.max(1, last - start)
  const bucketMs =
    widths.find((width) => Math.ceil(length / width) + 1 <= buckets) ??
    Math.ceil(length / buckets / day + 1) * day
  const from = Math.floor(start / bucketMs) * bucketMs
  return { bucketMs, from, to: Math.max(from + bucketMs, Math.ceil(last / bucketMs) * bucketMs) }
}

function topSeries(
  named: readonly { readonly value: string; readonly counts: Float64Array }[],
  count: number,
): Histogram['series'] {
  const sum = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0)
  const sorted = named.toSorted((a, b) => sum(b.counts) - sum(a.counts))
  const told = sorted.filter(({ value }) => value !== '').slice(0, MAX_HISTOGRAM_SERIES)
  const others = new Float64Array(count)
  for (const one of sorted) {
    if (!told.includes(one)) one.counts.forEach((value, n) => (others[n]! += value))
  }
  const all = [...told, ...(sum(others) > 0 ? [{ value: '', counts: others }] : [])]
  return all.map(({ value, counts }) => ({ value, counts: [...counts] }))
}
