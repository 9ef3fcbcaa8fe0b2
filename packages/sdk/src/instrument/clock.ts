/** A running time measurement. */
export interface Stopwatch {
  readonly startTimeUnixNano: bigint
  /** Unix nanoseconds now; whole microseconds and always after the start (FORMAT.md 1.2). */
  readonly stop: () => bigint
}

/**
 * Starts at the wall clock and measures with the monotonic one, so that a clock that is set back in
 * between cannot make a record end before it starts.
 */
export function startStopwatch(): Stopwatch {
  const startTimeUnixNano = BigInt(Date.now()) * 1_000_000n
  const monotonicStart = process.hrtime.bigint()
  const stop = (): bigint => {
    const microseconds = (process.hrtime.bigint() - monotonicStart) / 1_000n
    return startTimeUnixNano + (microseconds > 0n ? microseconds : 1n) * 1_000n
  }
  return { startTimeUnixNano, stop }
}

/**
 * Times of what began at `startedAtMs` of `performance.now()` and ends now: for what happens often,
 * since it costs nothing before the end.
 */
export function timesSince(startedAtMs: number): Omit<Stopwatch, 'stop'> & {
  readonly endTimeUnixNano: bigint
} {
  const endUs = Date.now() * 1000
  const us = Math.max(1, Math.floor((performance.now() - startedAtMs) * 1000))
  return { startTimeUnixNano: BigInt(endUs - us) * 1000n, endTimeUnixNano: BigInt(endUs) * 1000n }
}
