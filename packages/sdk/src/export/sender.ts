// One request at a time, the oldest batches of each source, the sources in turn; the same signed
// bytes until the receiver has them. What is refused makes way for what is behind it.
import { type SdkCode, SdkError } from '../codes.ts'
import {
  batchRecordsMax,
  invalidTriesMax,
  refusalsInRowMax,
  refusedPauseMaxMs,
  waitedRetryMs,
} from '../limits.ts'
import { type Notify, messageOf } from '../notice.ts'
import type { RequestLimits } from '../request-limits.ts'
import type { Verdict } from './answer.ts'
import { backoffMs, refusalBackoffMs } from './backoff.ts'
import type { Outgoing, Source } from './outgoing.ts'
import { createTimers, type Timers } from './timers.ts'

export interface SenderOptions {
  /** In turn. */
  readonly sources: readonly Source[]
  /** What `flush` sends. */
  readonly flushed: readonly Source[]
  /** Sends them once, in one request; a verdict for each. Rejects on network errors. */
  readonly deliver: (batches: readonly Outgoing[]) => Promise<readonly Verdict[]>
  /** Of one request; asked for each. */
  readonly limits: Pick<RequestLimits, 'batches' | 'bytes'>
  /** Whether a response waits for a receipt. */
  readonly isWaitedFor: () => boolean
  /** A request was sent, whatever came of it. */
  readonly onSent: () => void
  /** So many records are with the receiver now. */
  readonly onDone: (records: number) => void
  readonly notify: Notify
  readonly random: () => number
}

type Refused = Extract<Verdict, { kind: 'refused' }>
type Again = Extract<Verdict, { kind: 'again' }>

/** See the head of this file. Timers are unref'd: they never keep the process alive. */
export class Sender {
  readonly #options: SenderOptions
  readonly #timers: Timers
  #failures = 0
  #refusedInRow = 0
  #invalid: { readonly batch: Outgoing; readonly tries: number } | null = null
  #running: Promise<void> | null = null
  #turn = 0
  /** Batches that went together had trouble: whose it is shows when they go one by one. */
  #isOneByOne = false
  /** Something came while a round ran, which may have looked before. */
  #isAsked = false
  /** The next try may be sooner, for somebody who waits. */
  #isPatient = false

  constructor(options: SenderOptions) {
    this.#options = options
    this.#timers = createTimers(() => void this.#start(options.sources))
  }

  get isSending(): boolean {
    return this.#running !== null
  }

