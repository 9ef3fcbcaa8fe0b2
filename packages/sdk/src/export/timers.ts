import { tickIntervalMs } from '../limits.ts'

/** When the sender tries again after a failure. */
export interface Timers {
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
  let pause: NodeJS.Timeout | undefined
  let isStopped = false

  function clear(): void {
    clearTimeout(pause)
    pause = undefined
  }

  return {
    pause: (waitMs) => {
      clear()
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

/** When what waits is signed. */
export interface Ticks {
  /** With the next tick. */
  readonly later: () => void
  /** When all that is ready to run in this turn of the event loop has run. */
  readonly now: () => void
  readonly stop: () => void
}

/** They never keep the process alive. */
export function createTicks({ sign }: { readonly sign: () => void }): Ticks {
  let tick: NodeJS.Timeout | undefined
  let soon: NodeJS.Immediate | undefined
  let isStopped = false

  function run(): void {
    clear()
    sign()
  }

  function clear(): void {
    clearTimeout(tick)
    clearImmediate(soon)
    tick = soon = undefined
  }

  return {
    later: () => {
      if (!isStopped) tick ??= setTimeout(run, tickIntervalMs).unref()
    },
    now: () => {
      if (!isStopped) soon ??= setImmediate(run).unref()
    },
    stop: () => {
      isStopped = true
      clear()
    },
  }
}
