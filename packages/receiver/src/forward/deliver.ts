// Brings one load to a sink: tries until each unit has an answer, and halves what is refused as a
// whole until the units are found that are to blame. See test/crash/forward-days.test.ts.
import type { Outage } from './outage.ts'
import type { Later, Refused, SendOutcome, UnitOutcome } from './outcome.ts'
import type { Stuck } from './stuck.ts'

/** The smallest thing that is sent or refused on its own. */
export interface Unit {
  /** Its index in the log, or the number of its pass-through frame. */
  readonly index: number
  readonly spans: number
  /** Where it is several records: their indexes. */
  readonly indexes?: readonly number[]
  /** Called once it was answered for, and nothing of it is on its way any more. */
  letGo?(): void
}

/** Units that a sink refused for one reason. */
export interface Refusal<U extends Unit> {
  readonly units: readonly U[]
  /** How many spans of them; a sink that takes a part does not say which. */
  readonly spans: number
  readonly why: Pick<Refused, 'status' | 'error'>
}

export interface Delivery<U extends Unit> {
  /** Spans that the sink took. */
  readonly taken: number
  readonly refused: readonly Refusal<U>[]
}

export interface DeliverOptions<U extends Unit> {
  /** Sends units at once. Never rejects: a network that fails is an outcome. */
  readonly send: (units: readonly U[]) => Promise<SendOutcome>
  readonly outage: Outage
  /** No further attempt once it aborts. */
  readonly signal: AbortSignal
  /** What a unit of several records is made of; undefined for one that cannot be divided. */
  readonly partsOf?: ((unit: U) => Promise<readonly U[]> | undefined) | undefined
  /** What becomes of units that stay where others are taken; default: they are waited for. */
  readonly stuck?: Stuck
  /** Spans in one request of `deliverAll`; a unit that has more goes alone. */
  readonly spansMax: number
}

/** Answers after which half of the units may well be taken: one of them is bad, or all too many. */
const WORTH_SPLITTING = new Set([400, 413, 422])

/** One request after the other, each of at most `spansMax`; null as `deliver`. */
export async function deliverAll<U extends Unit>(
  units: readonly U[],
  options: DeliverOptions<U>,
): Promise<Delivery<U> | null> {
  const parts: Delivery<U>[] = []
  for (const load of loadsOf(units, options.spansMax)) {
    const part = await deliver(load, options)
    if (part === null) return null
    parts.push(part)
  }
  return sum(...parts)
}

function* loadsOf<U extends Unit>(units: readonly U[], spansMax: number): Generator<readonly U[]> {
  let [from, spans] = [0, 0]
  for (const [at, unit] of units.entries()) {
    if (at > from && spans + unit.spans > spansMax) {
      yield units.slice(from, at)
      from = at
      spans = 0
    }
    spans += unit.spans
  }
  if (from < units.length) yield units.slice(from)
}

/** Null when the signal aborted before the sink answered for all of them. */
export async function deliver<U extends Unit>(
  units: readonly U[],
  options: Omit<DeliverOptions<U>, 'spansMax'>,
): Promise<Delivery<U> | null> {
  if (units.length === 0) return sum()
  const answered = await sendUntilAnswered(units, options)
  if (answered === null) return null
  const { answer, rest, settled } = answered
  if (answer.outcome === 'taken') {
    const rejected = Math.min(answer.rejectedSpans, spansOf(rest))
    const part = { units: rest, spans: rejected, why: { status: 200 } }
    const taken = spansOf(rest) - rejected
    return sum(settled, { taken, refused: rejected > 0 ? [part] : [] })
  }
  const halves = WORTH_SPLITTING.has(answer.status) ? await halvesOf(rest, options) : null
  if (halves === null) return sum(settled, { taken: 0, refused: [refusalOf(rest, answer)] })
  const first = await deliver(halves[0], options)
  const second = first && (await deliver(halves[1], options))
  return first && second && sum(settled, first, second)
}

/** Null when there is one record left. */
async function halvesOf<U extends Unit>(
  units: readonly U[],
  { partsOf }: Pick<DeliverOptions<U>, 'partsOf'>,
): Promise<readonly [readonly U[], readonly U[]] | null> {
  const parts = units.length === 1 ? await partsOf?.(units[0]!) : units
  if (!parts) return null
  const middle = Math.ceil(parts.length / 2)
  return [parts.slice(0, middle), parts.slice(middle)]
}

interface Answered<U extends Unit> {
  readonly answer: Extract<SendOutcome, { outcome: 'taken' | 'refused' }>
  /** Those that the answer is about; the others were answered for one by one. */
  readonly rest: readonly U[]
  readonly settled: Delivery<U>
}

async function sendUntilAnswered<U extends Unit>(
  units: readonly U[],
  { outage, send, signal, stuck }: Omit<DeliverOptions<U>, 'spansMax'>,
): Promise<Answered<U> | null> {
  let rest = units
  let settled: Delivery<U> = { taken: 0, refused: [] }
  while (!signal.aborted) {
    const outcome = await send(rest)
    const isEach = outcome.outcome === 'each'
    const sent = isEach && stuck ? { ...outcome, units: stuck.judge(outcome.units) } : outcome
    const answer = sent.outcome === 'each' ? answerOf(sent.units) : sent
    if (sent.outcome === 'each') {
      settled = sum(settled, settledOf(rest, sent.units))
      rest = rest.filter((_, at) => (sent.units[at]?.outcome ?? 'later') === 'later')
    }
    if (answer.outcome !== 'later') return { answer, rest, settled }
    await outage.wait(answer.reason, answer.retryAfterMs)
  }
  return null
}

/** Where each has its own outcome: what the others are waited for, or that there are none. */
function answerOf(outcomes: readonly UnitOutcome[]): Later | Answered<Unit>['answer'] {
  const later = outcomes.filter((unit) => unit.outcome === 'later')
  return later[0] ?? { outcome: 'taken', rejectedSpans: 0 }
}

function settledOf<U extends Unit>(
  units: readonly U[],
  outcomes: readonly UnitOutcome[],
): Delivery<U> {
  const taken = units.filter((_, at) => outcomes[at]?.outcome === 'taken')
  const refused = units.flatMap((unit, at) => {
    const why = outcomes[at]
    return why?.outcome === 'refused' ? [{ unit, why }] : []
  })
  const kinds = Map.groupBy(refused, ({ why }) => `${why.status} ${why.error ?? ''}`)
  const refusals = Array.from(kinds.values(), (kind) =>
    refusalOf(
      kind.map(({ unit }) => unit),
      kind[0]!.why,
    ),
  )
  return { taken: spansOf(taken), refused: refusals }
}

function refusalOf<U extends Unit>(units: readonly U[], { error, status }: Refused): Refusal<U> {
  const why = error === undefined ? { status } : { status, error }
  return { units, spans: spansOf(units), why }
}

/** Deliveries of parts as one. */
export function sum<U extends Unit>(...parts: readonly Delivery<U>[]): Delivery<U> {
  return {
    taken: parts.reduce((total, { taken }) => total + taken, 0),
    refused: parts.flatMap(({ refused }) => refused),
  }
}

export function spansOf(units: readonly Unit[]): number {
  return units.reduce((total, { spans }) => total + spans, 0)
}
