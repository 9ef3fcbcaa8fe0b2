// A token bucket: so many in a second, and no more than a second's worth at once. What came is
// counted once it is known, so it may go into debt, which the next ones wait for. See
// share.test.ts.

export interface Bucket {
  /** Milliseconds until there is room for one more; 0: there is. */
  waitMs(): number
  /** Counts so many. */
  take(count: number): void
}

/** `uptimeMs`: milliseconds of a clock that never goes back. */
export function createBucket(perSecond: number, uptimeMs: () => number): Bucket {
  let tokens = perSecond
  let filledAt = uptimeMs()

  function fill(): void {
    const now = uptimeMs()
    tokens = Math.min(perSecond, tokens + ((now - filledAt) / 1_000) * perSecond)
    filledAt = now
  }

  return {
    waitMs() {
      // Without a bound there is nothing to count; 0 * Infinity would be no number.
      if (perSecond === Infinity) return 0
      fill()
      return tokens >= 1 ? 0 : ((1 - tokens) / perSecond) * 1_000
    },
    take(count) {
      if (perSecond === Infinity) return
      fill()
      tokens -= count
    },
  }
}
