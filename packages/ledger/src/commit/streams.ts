// The streams of a log: where each record is, which makes a batch sent twice be sealed once, and
// what became of each number. Pure memory, rebuilt from the log at start. See streams.test.ts.
import type { Leaf, RecordLeaf, UnclosedLeaf } from '../format/leaf.ts'
import { serviceLeavesKeptMax } from '../limits.ts'
import { type NumberRange, Positions } from './positions.ts'

/** What a stream's start, heartbeat or stop says of it. */
export interface StreamWord {
  /** Numbers assigned so far. */
  readonly assigned: number
  /** Records dropped so far; those that had a number are missing. */
  readonly dropped: number
}

/** What is known of one stream. Times are Unix milliseconds by the receiver's clock. */
export interface StreamState {
  readonly kid: string
  readonly instance: string
  /** In the log, start, heartbeats and stop included. */
  readonly records: number
  readonly highestSeq: number
  /** Numbers the producer is known to have assigned: as it said, or from the highest that came. */
  readonly emitted: number
  /** Numbers assigned that are not in the log. */
  readonly missing: number
  /** Records dropped, as the producer said last. */
  readonly dropped: number
  /** Its stop is in the log. */
  readonly closed: boolean
  /** Its silence is in the log, and nothing came since. */
  readonly unclosed: boolean
  /** Records that came after its silence was noted. */
  readonly late: number
  readonly firstSeen: number
  readonly lastSeen: number
  /** Of the records, those that are start, heartbeat or stop. */
  readonly service: number
  /** Minutes of the receiver's own service since anything of it came. */
  readonly silentMinutes: number
}

/** Sums over all streams. */
export interface StreamTotals {
  streams: number
  open: number
  closed: number
  unclosed: number
  emitted: number
  records: number
  missing: number
  dropped: number
  late: number
}

/** A stream as a snapshot holds it. */
export type StreamMemory = readonly [
  kid: string,
  instance: string,
  emitted: number,
  dropped: number,
  /** 1: closed, 2: unclosed, 4: its silence was noted once. */
  state: number,
  late: number,
  firstSeen: number,
  lastSeen: number,
  service: number,
  runs: readonly number[],
]

interface Stream extends StreamState {
  readonly positions: Positions
  records: number
  highestSeq: number
  emitted: number
  missing: number
  dropped: number
  closed: boolean
  unclosed: boolean
  /** An `unclosed` leaf is in the log, whatever came since. */
  noted: boolean
  late: number
  service: number
  lastSeen: number
  /** Of the receiver's minutes, the one in which it was last heard. */
  heardAt: number
}

/** All streams by (kid, instance). */
export class Streams {
  readonly totals: StreamTotals = noTotals()
  readonly #streams = new Map<string, Stream>()
  readonly #open = new Set<Stream>()
  #minute = 0
  #runs = 0
  /** The newest start, heartbeat and stop leaves: no sink gets them. */
  readonly #service: { readonly index: number; readonly stream: Stream }[] = []

  /** The leaf index of a record, undefined when it is not in the log. */
  find(kid: string, instance: string, seq: number): number | undefined {
    return this.#streams.get(nameOf(kid, instance))?.positions.find(seq)
  }

  /** The highest number of a stream in the log; -1 when nothing of it is. */
  highest(kid: string, instance: string): number {
    return this.#streams.get(nameOf(kid, instance))?.highestSeq ?? -1
  }

  get(kid: string, instance: string): StreamState | undefined {
    const stream = this.#streams.get(nameOf(kid, instance))
    return stream && this.#stateOf(stream)
  }

  /** Notes a record that is not in the log yet, and what it says of its stream. */
  add(
    record: Pick<RecordLeaf, 'kid' | 'instance' | 'seq' | 'type' | 'receivedAt'>,
    index: number,
    word?: StreamWord,
  ): void {
    const stream = this.#streamOf(record)
    this.#count(stream, -1)
    const { receivedAt, seq, type } = record
    if (stream.noted) stream.late++
    stream.unclosed = false
    if (type === 'stop') stream.closed = true
    stream.records++
    stream.highestSeq = Math.max(stream.highestSeq, seq)
    stream.emitted = Math.max(stream.emitted, seq + 1, word?.assigned ?? 0)
    stream.dropped = Math.max(stream.dropped, word?.dropped ?? 0)
    stream.missing = stream.emitted - stream.records
    stream.lastSeen = receivedAt
    stream.heardAt = this.#minute
    if (stream.positions.add(seq, index)) this.#runs++
    this.#count(stream, 1)
    if (type === 'record') return
    stream.service++
    this.#service.push({ index, stream })
    if (this.#service.length > 2 * serviceLeavesKeptMax) {
      this.#service.splice(0, serviceLeavesKeptMax)
    }
  }

  /** Notes that the log says of a stream that it fell silent. */
  unclose({ kid, instance }: Pick<UnclosedLeaf, 'kid' | 'instance'>): void {
    const stream = this.#streams.get(nameOf(kid, instance))
    if (!stream) return
    this.#count(stream, -1)
    stream.unclosed = true
    stream.noted = true
    this.#count(stream, 1)
  }

  /** A minute of service has passed. */
  tick(): void {
    this.#minute++
  }

