// One batch at a time, the oldest of each source, the sources in turn; the same signed bytes until
// the receiver has them. What is refused makes way for what is behind it.
import { invalidTriesMax, refusalsInRowMax, waitedRetryMs } from '../limits.ts'
import { type Notify, messageOf } from '../notice.ts'
import type { Verdict } from './answer.ts'
import { backoffMs, refusalBackoffMs } from './backoff.ts'
import type { Outgoing, Source } from './outgoing.ts'
import { createTimers } from './timers.ts'

export interface SenderOptions {
  /** In turn. */
  readonly sources: readonly Source[]
  /** What `flush` sends. */
  readonly flushed: readonly Source[]
  /** Sends it once. Rejects on network errors. */
  readonly deliver: (batch: Outgoing) => Promise<Verdict>
  /** Whether a response waits for a receipt. */
  readonly isWaitedFor: () => boolean
  /** A batch was sent, whatever came of it. */
  readonly onSent: () => void
  readonly notify: Notify
  readonly random: () => number
}

export interface Sender {
  /** Something may wait. */
  readonly kick: () => void
  /** Sends what waits; resolves when all is gone or a try failed. Never rejects. */
  readonly flush: () => Promise<void>
  readonly isSending: () => boolean
  /** Takes the timers off and starts no more; a request that runs is not cut. */
  readonly stop: () => void
}

type Refused = Extract<Verdict, { kind: 'refused' }>
type Again = Extract<Verdict, { kind: 'again' }>

/** Timers are unref'd: they never keep the process alive. */
export function createSender(options: SenderOptions): Sender {
  const { notify, random } = options
  const timers = createTimers(() => void start(options.sources))
  let failures = 0
  let refusedInRow = 0
  let invalid: { readonly batch: Outgoing; readonly tries: number } | null = null
  let running: Promise<void> | null = null
  let turn = 0

  /** Sends until nothing waits or a try fails; then the next try is due by timer. */
  async function run(sources: readonly Source[]): Promise<void> {
    for (let idle = 0; idle < sources.length && !timers.areStopped(); turn++) {
      const source = sources[turn % sources.length] as Source
      const batch = await source.peek()
      if (batch === null) {
        idle++
        continue
      }
      idle = 0
      const goesOn = conclude(await attempt(options.deliver, batch), batch, source)
      options.onSent()
      if (!goesOn) return
    }
  }

  /** Whether to go on at once. */
  function conclude(verdict: Verdict, batch: Outgoing, source: Source): boolean {
    if (verdict.kind === 'again' && !isHopeless(verdict, batch)) return retryLater(verdict)
    failures = 0
    invalid = null
    if (verdict.kind !== 'done') return refusedNow(verdict, batch, source)
    refusedInRow = 0
    source.done(batch, verdict.refused)
    if (verdict.refused > 0) notify('RECORDS_GIVEN_UP', verdict.reason)
    return true
  }

  /** An endpoint that gives no valid receipt for this one may give them for others. */
  function isHopeless({ code }: Again, batch: Outgoing): boolean {
    if (code !== 'RECEIPT_INVALID') return false
    const tries = invalid?.batch === batch ? invalid.tries + 1 : 1
    invalid = { batch, tries }
    return tries >= invalidTriesMax
  }

  function retryLater(verdict: Again): false {
    failures++
    // A receiver that is just being restarted answers the second try: no need to tell anybody.
    if (failures > 1 || verdict.code === 'RECEIPT_INVALID') notify(verdict.code, verdict.reason)
    const wait = backoffMs(failures, random())
    const soon = options.isWaitedFor() ? Math.min(wait, waitedRetryMs) : wait
    timers.pause(Math.max(verdict.afterMs ?? 0, soon))
    return false
  }

  function refusedNow({ reason }: Refused | Again, batch: Outgoing, source: Source): boolean {
    notify('EXPORT_REFUSED', reason)
    source.refuse(batch, reason)
    refusedInRow++
    if (refusedInRow < refusalsInRowMax) return true
    timers.pause(refusalBackoffMs(refusedInRow - refusalsInRowMax + 1, random()))
    return false
  }

  function start(sources: readonly Source[]): Promise<void> {
    timers.clear()
    running ??= run(sources)
      .catch((error: unknown) => void retryLater(failed(error)))
      .finally(() => (running = null))
    return running
  }

  return {
    kick: () => {
      if (running === null && !timers.arePaused()) void start(options.sources)
    },
    flush: async () => {
      // A running round may have looked before the last record came.
      if (running !== null) await running
      await start(options.flushed)
    },
    isSending: () => running !== null,
    stop: timers.stop,
  }
}

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
