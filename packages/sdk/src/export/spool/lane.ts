// All work on the disk, one piece after the other: a disk that hangs holds one of Node's four
// threads, not all that the service has.
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

/** Counted in ticks of a running event loop: a service that computes a while is no slow disk. */
const ticksMax = 10

/** The timer is unref'd. */
export function createLane(timeoutMs: number): Lane {
  let turn: Promise<unknown> = Promise.resolve()
  let isStuck = false

  async function limited<T>(work: () => Promise<T>): Promise<T> {
    if (isStuck) throw stuck()
    const working = work()
    return new Promise<T>((resolve, reject) => {
      let ticks = 0
      const timer = setInterval(() => {
        if (++ticks < ticksMax) return
        isStuck = true
        reject(stuck())
      }, timeoutMs / ticksMax).unref()
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

function stuck(): SdkError {
  return new SdkError('SPOOL_UNAVAILABLE', 'the disk does not answer')
}
