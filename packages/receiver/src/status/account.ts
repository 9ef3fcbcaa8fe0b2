// What became of each number of a stream, and why one is missing. Pure; a running receiver and an
// offline `grantlog doctor` count with the same code. See account.test.ts.
import {
  missingRangesMax,
  type NumberRange,
  silentMinutesMax,
  streamName,
  type Streams,
  type StreamState,
} from '@grantlog/ledger'

/** Numbers by the reason why they are missing; their sum is `missing`. */
export interface MissingWhy {
  /** The producer said that it dropped them. */
  readonly dropped: number
  /** Spans of the stream were refused, or lie in quarantine. */
  readonly refused: number
  /** The producer is heard, or was until a moment ago: they may be on the way or in its spool. */
  readonly onTheWay: number
  /** Lost or kept from us; nobody said anything. */
  readonly unknown: number
}

/** One row. Counts are of records, start, heartbeats and stop included; no sink gets those. */
export interface StreamAccount {
  readonly kid: string
  readonly instance: string
  readonly state: 'open' | 'silent' | 'closed' | 'unclosed'
  readonly emitted: number
  readonly received: number
  readonly sealed: number
  /** By name of sink: at least so many. */
  readonly forwarded: Readonly<Record<string, number>>
  /** By name of sink: at most so many, in the dead letters that are kept. */
  readonly deadLettered: Readonly<Record<string, number>>
  /** Of those, the ones that the sink may have taken: it took a part, and does not say which. */
  readonly uncertain: Readonly<Record<string, number>>
  /** By reason, since the start of the receiver; a span counts each time it came. */
  readonly refused: Readonly<Record<string, number>>
  readonly quarantined: number
  /** As the producer said last; what had a number is missing. */
  readonly dropped: number
  /** Records that came after an `unclosed` leaf. */
  readonly late: number
  readonly missing: number
  readonly missingWhy: MissingWhy
  /** The lowest ranges of missing numbers; there may be more. */
  readonly missingRanges: readonly NumberRange[]
  /** Unix milliseconds. */
  readonly firstSeen: number
  readonly lastSeen: number
}

/** Sums of the rows, and how many streams there are in each state. */
export interface AccountTotals {
  readonly streams: number
  readonly open: number
  readonly silent: number
  readonly closed: number
  readonly unclosed: number
  readonly emitted: number
  readonly received: number
  readonly sealed: number
  /** Exact: how many a sink refused is known, of whom may not be. */
  readonly forwarded: Readonly<Record<string, number>>
  readonly deadLettered: Readonly<Record<string, number>>
  readonly dropped: number
  readonly late: number
  readonly missing: number
  readonly missingWhy: MissingWhy
}

/** How far a sink is. */
export interface SinkProgress {
  readonly name: string
  /** It got every record with a lower index, or refused it. */
  readonly below: number
  /** Records that it refused for good, by stream and of all. */
  readonly dead: ReadonlyMap<string, { readonly least: number; readonly most: number }>
  readonly deadTotal: number
}

export interface AccountContext {
  readonly streams: Streams
  /** Leaves under the published checkpoint. */
  readonly published: number
  readonly sinks: readonly SinkProgress[]
  /** By stream, since the start of the receiver. */
  readonly refused: ReadonlyMap<string, Readonly<Record<string, number>>>
  readonly quarantined: ReadonlyMap<string, number>
  /** Unix milliseconds, where no receiver counts the minutes of silence; they go by the clock. */
  readonly now?: number
}

/** Makes the row of a stream. */
export function accountant(context: AccountContext): (state: StreamState) => StreamAccount {
  const { published, sinks, streams } = context
  const behind = sinks.map(({ below }) => streams.serviceFrom(below))
  return (known) => {
    const state = context.now === undefined ? known : byClock(known, context.now)
    const name = streamName(state.kid, state.instance)
    const refused = context.refused.get(name) ?? {}
    const quarantined = context.quarantined.get(name) ?? 0
    const forwarded: Record<string, number> = {}
    const deadLettered: Record<string, number> = {}
    const uncertain: Record<string, number> = {}
    for (const [i, { below, dead, name: sink }] of sinks.entries()) {
      const service = state.service - (behind[i]!.get(name) ?? 0)
      const sent = streams.countBelow(state, below) - service
      // Letters are ahead of a sink that was put back, or died before its offset was durable.
      const { least, most } = dead.get(name) ?? { least: 0, most: 0 }
      deadLettered[sink] = Math.min(most, sent)
      uncertain[sink] = deadLettered[sink] - Math.min(least, sent)
      forwarded[sink] = sent - deadLettered[sink]
    }
    const kept = sum(Object.values(refused)) + quarantined
    const { dropped, emitted, firstSeen, instance, kid, lastSeen, late, missing } = state
    return {
      ...{ kid, instance, state: wordOf(state), emitted, received: state.records },
      ...{ sealed: streams.countBelow(state, published), forwarded, deadLettered },
      ...{
        uncertain,
        refused,
        quarantined,
        dropped,
        late,
        missing,
        missingWhy: whyMissing(state, kept),
      },
      missingRanges: missing === 0 ? [] : streams.missingOf(state, missingRangesMax),
      ...{ firstSeen, lastSeen },
    }
  }
}

