import { tickIntervalMs } from '../limits.ts'

/** When the sender runs next. */
export interface Timers {
  /** Runs soon, if it does not already. */
  readonly tick: () => void
  /** Runs after `waitMs`, and not before. */
  readonly pause: (waitMs: number) => void
  /** Also when stopped: nothing is to be started. */
  readonly arePaused: () => boolean
  readonly areStopped: () => boolean
  readonly clear: () => void
  /** Clears them for good. */
  readonly stop: () => void
}

/** They never keep the process alive. */
export function createTimers(run: () => void): Timers {
  let tick: NodeJS.Timeout | undefined
  let pause: NodeJS.Timeout | undefined
  let isStopped = false

  function clear(): void {
    clearTimeout(tick)
    clearTimeout(pause)
    tick = pause = undefined
  }

  return {
    tick: () => {
      if (!isStopped) tick ??= setTimeout(run, tickIntervalMs).unref()
    },
    pause: (waitMs) => {
      if (!isStopped) pause = setTimeout(run, waitMs).unref()
    },
    arePaused: () => isStopped || pause !== undefined,
    areStopped: () => isStopped,
    clear,
    stop: () => {
      isStopped = true
      clear()
    },
  }
}