  /** Open streams of which nothing came for so many minutes of service, at most `most`. */
  silent(minutes: number, most: number): StreamState[] {
    const silent: StreamState[] = []
    for (const stream of this.#open) {
      if (silent.length >= most) break
      if (this.#minute - stream.heardAt >= minutes) silent.push(this.#stateOf(stream))
    }
    return silent
  }

  /** In the order they were first seen, from a place on. */
  *states(from = 0): Generator<StreamState> {
    let place = 0
    for (const stream of this.#streams.values()) if (place++ >= from) yield this.#stateOf(stream)
  }

  /** Numbers of a stream that are missing, at most `most` ranges, the lowest first. */
  missingOf({ kid, instance }: StreamName, most: number): NumberRange[] {
    const stream = this.#streams.get(nameOf(kid, instance))
    return stream?.positions.missing(stream.emitted, most) ?? []
  }

  /** Records of a stream with an index below `index`. */
  countBelow({ kid, instance }: StreamName, index: number): number {
    const stream = this.#streams.get(nameOf(kid, instance))
    return stream?.positions.countBelow(index) ?? 0
  }

  /**
   * By name of stream (`kid instance`), how many starts, heartbeats and stops have an index from
   * `from` on: exact as long as no more than `serviceLeavesKeptMax` follow.
   */
  serviceFrom(from: number): Map<string, number> {
    const counts = new Map<string, number>()
    for (let at = this.#service.length - 1; at >= 0; at--) {
      const { index, stream } = this.#service[at]!
      if (index < from) break
      const name = nameOf(stream.kid, stream.instance)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    return counts
  }

  /** Runs that are kept: memory goes by them, about 40 bytes each. */
  get runs(): number {
    return this.#runs
  }

  /** Runs in the longest array: what adding one record moves at most. */
  get runsMovedMax(): number {
    return Math.max(0, ...[...this.#streams.values()].map(({ positions: p }) => p.runsMovedMax))
  }

  *memories(): Generator<StreamMemory> {
    for (const stream of this.#streams.values()) {
      const { dropped, emitted, firstSeen, instance, kid, lastSeen, late, service } = stream
      const { closed, noted, unclosed } = stream
      const state = Number(closed) + 2 * Number(unclosed) + 4 * Number(noted)
      const times = [firstSeen, lastSeen] as const
      const runs = stream.positions.flat()
      yield [kid, instance, emitted, dropped, state, late, ...times, service, runs]
    }
  }

  /** Puts back a stream that `memories` gave; false when it cannot be one. */
  restore(memory: StreamMemory): boolean {
    const [kid, instance, emitted, dropped, state, late, firstSeen, lastSeen] = memory
    const [service, runs] = memory.slice(8) as [number, readonly number[]]
    const positions = Positions.from(runs)
    if (positions === null || runs.length === 0) return false
    const records = sum(runs.filter((_, i) => i % 4 === 2))
    const highestSeq = runs.at(-4)! + runs.at(-2)! - 1
    this.#runs += positions.runs
    this.#insert({
      ...{ kid, instance, emitted, dropped, late, firstSeen, lastSeen, positions, records },
      ...{ highestSeq, missing: emitted - records, closed: (state & 1) > 0 },
      ...{ unclosed: (state & 2) > 0, noted: (state & 4) > 0 },
      ...{ service, heardAt: this.#minute, silentMinutes: 0 },
    })
    return true
  }

  #streamOf({
    kid,
    instance,
    receivedAt,
  }: Pick<RecordLeaf, keyof StreamName | 'receivedAt'>): Stream {
    const known = this.#streams.get(nameOf(kid, instance))
    if (known) return known
    return this.#insert({
      ...{ kid, instance, positions: new Positions(), records: 0, highestSeq: -1, emitted: 0 },
      ...{
        missing: 0,
        dropped: 0,
        closed: false,
        unclosed: false,
        noted: false,
        late: 0,
        service: 0,
      },
      ...{ firstSeen: receivedAt, lastSeen: receivedAt, heardAt: this.#minute, silentMinutes: 0 },
    })
  }

  #insert(stream: Stream): Stream {
    this.#streams.set(nameOf(stream.kid, stream.instance), stream)
    this.#count(stream, 1)
    return stream
  }

  /** Adds a stream to the sums, or takes it out before it changes. */
  #count(stream: Stream, sign: 1 | -1): void {
    const { totals } = this
    const state = stream.closed ? 'closed' : stream.unclosed ? 'unclosed' : 'open'
    totals.streams += sign
    totals[state] += sign
    for (const name of ['emitted', 'records', 'missing', 'dropped', 'late'] as const) {
      totals[name] += sign * stream[name]
    }
    if (state === 'open') this.#open.add(stream)
    else this.#open.delete(stream)
  }

  #stateOf({ positions: _, noted: __, heardAt, ...state }: Stream): StreamState {
    return { ...state, silentMinutes: this.#minute - heardAt }
  }
}

/** What names a stream. */
export interface StreamName {
  readonly kid: string
  readonly instance: string
}

/** True for a leaf that no sink gets: it says something of a stream, not of an action. */
export function isServiceLeaf(leaf: Leaf): boolean {
  return leaf.type === 'start' || leaf.type === 'heartbeat' || leaf.type === 'stop'
}

export function nameOf(kid: string, instance: string): string {
  return `${kid} ${instance}`
}

function noTotals(): StreamTotals {
  const none = { streams: 0, open: 0, closed: 0, unclosed: 0, emitted: 0, records: 0, missing: 0 }
  return { ...none, dropped: 0, late: 0 }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
