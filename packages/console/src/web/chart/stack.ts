// The numbers behind a chart of stacked bars. See stack.test.ts.
import type { Histogram } from '../../api/summary.ts'

export interface Band {
  readonly value: string
  readonly counts: readonly number[]
  readonly total: number
}

/** From the bottom of the stack: the ordinary below, what went wrong on top, where eyes look. */
const order = ['success', 'challenge', 'denied', 'failure']

export function bandsOf({ series }: Histogram): Band[] {
  const rank = ({ value }: Band): number => {
    const at = order.indexOf(value)
    return at === -1 ? order.length : at
  }
  return series
    .map(({ value, counts }) => ({ value, counts, total: counts.reduce((a, b) => a + b, 0) }))
    .filter(({ total }) => total > 0)
    .toSorted((a, b) => rank(a) - rank(b))
}

/** Begins of buckets in seconds, then the tops of the bands, the highest first. */
export function stackOf({ from, bucketMs }: Histogram, bands: readonly Band[]): number[][] {
  const length = bands[0]?.counts.length ?? 0
  const starts = Array.from({ length }, (_, at) => (from + at * bucketMs) / 1_000)
  const tops: number[][] = []
  let below = starts.map(() => 0)
  for (const { counts } of bands) {
    below = below.map((sum, at) => sum + (counts[at] ?? 0))
    tops.unshift(below)
  }
  return [starts, ...tops]
}

/** What the chart shows, for those who do not see it. */
export function toldChart(histogram: Histogram, bands: readonly Band[]): string {
  const parts = bands.map(({ value, total }) => `${total} ${value === '' ? 'other' : value}`)
  return `${histogram.total} records over time: ${parts.join(', ') || 'none'}`
}
