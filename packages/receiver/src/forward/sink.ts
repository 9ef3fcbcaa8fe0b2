// forward: one consumer per sink and source. It takes what is durable from its own durable offset,
// sends it, and moves the offset only after the sink took it (or refused it for good, which is then
// in the dead-letter file). A crash sends the last request again: at least once, like all of OTLP.
// A dead sink stops only itself. Proven by sink.test.ts.
import type { Offset } from '@grantlog/journal'
import type { Log } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { backoffMs } from './backoff.ts'
import type { DeadLetter } from './io/dead-letter.ts'
import type { PostOutcome } from './io/post.ts'

/** The smallest thing that is sent or refused on its own. */
export interface Unit {
  /** Its index in the log, or the number of its pass-through frame. */
  readonly index: number
  readonly spans: number
}

/** What is sent at once. `next` is the offset after it; there may be no units (nothing to send). */
export interface Load<U extends Unit> {
  readonly units: readonly U[]
  readonly next: number
}

/** Where a sink's spans come from. */
export interface Source<U extends Unit> {
  readonly kind: DeadLetter['source']
  /** Number of the oldest frame kept. */
  readonly first: number
  /** What there is from `from` on, in order, up to the limits; `next === from` when nothing. */
  take(from: number): Promise<Load<U>>
  /** Resolves when there is something at `from`, or when the signal aborts. */
  waitFor(from: number, signal: AbortSignal): Promise<void>
  /** An ExportTraceServiceRequest of the units. */
  encode(units: readonly U[]): Uint8Array
}

export interface ConsumerOptions<U extends Unit> {
  readonly sink: string
  readonly source: Source<U>
  readonly offset: Offset
  readonly post: (body: Uint8Array) => Promise<PostOutcome>
  readonly bury: (letter: DeadLetter) => Promise<void>
  readonly limits: Pick<Limits, 'backoffMinMs' | 'backoffMaxMs'>
  readonly now: () => number
  readonly random: () => number
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
  readonly log: Log
  readonly signal: AbortSignal
  /** Told of each durable move of the offset. */
  readonly onMoved?: (next: number) => void
}

export interface ConsumerState {
  /** Spans that the sink took, and that it refused for good. */
  forwarded: number
  buried: number
  /** Attempts since the last answer; 0 when the sink is well. */
  attempts: number
}

/** Answers after which half of the units may well be taken: one of them is bad, or all too many. */
const WORTH_SPLITTING = new Set([400, 413, 422])

/** Reasons that pass by themselves; anything else, somebody has to look at. */
const TRANSIENT = /^(HTTP (429|5\d\d)|[A-Z_]+|TimeoutError)$/

/** Runs until the signal aborts. Rejects only when the offset or a dead letter can't be written. */
export async function consume<U extends Unit>(
  options: ConsumerOptions<U>,
  state: ConsumerState,
): Promise<void> {
  const { source, offset, signal, log, sink } = options
  while (!signal.aborted) {
    let from = offset.value
    if (from < source.first) {
      log({ code: 'SINK_SKIPPED', level: 'error', sink, frames: source.first - from })
      from = source.first
    }
    const { units, next } = await source.take(from)
    if (next === from) {
      await source.waitFor(from, signal)
      continue
    }
    const settled = units.length === 0 || (await deliver(units, options, state))
    if (!settled) return
    await offset.set(next)
    options.onMoved?.(next)
  }
}

/** False when the signal aborted before the sink answered. */
async function deliver<U extends Unit>(
  units: readonly U[],
  options: ConsumerOptions<U>,
  state: ConsumerState,
): Promise<boolean> {
  const answer = await postUntilAnswered(options.source.encode(units), options, state)
  if (answer === null) return false
  if (answer.outcome === 'taken') {
    const rejected = Math.min(answer.rejectedSpans, spansOf(units))
    if (rejected > 0) await buryAll(units, { status: 200, spans: rejected }, options)
    state.forwarded += spansOf(units) - rejected
    state.buried += rejected
    return true
  }
  if (units.length > 1 && WORTH_SPLITTING.has(answer.status)) {
    const middle = Math.ceil(units.length / 2)
    return (
      (await deliver(units.slice(0, middle), options, state)) &&
      (await deliver(units.slice(middle), options, state))
    )
  }
  await buryAll(units, { status: answer.status, spans: spansOf(units) }, options)
  state.buried += spansOf(units)
  return true
}

function spansOf(units: readonly Unit[]): number {
  return units.reduce((sum, { spans }) => sum + spans, 0)
}

async function buryAll<U extends Unit>(
  units: readonly U[],
  { status, spans }: { readonly status: number; readonly spans: number },
  { bury, log, now, sink, source }: ConsumerOptions<U>,
): Promise<void> {
  const indexes = [...new Set(units.map(({ index }) => index))]
  await bury({ at: now(), sink, source: source.kind, status, spans, indexes })
  log({
    code: 'SINK_REFUSED',
    level: 'error',
    sink,
    status,
    source: source.kind,
    units: units.length,
    spans,
  })
}

async function postUntilAnswered<U extends Unit>(
  body: Uint8Array,
  options: ConsumerOptions<U>,
  state: ConsumerState,
): Promise<Exclude<PostOutcome, { outcome: 'later' }> | null> {
  const { limits, log, random, signal, sink } = options
  const backoff = { minMs: limits.backoffMinMs, maxMs: limits.backoffMaxMs, random }
  let said: string | undefined
  for (let attempt = 1; !signal.aborted; attempt++) {
    const answer = await options.post(body)
    if (answer.outcome !== 'later') {
      if (state.attempts > 0) log({ code: 'SINK_BACK', level: 'info', sink })
      state.attempts = 0
      return answer
    }
    state.attempts = attempt
    const waitMs = backoffMs(attempt, answer.retryAfterMs, backoff)
    const { reason } = answer
    // It may go on for days: each reason is said once, and status() has the attempts.
    if (!signal.aborted && reason !== said) {
      const level = TRANSIENT.test(reason) ? 'warn' : 'error'
      log({ code: 'SINK_RETRY', level, sink, reason, attempt, waitMs })
      said = reason
    }
    await options.sleep(waitMs, signal)
  }
  return null
}
