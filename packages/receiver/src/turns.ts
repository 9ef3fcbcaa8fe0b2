// Long work in slices, so that no request holds up the acknowledgement of another: one slice in a
// turn of the event loop, and senders by turns, however much each of them has sent. Decision 025;
// proven by turns.test.ts.
import { done, type Work } from '@grantlog/record/otlp'
import { FREE_TURN_BYTES, TURN_MS } from './limits.ts'

/** Does the work on so many bytes, in as many turns as it takes. Rejects as the work throws. */
export type Pace = <T>(work: Work<T>, bytes: number) => Promise<T>

/** For work that nobody waits behind. */
export const atOnce: Pace = async (work) => done(work)

export interface Turns {
  /** Slices that wait. */
  readonly waiting: number
  /** For one request of a sender. */
  paceOf(sender: string): Pace
}

export interface TurnClock {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** Calls it when all others had their turn. */
  readonly next: (slice: () => void) => void
}

const system: TurnClock = { now: () => performance.now(), next: (slice) => setImmediate(slice) }

/** Work of one request; `goOn` does a slice of it, and says whether there is more. */
interface Job {
  goOn(): boolean
}

export function createTurns({ next, now }: TurnClock = system): Turns {
  /** By sender, whose turn it is first: the oldest of its jobs first. */
  const senders = new Map<string, Job[]>()
  let waiting = 0

  function slice(): void {
    const [first] = senders
    if (first === undefined) return
    const [sender, jobs] = first
    const job = jobs.shift()!
    senders.delete(sender)
    waiting--
    const isMore = job.goOn()
    if (isMore) jobs.push(job)
    if (isMore) waiting++
    if (jobs.length > 0) senders.set(sender, jobs)
    if (waiting > 0) next(slice)
  }

  function add(sender: string, job: Job): void {
    const jobs = senders.get(sender)
    if (jobs === undefined) senders.set(sender, [job])
    else jobs.push(job)
    if (++waiting === 1) next(slice)
  }

  /** Up to the end of a slice; undefined: there is more. */
  function sliceOf<T>(work: Work<T>): { readonly value: T } | undefined {
    const until = now() + TURN_MS
    for (;;) {
      const step = work.next()
      if (step.done) return { value: step.value }
      if (now() >= until) return undefined
    }
  }

  return {
    get waiting() {
      return waiting
    },
    paceOf: (sender) => async (work, bytes) => {
      // What is small, and what comes while nobody waits, begins at once: mostly it is done then.
      const first = waiting === 0 || bytes <= FREE_TURN_BYTES ? sliceOf(work) : undefined
      if (first !== undefined) return first.value
      return await new Promise((resolve, reject) => {
        add(sender, {
          goOn() {
            try {
              const end = sliceOf(work)
              if (end !== undefined) resolve(end.value)
              return end === undefined
            } catch (error) {
              reject(error)
              return false
            }
          },
        })
      })
    },
  }
}
