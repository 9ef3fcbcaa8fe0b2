// One batch at a time, the oldest first; the same signed bytes until the receiver has them. A batch
// leaves memory only when its verdict is `done`.
import type { SignedRecords } from '../event.ts'
import { tickIntervalMs } from '../limits.ts'
import { type Notify, messageOf } from '../notice.ts'
import type { Verdict } from './answer.ts'
import { backoffMs } from './backoff.ts'

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
  readonly waiting: () => number
  /** This many waiting records are sent without waiting for the tick. */
  readonly batchRecords: number
  readonly notify: Notify
  readonly random: () => number
}

export interface Sender {
  /** A record was queued. */
  readonly kick: () => void
  /** Sends what waits; resolves when all is gone or a try failed. Never rejects. */
  readonly flush: () => Promise<void>
}

/** Timers are unref'd: they never keep the process alive. */
export function createSender(options: SenderOptions): Sender {
  let tick: NodeJS.Timeout | undefined
  let pause: NodeJS.Timeout | undefined
  let batch: Outgoing | null = null
  let failures = 0
  let running: Promise<void> | null = null

  /** Sends until nothing waits or a try fails; then the next try is due by timer. */
  async function run(): Promise<void> {
    for (;;) {
      batch ??= options.next()
      if (batch === null) return
      const verdict = await attempt(batch)
      if (verdict.kind === 'again') return retryLater(verdict)
      failures = 0
      options.release(batch, verdict.refused)
      if (verdict.refused > 0) options.notify('EXPORT_REFUSED', verdict.reason)
      batch = null
    }
  }

  async function attempt(current: Outgoing): Promise<Verdict> {
    try {
      return await options.deliver(current)
    } catch (error) {
      return failed(error)
    }
  }

  function retryLater(verdict: Again): void {
    failures++
    // A receiver that is just being restarted answers the second try: no need to tell anybody.
    if (failures > 1 || verdict.code === 'RECEIPT_INVALID')
      options.notify(verdict.code, verdict.reason)
    const waitMs = Math.max(verdict.afterMs ?? 0, backoffMs(failures, options.random()))
    pause = setTimeout(() => void start(), waitMs).unref()
  }

  function start(): Promise<void> {
    clearTimeout(tick)
    clearTimeout(pause)
    tick = pause = undefined
    running ??= run()
      .catch((error: unknown) => retryLater(failed(error)))
      .finally(() => {
        running = null
        if (pause === undefined && options.waiting() > 0) kick()
      })
    return running
  }

  function kick(): void {
    if (running !== null || pause !== undefined) return
    if (options.waiting() >= options.batchRecords) void start()
    else tick ??= setTimeout(() => void start(), tickIntervalMs).unref()
  }

  return {
    kick,
    flush: async () => {
      // A running round may have looked at the queue before the last record came.
      if (running !== null) await running
      await start()
      // At the process's end a single failed try is worth telling: these records are lost with it.
      const left = options.waiting()
      if (left > 0) options.notify('RECORDS_UNSENT', `${left} records`)
    },
  }
}

type Again = Extract<Verdict, { kind: 'again' }>

function failed(error: unknown): Again {
  return { kind: 'again', code: 'EXPORT_FAILING', reason: messageOf(error), afterMs: null }
}
