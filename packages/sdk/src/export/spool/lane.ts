// All work on the disk, one piece after the other: a disk that hangs holds one of Node's four
// threads, not all that the service has.
import { performance } from 'node:perf_hooks'
import { SdkError } from '../../codes.ts'

export interface Lane {
  /**
   * Runs `work` after what came before. Rejects with SPOOL_UNAVAILABLE when it does not come back
   * in time, and at once for as long as it has not.
   */
  readonly run: <T>(work: () => Promise<T>) => Promise<T>
  /** Something has not come back in time. */
  readonly isStuck: () => boolean
}

const tickMs = 1_000

/**
 * A call is many steps, and each needs a turn of the event loop to be heard of. While a service
 * starts, a turn may take a second: that is no slow disk. So the time counts in which the loop
 * waited with nothing to do. Where it never does, this many ticks are the end.
 */
const busyTicksMax = 60

/**
 * `timeoutMs`: how long the event loop may wait for one call. `idleMs`: how long it has waited so
 * far. The timer is unref'd.
 */
export function createLane(timeoutMs: number, idleMs: () => number = loopIdleMs): Lane {
  let turn: Promise<unknown> = Promise.resolve()
  let isStuck = false

  async function limited<T>(work: () => Promise<T>): Promise<T> {
    if (isStuck) throw stuck()
    const working = work()
    return new Promise<T>((resolve, reject) => {
      let ticks = 0
      const idleBefore = idleMs()
      const timer = setInterval(() => {
        if (idleMs() - idleBefore < timeoutMs && ++ticks < busyTicksMax) return
        isStuck = true
        reject(stuck())
      }, tickMs).unref()
      working.then(resolve, reject).finally(() => {
        clearInterval(timer)
        isStuck = false
      })
    })
  }

  return {
    run: (work) => {
      if (isStuck) return Promise.reject(stuck())
      const result = turn.then(() => limited(work))
      turn = result.catch(() => undefined)
      return result
    },
    isStuck: () => isStuck,
  }
}

function loopIdleMs(): number {
  return performance.eventLoopUtilization().idle
}

function stuck(): SdkError {
  return new SdkError('SPOOL_UNAVAILABLE', 'the disk does not answer')
}
