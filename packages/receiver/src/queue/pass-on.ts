// What is not audit goes to the queue of its signal, or, where no sink takes it, nowhere: that is
// counted, and told once. See pass-through.test.ts and forward/signals.test.ts.
import type { Log, Signal } from '../flow.ts'
import type { WatchedLedger } from '../ledger.ts'
import type { PassThroughQueue } from './pass-through.ts'

export interface PassOnOptions {
  /** Left out: spans. */
  readonly signal?: Exclude<Signal, 'traces'>
  /** Undefined: no sink takes the signal. */
  readonly queue: Pick<PassThroughQueue, 'append'> | undefined
  readonly counted: { passedThrough: number; discarded: number }
  readonly ledger: Pick<WatchedLedger, 'guard'>
  readonly log: Log
}

/** Returns what resolves once so many items are durable. Errors of it: RECEIVER_COMMIT_FAILED. */
export function createPassOn({
  counted,
  ledger,
  log,
  queue,
  signal,
}: PassOnOptions): (body: Uint8Array | null, items: number) => Promise<void> {
  return async (body, items) => {
    if (body === null || items === 0) return
    if (queue !== undefined) {
      await ledger.guard(queue.append(body))
      counted.passedThrough += items
      return
    }
    if (counted.discarded === 0) log({ code: 'PASS_THROUGH_DISCARDED', level: 'warn', signal })
    counted.discarded += items
  }
}
