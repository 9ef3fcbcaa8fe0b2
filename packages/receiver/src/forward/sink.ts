// forward: one consumer per sink and source. It takes what is durable from its own durable offset,
// sends it, and moves the offset only after the sink took it (or refused it for good, which is then
// in the dead letters), once a second at most. A crash sends again what was sent since: at least
// once, like all of OTLP.
// A dead sink stops only itself. Proven by forward.test.ts, search.test.ts and
// test/crash/forward-days.test.ts.
import type { Offset } from '@grantlog/journal'
import type { Log } from '../flow.ts'
import type { Limits } from '../limits.ts'
import {
  deliver,
  deliverAll,
  type Delivery,
  type DeliverOptions,
  type Refusal,
  sum,
  type Unit,
} from './deliver.ts'
import type { DeadLetter } from './io/dead-letter.ts'
import { createOutage, type Outage, type OutageState, type Timing } from './outage.ts'
import type { SendOutcome } from './outcome.ts'
import { createStuck } from './stuck.ts'

/** What is sent at once. `next` is the offset after it; there may be no units (nothing to send). */
export interface Load<U extends Unit> {
  readonly units: readonly U[]
  readonly next: number
}

/** Where a sink's spans come from. */
export interface Source<U extends Unit> {
  readonly kind: DeadLetter['source']
  /** Spans in one request; a load may have more, for a frame is not divided. */
  readonly spansMax: number
  /** Number of the oldest frame kept. */
  readonly first: number
  /** What there is from `from` on, in order, up to the limits; `next === from` when nothing. */
  take(from: number): Promise<Load<U>>
  /** See DeliverOptions. */
  readonly partsOf?: DeliverOptions<U>['partsOf']
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
  readonly limits: Pick<
    Limits,
    'backoffMinMs' | 'backoffMaxMs' | 'refusedAllMs' | 'sinkOffsetMs' | 'sinkPaceMs'
  >
  readonly timing: Timing
  readonly log: Log
  /** What is under way is finished; nothing further is begun, and no wait goes on. */
  readonly signal: AbortSignal
  /** Told of each durable move of the offset. */
  readonly onMoved?: (next: number) => void
}

export interface ConsumerState extends OutageState {
  /** Spans that the sink took, and that it refused for good. */
  forwarded: number
  buried: number
  /** Behind what it took: the offset may be a second older. */
  next: number
}

/** Runs until the signal aborts. Rejects only when the offset or a dead letter can't be written. */
export async function consume<U extends Unit>(
  options: ConsumerOptions<U>,
  state: ConsumerState,
): Promise<void> {
  const { limits, log, signal, sink, source, timing } = options
  const outage = createOutage({ limits, log, signal, sink, source: source.kind, timing }, state)
  const place = createPlace(options, state, outage)
  try {
    await consumeOn(options, state, { outage, place })
  } finally {
    await place.save()
  }
}

interface Ways {
  readonly outage: Outage
  readonly place: Place
}

async function consumeOn<U extends Unit>(
  options: ConsumerOptions<U>,
  state: ConsumerState,
  { outage, place }: Ways,
): Promise<void> {
  const { limits, log, send, signal, sink, source, timing } = options
  const { partsOf, spansMax } = source
  const sendOrSave = async (units: readonly U[]): Promise<SendOutcome> => {
    const outcome = await send(units)
    // It may be hours until this sink takes something again.
    if (outcome.outcome === 'later') await place.save()
    return outcome
  }
  const stuck = createStuck(limits.refusedAllMs, timing.uptimeMs)
  const delivering = { send: sendOrSave, outage, signal, stuck, partsOf, spansMax }
  const attempt = attempting(delivering, limits.refusedAllMs, timing)
  const pace = createPace(spansMax, limits.sinkPaceMs, timing)
  while (!signal.aborted) {
    await pace.wait(signal)
    if (signal.aborted || !(await place.saveIfDue())) return
    let from = state.next
    if (from < source.first) {
      log({ code: 'SINK_SKIPPED', level: 'error', sink, frames: source.first - from })
      from = source.first
    }
    const { units, next } = await source.take(from)
    if (next === from) {
      await place.untilDue((until) => source.waitFor(from, until))
      continue
    }
    pace.took(units)
    if (units.length > 0) {
      const delivery = await attempt(units)
      if (delivery === null) return
      if (delivery === 'again') continue
      outage.end()
      state.forwarded += delivery.taken
      for (const refusal of delivery.refused) {
        // What could not be noted down comes again; the offset may not pass it.
        if (!(await bury(refusal, options, state, outage))) return
      }
    }
    state.next = next
    for (const unit of units) unit.letGo?.()
  }
}

interface Place {
  /** Makes the offset durable when it is old; false: the signal aborted, and there is no space. */
  saveIfDue(): Promise<boolean>
  /** Waits, but no longer than until it is due. */
  untilDue(wait: (until: AbortSignal) => Promise<void>): Promise<void>
  /** Makes it durable now, if there is space: else some comes again. */
  save(): Promise<void>
}

