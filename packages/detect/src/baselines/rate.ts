// A usual rate: sums per bucket of event time, and an exponentially weighted mean of those buckets
// in which anything was. Nights and holidays do not lower it. What is far off teaches it little,
// so that an attack does not become the usual. See rate.test.ts.
import { EWMA_WEIGHT, LEARN_MS, MIN_BUCKETS, type RateLimits } from './limits.ts'

export type Rate = {
  /** Number of the bucket that is open, and its sum. */
  bucket: number
  sum: number
  /** Mean of the closed ones, and how many there were. */
  mean: number
  closed: number
  /** Event time of the first, ms. */
  sinceMs: number
  /** The bucket that was spoken of last. */
  said: number
}

/** Of one who comes for the first time, with nothing added yet. */
export function begin(atMs: number, { bucketMs }: RateLimits): Rate {
  const bucket = Math.floor(atMs / bucketMs)
  return { bucket, sum: 0, mean: 0, closed: 0, sinceMs: atMs, said: -1 }
}

/** Whether the open bucket was over before this moment. */
export function isOver({ bucket }: Rate, atMs: number, { bucketMs }: RateLimits): boolean {
  return Math.floor(atMs / bucketMs) > bucket
}

/** One more, in place. What is late counts for the bucket that is open. */
export function add(rate: Rate, atMs: number, amount: number, limits: RateLimits): void {
  if (isOver(rate, atMs, limits)) {
    rate.mean = closedMean(rate)
    rate.closed++
    rate.bucket = Math.floor(atMs / limits.bucketMs)
    rate.sum = 0
  }
  rate.sum += amount
}

/** The mean with the open bucket closed: at first the plain mean, later the weighted one. */
export function closedMean({ mean, sum, closed }: Rate): number {
  const weight = Math.max(1 / (closed + 1), EWMA_WEIGHT)
  const most = closed < MIN_BUCKETS ? sum : Math.min(sum, 4 * mean)
  return mean + weight * (most - mean)
}

/**
 * How many times its usual the open bucket is; null: it is not far off, or nobody knows the usual.
 */
export function timesUsual(rate: Rate, atMs: number, { factor, floor }: RateLimits): number | null {
  const isLearned = rate.closed >= MIN_BUCKETS && atMs - rate.sinceMs >= LEARN_MS
  if (!isLearned || rate.sum < floor || rate.said === rate.bucket) return null
  const times = rate.sum / Math.max(rate.mean, 1)
  return times >= factor ? Math.round(times) : null
}
