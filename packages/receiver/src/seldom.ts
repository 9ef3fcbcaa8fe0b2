/**
 * Tells of each key at most once in `everyMs`, with how often it came since it was told last: so
 * strangers fill no log. `uptimeMs`: milliseconds of a clock that never goes back.
 */
export function seldom(
  everyMs: number,
  uptimeMs: () => number,
): (key: string, tell: (times: number) => void) => void {
  const counts = new Map<string, { toldMs: number; times: number }>()
  return (key, tell) => {
    const count = counts.get(key) ?? { toldMs: -Infinity, times: 0 }
    counts.set(key, count)
    count.times++
    if (uptimeMs() - count.toldMs < everyMs) return
    const { times } = count
    counts.set(key, { toldMs: uptimeMs(), times: 0 })
    tell(times)
  }
}