  /** Something may wait. */
  kick(): void {
    this.#isAsked = true
    if (this.#running === null && !this.#timers.arePaused()) void this.#start(this.#options.sources)
  }

  /** A response waits for a receipt from now on: it must not wait for a long pause, too. */
  hurry(): void {
    if (!this.#isPatient || !this.#timers.arePaused()) return
    this.#isPatient = false
    this.#timers.pause(waitedRetryMs)
  }

  /** Sends what waits; resolves when all is gone or a try failed. Never rejects. */
  async flush(): Promise<void> {
    // A running round may have looked before the last record came.
    if (this.#running !== null) await this.#running
    await this.#start(this.#options.flushed)
  }

  /** Takes the timers off and starts no more; a request that runs is not cut. */
  stop(): void {
    this.#timers.stop()
  }

  #start(sources: readonly Source[]): Promise<void> {
    this.#timers.clear()
    if (this.#running !== null) return this.#running
    this.#isAsked = false
    this.#running = this.#run(sources)
      .catch((error: unknown) => void this.#retryLater(failed(error)))
      .finally(() => {
        this.#running = null
        if (this.#isAsked) this.kick()
      })
    return this.#running
  }

  /** Sends until nothing waits or a try fails; then the next try is due by timer. */
  async #run(sources: readonly Source[]): Promise<void> {
    for (let idle = 0; idle < sources.length && !this.#timers.areStopped();) {
      const source = sources[this.#turn % sources.length] as Source
      const first = await source.peek()
      if (first === null) {
        idle++
        this.#turn++
        continue
      }
      idle = 0
      const batches = this.#together(first, source)
      const verdicts = await attempt(this.#options.deliver, batches)
      const goesOn = this.#concludeAll(verdicts, batches, source)
      this.#options.onSent()
      if (!goesOn) return
      // Whose trouble it is must show before others have their turn.
      if (!this.#isOneByOne) this.#turn++
    }
  }

  /** What goes in one request: small batches that have piled up, within the limits of one. */
  #together(first: Outgoing, source: Source): Outgoing[] {
    const { limits } = this.#options
    const batches = [first]
    let { count } = first
    let bytes = first.body.length
    for (const batch of this.#isOneByOne ? [] : source.behind()) {
      count += batch.count
      bytes += batch.body.length
      const isOver = count > batchRecordsMax || bytes > limits.bytes
      if (isOver || batches.length >= limits.batches) break
      batches.push(batch)
    }
    return batches
  }

  /** Whether to go on at once. */
  #concludeAll(
    verdicts: readonly Verdict[],
    batches: readonly Outgoing[],
    source: Source,
  ): boolean {
    for (const [at, batch] of batches.entries()) {
      const verdict = verdicts[at] ?? failed('no verdict')
      this.#isOneByOne = batches.length > 1 && isTrouble(verdict)
      if (this.#isOneByOne) return true
      if (!this.#conclude(verdict, batch, source)) return false
    }
    return true
  }

  /** Whether to go on at once. */
  #conclude(verdict: Verdict, batch: Outgoing, source: Source): boolean {
    if (verdict.kind === 'again' && !this.#isHopeless(verdict, batch)) {
      return this.#retryLater(verdict)
    }
    this.#failures = 0
    this.#invalid = null
    if (verdict.kind !== 'done') return this.#refusedNow(verdict, batch, source)
    this.#refusedInRow = 0
    source.done(batch, verdict.refused)
    this.#options.onDone(batch.count - verdict.refused)
    if (verdict.refused > 0) this.#options.notify('RECORDS_GIVEN_UP', verdict.reason)
    return true
  }

  /** An endpoint that gives no valid receipt for this one may give them for others. */
  #isHopeless({ code }: Again, batch: Outgoing): boolean {
    if (code !== 'RECEIPT_INVALID') return false
    const tries = this.#invalid?.batch === batch ? this.#invalid.tries + 1 : 1
    this.#invalid = { batch, tries }
    return tries >= invalidTriesMax
  }

  #retryLater(verdict: Again): false {
    const { notify, random } = this.#options
    this.#failures++
    // Who answers after that may be another one, and takes what the last one did not.
    if (verdict.code !== 'RECEIPT_INVALID') this.#refusedInRow = 0
    // A receiver that is just being restarted answers the second try: no need to tell anybody.
    if (this.#failures > 1 || verdict.code === 'RECEIPT_INVALID') {
      notify(verdict.code, verdict.reason)
    }
    this.#pause(backoffMs(this.#failures, random()), verdict.afterMs)
    return false
  }

  /** For as long as nobody waits for a receipt; `leastMs`: in any case. */
  #pause(waitMs: number, leastMs: number | null = null): void {
    const soon = this.#options.isWaitedFor() ? Math.min(waitMs, waitedRetryMs) : waitMs
    const pause = Math.max(leastMs ?? 0, soon)
    this.#isPatient = leastMs === null && pause > waitedRetryMs
    this.#timers.pause(pause)
  }

  #refusedNow({ reason }: Refused | Again, batch: Outgoing, source: Source): boolean {
    const { notify, random } = this.#options
    notify('EXPORT_REFUSED', reason)
    source.refuse(batch, reason)
    this.#refusedInRow++
    if (this.#refusedInRow % refusalsInRowMax !== 0) return true
    const wait = refusalBackoffMs(this.#refusedInRow / refusalsInRowMax, random())
    this.#pause(Math.min(wait, refusedPauseMaxMs))
    // Of another source something may be taken.
    this.#turn++
    return false
  }
}

/** Nothing could be sent: what is to be shown is not there. */
const accessCodes: readonly SdkCode[] = [
  'CERTIFICATE_UNREADABLE',
  'TOKEN_UNAVAILABLE',
  'ENROL_PENDING',
]

function failed(error: unknown): Again {
  const isOurs = error instanceof SdkError
  const code = isOurs && accessCodes.includes(error.code) ? error.code : 'EXPORT_FAILING'
  return { kind: 'again', code, reason: messageOf(error), afterMs: null }
}

/** Not of the endpoint, but perhaps of one batch. */
function isTrouble(verdict: Verdict): boolean {
  return (
    verdict.kind === 'refused' || (verdict.kind === 'again' && verdict.code === 'RECEIPT_INVALID')
  )
}

async function attempt(
  deliver: SenderOptions['deliver'],
  batches: readonly Outgoing[],
): Promise<readonly Verdict[]> {
  try {
    return await deliver(batches)
  } catch (error) {
    return [failed(error)]
  }
}
