// Batches that the receiver refused: out of the way of the others, and sent again more and more
// seldom, all of them in one pass. A refusal is not signed, anybody could say it.
import { refusalBackoffMs } from './backoff.ts'
import type { Outgoing, Source } from './outgoing.ts'
import type { Store } from './spool/store.ts'

export interface RefusalsOptions {
  readonly store: Store
  readonly hasRoomFor: (batch: Outgoing) => boolean
  /** A pass is due. */
  readonly onDue: () => void
  readonly random: () => number
}

export interface Refusals extends Source {
  /** false: no room. */
  readonly keep: (batch: Outgoing) => boolean
  /** Something was taken: perhaps these are now, too. */
  readonly hint: () => void
  /** Makes a pass due now. */
  readonly begin: () => void
  readonly stop: () => void
}

/** The timer is unref'd. */
export function createRefusals({ store, hasRoomFor, onDue, random }: RefusalsOptions): Refusals {
  let kept = 0
  /** Batches left of the pass that runs. */
  let left = 0
  let passes = 0
  let timer: NodeJS.Timeout | undefined
  let isStopped = false

  function schedule(): void {
    if (isStopped || timer !== undefined || left > 0 || store.isEmpty) return
    timer = setTimeout(begin, refusalBackoffMs(passes + 1, random())).unref()
  }

  function begin(): void {
    clearTimeout(timer)
    timer = undefined
    if (left === 0) passes++
    left = kept
    onDue()
  }

  function pass(): void {
    store.shift()
    kept = Math.max(0, kept - 1)
    left = store.isEmpty ? 0 : Math.max(0, left - 1)
    schedule()
  }

  return {
    keep: (batch) => {
      if (!hasRoomFor(batch)) return false
      store.push(batch)
      kept++
      schedule()
      return true
    },
    peek: async () => {
      if (left === 0) return null
      const batch = await store.peek()
      if (batch === null) left = 0
      return batch
    },
    behind: () => [],
    done: () => {
      passes = 0
      pass()
    },
    refuse: (batch) => {
      // First: until it is written again, what has it is not removed.
      store.push(batch)
      kept++
      pass()
      // Where nothing can be written, a pass would bring all that is on disk into memory.
      if (!store.hasRoom) left = 0
      schedule()
    },
    hint: () => {
      if (passes <= 1) return
      passes = 0
      clearTimeout(timer)
      timer = undefined
      schedule()
    },
    begin: () => void (store.isEmpty || begin()),
    stop: () => {
      isStopped = true
      clearTimeout(timer)
    },
  }
}
