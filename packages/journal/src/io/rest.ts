// Between two looks at a folder that another process writes. While something comes they are at an
// interval. Else nobody looks until something comes: a process that wakes ten times a second costs
// more than what it looks at. The system tells (inotify and its likes); not all file systems do, so
// that once in a while there is a look all the same. See rest.test.ts.
import { type FSWatcher, watch } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'

export interface RestTimes {
  /** Between two looks while something comes, and where the system does not tell. */
  readonly everyMs: number
  /** The most between two looks while nothing comes. */
  readonly quietMs: number
}

/**
 * Resolves when it is time for another look. `isBusy`: the last one found something, or something
 * is left to be done. The first time that it is not, that is at once: what came before the system
 * was asked to tell is there to be seen. Resolves at once when the signal aborts; never rejects.
 */
export type Rest = (isBusy: boolean, times: RestTimes) => Promise<void>

export function restsIn(directory: string, signal: AbortSignal): Rest {
  let told: Told | null = null
  return async (isBusy, { everyMs, quietMs }) => {
    if (signal.aborted) return
    if (isBusy) {
      told?.end()
      told = null
      await pause(everyMs, undefined, { signal }).catch(() => undefined)
    } else if (told === null) {
      told = tellOf(directory, signal)
    } else {
      const hasHappened = await told.within(told.isTelling ? quietMs : everyMs)
      if (!hasHappened) return
      told.end()
      told = null
    }
  }
}

interface Told {
  /** False: the system does not. */
  readonly isTelling: boolean
  /** Resolves when something happened since the start, or after so many ms: false. */
  within(ms: number): Promise<boolean>
  end(): void
}

/** Of what happens in the folder from now on; perhaps of what happened just before, too. */
function tellOf(directory: string, signal: AbortSignal): Told {
  let hasHappened = false
  // Not a promise: one that is pending for weeks would keep each who ever waited for it.
  let wake: (() => void) | null = null
  const happened = (): void => {
    hasHappened = true
    wake?.()
  }
  let watcher = watching(directory, happened)
  // The folder goes away, or the system has had enough of it.
  watcher?.on('error', () => {
    watcher = null
    happened()
  })
  const end = (): void => {
    watcher?.close()
    signal.removeEventListener('abort', end)
    happened()
  }
  signal.addEventListener('abort', end)
  return {
    get isTelling() {
      return watcher !== null
    },
    within(ms) {
      if (hasHappened) return Promise.resolve(true)
      return new Promise((resolve) => {
        const over = (): void => {
          clearTimeout(timer)
          wake = null
          resolve(hasHappened)
        }
        const timer = setTimeout(over, ms)
        wake = over
      })
    },
    end,
  }
}

function watching(directory: string, happened: () => void): FSWatcher | null {
  try {
    return watch(directory, { persistent: false }, happened)
  } catch {
    return null
  }
}
