// Ratios of interleaved rounds, how noisy they are, and whether they got worse.

/** A figure over rounds. */
export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Half the numbers are not larger. Of none: NaN. */
export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const [below, above] = [sorted[middle - 1], sorted[middle]]
  if (above === undefined) return Number.NaN
  return sorted.length % 2 === 1 || below === undefined ? above : (below + above) / 2
}

/**
 * The smallest of the numbers that `part` of them (0.99: 99 %) are not larger than, which is one
 * that was measured: nothing is made up between two. Of none: NaN.
 */
export function percentile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)] ?? Number.NaN
}

export function spreadOf(numbers: readonly number[]): Spread {
  return { median: median(numbers), least: Math.min(...numbers), most: Math.max(...numbers) }
}

/**
 * What ours cost, divided by what theirs cost in the same round: what the machine did besides
 * slowed both. Errors: RangeError for rounds that are not pairs.
 */
export function ratioOf(ours: readonly number[], theirs: readonly number[]): Spread {
  if (ours.length !== theirs.length) throw new RangeError('rounds are not pairs')
  return spreadOf(ours.map((cost, round) => cost / theirs[round]!))
}

/** The farthest round from the median, as a part of the median: 0.1 is ±10 %. */
export function noiseOf({ least, median: middle, most }: Spread): number {
  return Math.max(most - middle, middle - least) / middle
}

/** A ratio as it is kept. */
export interface KeptRatio {
  readonly ratio: number
  readonly noise: number
}

/** Below this a difference is what another day, kernel or Node makes. */
const noiseMin = 0.1

export interface Regression {
  readonly name: string
  readonly was: number
  readonly is: number
  /** A ratio above this is one. */
  readonly limit: number
}

/**
 * Ratios that are larger than they were by more than the noise of both measurements. A kept ratio
 * that is not there any more is one, too: its limit is NaN.
 */
export function regressionsIn(
  kept: Readonly<Record<string, KeptRatio>>,
  now: Readonly<Record<string, KeptRatio>>,
): Regression[] {
  return Object.entries(kept).flatMap(([name, { noise, ratio: was }]) => {
    const current = now[name]
    if (current === undefined) return [{ name, was, is: Number.NaN, limit: Number.NaN }]
    const limit = was * (1 + Math.max(noiseMin, noise + current.noise))
    return current.ratio > limit ? [{ name, was, is: current.ratio, limit }] : []
  })
}
