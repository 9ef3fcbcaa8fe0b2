import { AsyncLocalStorage } from 'node:async_hooks'

/** Work that waits until the current response has been written. */
export interface Deferral {
  /** Runs `work` soon, in the order of the calls; what it throws goes to `onError`. */
  readonly defer: (work: () => void) => void
  /** Runs what waits now. */
  readonly drain: () => void
}

/** Runs outside of any request's async context, which it would otherwise keep alive. */
export function createDeferral(onError: (error: unknown) => void): Deferral {
  const detached = AsyncLocalStorage.snapshot()
  let waiting: (() => void)[] = []

  function drain(): void {
    const works = waiting
    waiting = []
    for (const work of works) {
      try {
        work()
      } catch (error) {
        onError(error)
      }
    }
  }

  return {
    drain,
    defer: (work) => {
      if (waiting.length === 0) detached(setImmediate, drain)
      waiting.push(work)
    },
  }
}
