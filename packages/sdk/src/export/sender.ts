// One batch at a time, the oldest first; the same signed bytes until the receiver has them. A batch
// leaves memory when its verdict is `done`, or when it was refused again and again.
import type { SignedRecords } from '../event.ts'
import { refusalRetriesMax } from '../limits.ts'
import { type Notify, messageOf } from '../notice.ts'
import type { Verdict } from './answer.ts'
import { backoffMs, refusalBackoffMs } from './backoff.ts'
import { createTimers } from './timers.ts'

/** A batch and the OTLP body that carries it: encoded once, sent as often as it takes. */
export interface Outgoing extends SignedRecords {
  readonly body: Uint8Array
}

export interface SenderOptions {
  /** Signs the next batch; null when nothing waits. It stays in the queue until `release`. */
  readonly next: () => Outgoing | null
  /** Sends it once. Rejects on network errors. */
  readonly deliver: (batch: Outgoing) => Promise<Verdict>
  /** The batch is done, `refused` of its records for good without a place in the log. */
  readonly release: (batch: Outgoing, refused: number) => void
  /** The receiver refused the batch; it stays, and is sent again later. */
  readonly refused: (batch: Outgoing, reason: string) => void
  readonly waiting: () => number
  /** This many waiting records are sent without waiting for the tick. */
  readonly batchRecords: number
  readonly notify: Notify
  readonly random: () => number
}

export interface Sender {
  /** A record was queued. */
  readonly kick: () => void
  /** Sends what waits, without the tick; a pause after a failure is kept. */
  readonly hurry: () => void
  /** Sends what waits; resolves when all is gone or a try failed. Never rejects. */
  readonly flush: () => Promise<void>
  /** Takes the timers off and starts no more; a request that runs is not cut. */
  readonly stop: () => void
}

/** Timers are unref'd: they never keep the process alive. */
export function createSender(options: SenderOptions): Sender {
  const timers = createTimers(() => void start())
  let batch: Outgoing | null = null
  let failures = 0
  let refusals = 0
  let running: Promise<void> | null = null

  /** Sends until nothing waits or a try fails; then the next try is due by timer. */
  async function run(): Promise<void> {
    for (;;) {
      batch ??= options.next()
      if (batch === null || timers.areStopped()) return
      const verdict = await attempt(options.deliver, batch)
      if (verdict.kind === 'again') return retryLater(verdict)
      if (verdict.kind === 'refused' && refusals < refusalRetriesMax) {
        options.refused(batch, verdict.reason)
        return refusedNow(verdict)
      }
      failures = refusals = 0
      options.release(batch, verdict.refused)
      if (verdict.refused > 0) options.notify('RECORDS_GIVEN_UP', verdict.reason)
      batch = null
    }
  }

  function retryLater(verdict: Again): void {
    failures++
    // A receiver that is just being restarted answers the second try: no need to tell anybody.
    if (failures > 1 || verdict.code === 'RECEIPT_INVALID')
      options.notify(verdict.code, verdict.reason)
    timers.pause(Math.max(verdict.afterMs ?? 0, backoffMs(failures, options.random())))
  }

  function refusedNow({ reason }: Refused): void {
    refusals++
    options.notify('EXPORT_REFUSED', reason)
    timers.pause(refusalBackoffMs(refusals, options.random()))
  }

  function start(): Promise<void> {
    timers.clear()
    running ??= run()
      .catch((error: unknown) => retryLater(failed(error)))
      .finally(() => {
        running = null
        if (options.waiting() > 0) kick()
      })
    return running
  }

  function kick(): void {
    if (running !== null || timers.arePaused()) return
    if (options.waiting() >= options.batchRecords) void start()
    else timers.tick()
  }

  return {
    kick,
    hurry: () => {
      if (running === null && !timers.arePaused()) void start()
    },
    flush: async () => {
      // A running round may have looked at the queue before the last record came.
      if (running !== null) await running
      await start()
    },
    stop: timers.stop,
  }
}

type Refused = Extract<Verdict, { kind: 'refused' }>
type Again = Extract<Verdict, { kind: 'again' }>

function failed(error: unknown): Again {
  return { kind: 'again', code: 'EXPORT_FAILING', reason: messageOf(error), afterMs: null }
}

async function attempt(deliver: SenderOptions['deliver'], batch: Outgoing): Promise<Verdict> {
  try {
    return await deliver(batch)
  } catch (error) {
    return failed(error)
  }
}
