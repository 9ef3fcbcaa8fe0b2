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