/** A durable move takes three syncs: it is not made for each load. */
function createPlace<U extends Unit>(
  { limits, offset, onMoved, signal, timing }: ConsumerOptions<U>,
  state: ConsumerState,
  outage: Outage,
): Place {
  let savedMs = -Infinity
  const dueInMs = (): number => savedMs + limits.sinkOffsetMs - timing.uptimeMs()
  async function move(): Promise<void> {
    await offset.set(state.next)
    savedMs = timing.uptimeMs()
    onMoved?.(state.next)
  }
  return {
    async saveIfDue() {
      const isDue = state.next !== offset.value && dueInMs() <= 0
      return !isDue || (await untilThereIsSpace(move, outage, signal))
    },
    async untilDue(wait) {
      if (state.next === offset.value) return wait(signal)
      if (signal.aborted) return
      const ending = new AbortController()
      const end = (): void => ending.abort()
      signal.addEventListener('abort', end)
      try {
        const due = timing.sleep(Math.max(0, dueInMs()), ending.signal)
        await Promise.race([wait(ending.signal), due])
      } finally {
        signal.removeEventListener('abort', end)
        end()
      }
    },
    async save() {
      if (state.next === offset.value) return
      await move().catch((error: unknown) => {
        if (!isFull(error)) throw error
      })
    },
  }
}

/** Keeps small loads apart; a first one, and those that are at least half full, go at once. */
function createPace(
  spansMax: number,
  paceMs: number,
  { sleep, uptimeMs }: Timing,
): { wait(signal: AbortSignal): Promise<void>; took(units: readonly Unit[]): void } {
  let notBefore = -Infinity
  return {
    async wait(signal) {
      const waitMs = notBefore - uptimeMs()
      if (waitMs > 0) await sleep(waitMs, signal)
    },
    took(units) {
      const spans = units.reduce((sum, unit) => sum + unit.spans, 0)
      notBefore = spans < spansMax / 2 ? uptimeMs() + paceMs : -Infinity
    },
  }
}

/**
 * Delivers a load, and judges who is to blame for what is refused. A sink that takes nothing at all
 * is the wrong one, or wrongly set up, and somebody mends it: then the load is to be taken again,
 * with what came after it, until the sink takes some of it. Only after `refusedAllMs` it is final.
 */
function attempting<U extends Unit>(
  options: DeliverOptions<U>,
  refusedAllMs: number,
  { uptimeMs }: Timing,
): (units: readonly U[]) => Promise<Delivery<U> | 'again' | null> {
  let since: number | undefined
  /** How many were refused one by one; until more come, one of them is asked for. */
  let refused = 0
  return async (units) => {
    const isLast = since !== undefined && uptimeMs() - since >= refusedAllMs
    const delivery =
      units.length === refused && !isLast
        ? await probe(units, options)
        : await deliverAll(units, options)
    if (delivery === null) return null
    if (!isLast && isAllRefused(delivery)) {
      since ??= uptimeMs()
      refused = units.length
      await options.outage.wait(`all refused: HTTP ${delivery.refused[0]!.why.status}`)
      return 'again'
    }
    since = undefined
    refused = 0
    return delivery
  }
}

/** Sends the first alone, and the others only when it is taken. */
async function probe<U extends Unit>(
  units: readonly U[],
  options: DeliverOptions<U>,
): Promise<Delivery<U> | null> {
  const first = await deliver(units.slice(0, 1), options)
  if (first === null || units.length === 1 || isAllRefused(first)) return first
  const others = await deliverAll(units.slice(1), options)
  return others && sum(first, others)
}

/** A part of a request that was refused is the sink's last word (OTLP, "Partial Success"). */
function isAllRefused({ refused, taken }: Delivery<Unit>): boolean {
  return taken === 0 && refused.length > 0 && refused.every(({ why }) => why.status !== 200)
}

/** False when the signal aborted first. */
async function bury<U extends Unit>(
  { spans, units, why }: Refusal<U>,
  { log, signal, sink, source, timing, writeLetter }: ConsumerOptions<U>,
  state: ConsumerState,
  outage: Outage,
): Promise<boolean> {
  const indexes = [...new Set(units.flatMap(({ index, indexes: all = [index] }) => all))]
  const place = { sink, source: source.kind, ...why }
  const letter = { at: timing.now(), ...place, spans, indexes }
  if (!(await untilThereIsSpace(() => writeLetter(letter), outage, signal))) return false
  state.buried += spans
  log({ code: 'SINK_REFUSED', level: 'error', ...place, units: units.length, spans })
  return true
}

const full = new Set(['ENOSPC', 'EDQUOT', 'JOURNAL_FULL'])

function isFull(error: unknown): boolean {
  return full.has((error as { code?: string }).code ?? '')
}

/** Writes the sink's own files; a full disk is waited for. False when the signal aborted. */
async function untilThereIsSpace(
  write: () => Promise<void>,
  outage: Outage,
  signal: AbortSignal,
): Promise<boolean> {
  let waited = false
  while (true) {
    try {
      await write()
      if (waited) outage.end()
      return true
    } catch (error) {
      if (!isFull(error)) throw error
      if (signal.aborted) return false
      waited = true
      await outage.wait('no space for its offset and dead letters')
    }
  }
}
