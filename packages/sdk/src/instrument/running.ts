/** How many requests run now. */
export interface Running {
  readonly enter: () => void
  readonly leave: () => void
  /** Resolves with how many still run: when it is none, or after `timeoutMs`. */
  readonly settle: (timeoutMs: number) => Promise<number>
}

/** Of all counters of this thread. */
let total = 0

/** How many requests run now, whatever counts them. */
export function countRunningNow(): number {
  return total
}

/** The timer of `settle` holds the process: somebody waits for it. */
export function countRunning(): Running {
  const waiting = new Set<() => void>()
  let running = 0
  return {
    enter: () => {
      running++
      total++
    },
    leave: () => {
      running--
      total--
      if (running === 0) for (const done of waiting) done()
    },
    settle: (timeoutMs) => {
      if (running === 0) return Promise.resolve(0)
      return new Promise((resolve) => {
        const done = (): void => {
          clearTimeout(timer)
          waiting.delete(done)
          resolve(running)
        }
        const timer = setTimeout(done, timeoutMs)
        waiting.add(done)
      })
    },
  }
}