/** Adds rows up, to what was added up before. */
export function totalsOf(
  rows: Iterable<StreamAccount>,
  before: AccountTotals = noTotals,
): AccountTotals {
  const { deadLettered, forwarded, missingWhy, ...totals } = structuredClone(before) as Sums
  for (const row of rows) {
    totals.streams++
    totals[row.state]++
    for (const name of ['emitted', 'received', 'sealed', 'dropped', 'late', 'missing'] as const) {
      totals[name] += row[name]
    }
    addTo(missingWhy, row.missingWhy)
    addTo(forwarded, row.forwarded)
    addTo(deadLettered, row.deadLettered)
  }
  return { ...totals, forwarded, deadLettered, missingWhy }
}

/** The sums with what each sink refused of all streams in place of what it may have of each. */
export function exactTotals(
  totals: AccountTotals,
  sinks: readonly Pick<SinkProgress, 'name' | 'deadTotal'>[],
): AccountTotals {
  const forwarded = { ...totals.forwarded }
  const deadLettered = { ...totals.deadLettered }
  for (const { deadTotal, name } of sinks) {
    const sent = (forwarded[name] ?? 0) + (deadLettered[name] ?? 0)
    deadLettered[name] = Math.min(deadTotal, sent)
    forwarded[name] = sent - deadLettered[name]
  }
  return { ...totals, forwarded, deadLettered }
}

type Sums = { -readonly [K in keyof AccountTotals]: Unlocked<AccountTotals[K]> }
type Unlocked<T> = T extends object ? { -readonly [K in keyof T]: T[K] } : T

const noTotals: AccountTotals = {
  ...{ streams: 0, open: 0, silent: 0, closed: 0, unclosed: 0 },
  ...{ emitted: 0, received: 0, sealed: 0, dropped: 0, late: 0, missing: 0 },
  ...{ forwarded: {}, deadLettered: {} },
  missingWhy: { dropped: 0, refused: 0, onTheWay: 0, unknown: 0 },
}

/** How bad a stream is: numbers that nobody accounts for first, then silence. */
export function badness({ missing, missingWhy, state }: StreamAccount): number {
  return missingWhy.unknown * 4 + missing * 2 + (state === 'open' || state === 'closed' ? 0 : 1)
}

function byClock(state: StreamState, now: number): StreamState {
  const minutes = Math.max(0, Math.floor((now - state.lastSeen) / MINUTE_MS))
  return { ...state, silentMinutes: Math.max(state.silentMinutes, minutes) }
}

const MINUTE_MS = 60_000

function wordOf({ closed, silentMinutes, unclosed }: StreamState): StreamAccount['state'] {
  if (closed) return 'closed'
  if (unclosed) return 'unclosed'
  return silentMinutes >= heartbeatsMissed ? 'silent' : 'open'
}

/** A heartbeat comes each minute: two that did not are worth a look. */
const heartbeatsMissed = 2

function whyMissing(state: StreamState, kept: number): MissingWhy {
  const { missing } = state
  const dropped = Math.min(state.dropped, missing)
  const refused = Math.min(kept, missing - dropped)
  const rest = missing - dropped - refused
  // A stop may overtake what was sent before it.
  const mayCome = !state.unclosed && state.silentMinutes < silentMinutesMax
  return { dropped, refused, onTheWay: mayCome ? rest : 0, unknown: mayCome ? 0 : rest }
}

function addTo<N extends string>(sums: Record<N, number>, more: Readonly<Record<N, number>>): void {
  for (const name of Object.keys(more) as N[]) sums[name] = (sums[name] ?? 0) + more[name]
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
