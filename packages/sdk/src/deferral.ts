import { AsyncLocalStorage } from 'node:async_hooks'
import { deferralMs, deferredMax } from './limits.ts'

/** Work that waits until the host has nothing more urgent to do. */
export interface Deferral {
  /** Runs `work` soon, in the order of the calls; what it throws goes to `onError`. */
  readonly defer: (work: () => void) => void
  /** Runs what waits now. */
  readonly drain: () => void
}

/**
 * Runs outside of any request's async context, which it would otherwise keep alive, and many at a
 * time: work in between two requests makes the host's next system calls dearer, for whoever waits
 * for them has gone to sleep. The timer is unref'd.
 */
export function createDeferral(onError: (error: unknown) => void): Deferral {
  const detached = AsyncLocalStorage.snapshot()
  let waiting: (() => void)[] = []
  let timer: NodeJS.Timeout | undefined
  let soon: NodeJS.Immediate | undefined

  function drain(): void {
    clearTimeout(timer)
    clearImmediate(soon)
    timer = soon = undefined
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

  function schedule(): void {
    if (waiting.length >= deferredMax) soon ??= setImmediate(drain).unref()
    else timer ??= setTimeout(drain, deferralMs).unref()
  }

  return {
    drain,
    defer: (work) => {
      waiting.push(work)
      if (waiting.length === 1 || waiting.length === deferredMax) detached(schedule)
    },
  }
}
