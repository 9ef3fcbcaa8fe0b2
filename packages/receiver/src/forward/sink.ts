// forward: one consumer per sink and source. It takes what is durable from its own durable offset,
// sends it, and moves the offset only after the sink took it (or refused it for good, which is then
// in the dead-letter file). A crash sends the last load again: at least once, like all of OTLP.
// A dead sink stops only itself. Proven by forward.test.ts and search.test.ts.
import type { Offset } from '@grantlog/journal'
import type { Log } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { backoffMs } from './backoff.ts'
import type { DeadLetter } from './io/dead-letter.ts'
import type { Later, Refused, SendOutcome, UnitOutcome } from './outcome.ts'

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
}

export interface ConsumerOptions<U extends Unit> {
  readonly sink: string
  readonly source: Source<U>
  readonly offset: Offset
  /** Sends units at once. Never rejects: a network that fails is an outcome. */
  readonly send: (units: readonly U[]) => Promise<SendOutcome>
  readonly writeLetter: (letter: DeadLetter) => Promise<void>
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
  /** Why the last of them failed; empty when the sink is well. */
  reason: string
}

/** Answers after which half of the units may well be taken: one of them is bad, or all too many. */
const WORTH_SPLITTING = new Set([400, 413, 422])

/** Reasons that pass by themselves; anything else, somebody has to look at. */
const TRANSIENT = /^(HTTP (429|5\d\d)\b.*|[A-Z_]+|(Timeout|NoLivingConnections)Error)$/

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

/** False when the signal aborted before the sink answered for all of them. */
async function deliver<U extends Unit>(
  units: readonly U[],
  options: ConsumerOptions<U>,
  state: ConsumerState,
): Promise<boolean> {
  const answered = await sendUntilAnswered(units, options, state)
  if (answered === null) return false
  const { answer, rest } = answered
  if (answer.outcome === 'taken') {
    const rejected = Math.min(answer.rejectedSpans, spansOf(rest))
    if (rejected > 0) await bury(rest, { status: 200 }, rejected, options)
    state.forwarded += spansOf(rest) - rejected
    state.buried += rejected
    return true
  }
  if (rest.length > 1 && WORTH_SPLITTING.has(answer.status)) {
    const middle = Math.ceil(rest.length / 2)
    return (
      (await deliver(rest.slice(0, middle), options, state)) &&
      (await deliver(rest.slice(middle), options, state))
    )
  }
  await bury(rest, answer, spansOf(rest), options)
  state.buried += spansOf(rest)
  return true
}

interface Answered<U extends Unit> {
  readonly answer: Extract<SendOutcome, { outcome: 'taken' | 'refused' }>
  /** Those that the answer is about; the others were answered for one by one, and are settled. */
  readonly rest: readonly U[]
}

async function sendUntilAnswered<U extends Unit>(
  units: readonly U[],
  options: ConsumerOptions<U>,
  state: ConsumerState,
): Promise<Answered<U> | null> {
  const { log, signal, sink } = options
  const wait = waiting(options, state)
  let rest = units
  while (!signal.aborted) {
    const sent = await options.send(rest)
    const answer = sent.outcome === 'each' ? answerOf(sent.units) : sent
    if (sent.outcome === 'each') rest = await settle(rest, sent.units, options, state)
    if (answer.outcome === 'later') {
      await wait(answer)
      continue
    }
    if (state.attempts > 0) log({ code: 'SINK_BACK', level: 'info', sink })
    Object.assign(state, { attempts: 0, reason: '' })
    return { answer, rest }
  }
  return null
}

/** Where each has its own outcome: what the others are waited for, or that there are none. */
function answerOf(outcomes: readonly UnitOutcome[]): Later | Answered<Unit>['answer'] {
  const later = outcomes.filter((unit) => unit.outcome === 'later')
  return later[0] ?? { outcome: 'taken', rejectedSpans: 0 }
}

/** Counts what was taken, buries what was refused; the units to be sent again. */
async function settle<U extends Unit>(
  units: readonly U[],
  outcomes: readonly UnitOutcome[],
  options: ConsumerOptions<U>,
  state: ConsumerState,
): Promise<U[]> {
  const answered = units.map((unit, at) => ({ unit, why: outcomes[at] }))
  state.forwarded += spansOf(unitsOf(answered.filter(({ why }) => why?.outcome === 'taken')))
  const refused = answered.flatMap(({ unit, why }) =>
    why?.outcome === 'refused' ? [{ unit, why }] : [],
  )
  const kinds = Map.groupBy(refused, ({ why }) => `${why.status} ${why.error ?? ''}`)
  for (const kind of kinds.values()) {
    const spans = spansOf(unitsOf(kind))
    await bury(unitsOf(kind), kind[0]!.why, spans, options)
    state.buried += spans
  }
  return unitsOf(answered.filter(({ why }) => why === undefined || why.outcome === 'later'))
}

function unitsOf<U extends Unit>(answered: readonly { readonly unit: U }[]): U[] {
  return answered.map(({ unit }) => unit)
}

function spansOf(units: readonly Unit[]): number {
  return units.reduce((sum, { spans }) => sum + spans, 0)
}

async function bury<U extends Unit>(
  units: readonly U[],
  why: Pick<Refused, 'status' | 'error'>,
  spans: number,
  { log, now, sink, source, writeLetter }: ConsumerOptions<U>,
): Promise<void> {
  const indexes = [...new Set(units.map(({ index }) => index))]
  const { status } = why
  const error = why.error === undefined ? {} : { error: why.error }
  await writeLetter({ at: now(), sink, source: source.kind, status, ...error, spans, indexes })
  const counts = { units: units.length, spans }
  const place = { sink, source: source.kind }
  log({ code: 'SINK_REFUSED', level: 'error', ...place, status, ...error, ...counts })
}

/** Waits before the next attempt. It may go on for days, so each reason is said once. */
function waiting<U extends Unit>(
  { limits, log, random, signal, sink, sleep }: ConsumerOptions<U>,
  state: ConsumerState,
): (answer: Later) => Promise<void> {
  const backoff = { minMs: limits.backoffMinMs, maxMs: limits.backoffMaxMs, random }
  let attempt = 0
  let said: string | undefined
  return async ({ reason, retryAfterMs }) => {
    attempt++
    Object.assign(state, { attempts: attempt, reason })
    const waitMs = backoffMs(attempt, retryAfterMs, backoff)
    if (!signal.aborted && reason !== said) {
      const level = TRANSIENT.test(reason) ? 'warn' : 'error'
      log({ code: 'SINK_RETRY', level, sink, reason, attempt, waitMs })
      said = reason
    }
    await sleep(waitMs, signal)
  }
}
