// The streams of a log: where each record is, which makes a batch sent twice be sealed once, and
// what became of each number. Pure memory, rebuilt from the log at start. Streams that ended are
// packed, about 75 bytes each with their names, for they are kept for good. See streams.test.ts.
import type { Leaf, RecordLeaf, UnclosedLeaf } from '../format/leaf.ts'
import { serviceLeavesKeptMax, unpackedStreamsMax } from '../limits.ts'
import { PackedStreams } from './packed-streams.ts'
import { type NumberRange, Positions } from './positions.ts'
import {
  isOpen,
  nameOf,
  newHead,
  type RecordRun,
  type Stream,
  type StreamHead,
  type StreamName,
  type StreamState,
  type StreamWord,
} from './stream.ts'

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

/** What a snapshot holds of all streams, as they were when it was taken. */
export interface StreamsMemory {
  /** By number: packed streams name them so. */
  readonly kids: readonly string[]
  /** Of the receiver's minutes, the one in which it was taken. */
  readonly minute: number
  /** Each stream packed, in the order they were first seen; a piece is a view until the next. */
  readonly pieces: () => Iterable<Uint8Array>
}

export interface StreamsOptions {
  /** Streams that are not open and lie unpacked; default `unpackedStreamsMax`. */
  readonly unpackedMax?: number
}

/** All streams by (kid, instance). */
export class Streams {
  readonly totals: StreamTotals = noTotals()
  readonly #unpackedMax: number
  readonly #unpacked = new Map<string, Stream>()
  readonly #byPlace = new Map<number, Stream>()
  readonly #open = new Set<Stream>()
  /** Unpacked ones that are not open, the one least recently heard of first. */
  readonly #idle = new Set<Stream>()
  readonly #packed: PackedStreams
  #minute = 0
  /** The minute in which this process began to listen: no silence is older. */
  #since = 0
  #runs = 0
  /** The newest start, heartbeat and stop leaves: no sink gets them. */
  readonly #service: { readonly index: number; readonly place: number }[] = []

  constructor({ unpackedMax = unpackedStreamsMax }: StreamsOptions = {}, kids?: readonly string[]) {
    this.#unpackedMax = unpackedMax
    this.#packed = new PackedStreams(kids)
  }

  /** The leaf index of a record, undefined when it is not in the log. */
  find(kid: string, instance: string, seq: number): number | undefined {
    const known = this.#unpacked.get(nameOf(kid, instance))
    if (known) return known.positions.find(seq)
    // Where one record was sent again, others will be.
    return seq > this.highest(kid, instance)
      ? undefined
      : this.#unpack(kid, instance)?.positions.find(seq)
  }

  /** The highest number of a stream in the log; -1 when nothing of it is. */
  highest(kid: string, instance: string): number {
    const known = this.#unpacked.get(nameOf(kid, instance))
    return known ? known.head.highestSeq : this.#packed.highest(kid, instance)
  }

  get(kid: string, instance: string): StreamState | undefined {
    const stream = this.#read({ kid, instance })
    return stream && this.#stateOf(stream.head)
  }

  /** Notes a record that is not in the log yet, and what it says of its stream. */
  add(
    record: Pick<RecordLeaf, 'kid' | 'instance' | 'seq' | 'type' | 'receivedAt'>,
    index: number,
    word?: StreamWord,
  ): void {
    const { instance, kid, receivedAt, seq, type } = record
    const run = { kid, instance, type, receivedAt, firstSeq: seq, firstIndex: index, count: 1 }
    this.addRun({ ...run, word })
  }

  /** Notes records that are not in the log yet. */
  addRun(run: RecordRun): void {
    const stream = this.#streamOf(run)
    const { head, place, positions } = stream
    this.#count(head, -1)
    const { count, firstIndex, firstSeq, receivedAt, type, word } = run
    if (head.noted) head.late += count
    head.unclosed = false
    if (type === 'stop') head.closed = true
    head.records += count
    head.highestSeq = Math.max(head.highestSeq, firstSeq + count - 1)
    head.emitted = Math.max(head.emitted, firstSeq + count, word?.assigned ?? 0)
    head.dropped = Math.max(head.dropped, word?.dropped ?? 0)
    head.missing = head.emitted - head.records
    head.lastSeen = receivedAt
    head.heardAt = this.#minute
    this.#runs += positions.addRun(firstSeq, firstIndex, count)
    this.#count(head, 1)
    if (type !== 'record') {
      head.service++
      this.#service.push({ index: firstIndex, place })
      if (this.#service.length > 2 * serviceLeavesKeptMax) {
        this.#service.splice(0, serviceLeavesKeptMax)
      }
    }
    this.#sort(stream)
  }

  /** Notes that the log says of a stream that it fell silent. */
  unclose({ kid, instance }: Pick<UnclosedLeaf, 'kid' | 'instance'>): void {
    const stream = this.#unpacked.get(nameOf(kid, instance)) ?? this.#unpack(kid, instance)
    if (!stream) return
    const { head } = stream
    this.#count(head, -1)
    head.unclosed = true
    head.noted = true
    this.#count(head, 1)
    this.#sort(stream)
  }

  /** A minute of service has passed. */
  tick(): void {
    this.#minute++
  }

  /** Open streams of which nothing came for so many minutes of service, at most `most`. */
  silent(minutes: number, most: number): StreamState[] {
    const silent: StreamState[] = []
    for (const { head } of this.#open) {
      if (silent.length >= most) break
      if (this.#silentMinutes(head) >= minutes) silent.push(this.#stateOf(head))
    }
    return silent
  }

  /** In the order they were first seen, from a place on. */
  *states(from = 0): Generator<StreamState> {
    for (let place = from; place < this.#packed.places; place++) {
      yield this.#stateOf(this.#headAt(place))
    }
  }

  /** Numbers of a stream that are missing, at most `most` ranges, the lowest first. */
  missingOf(name: StreamName, most: number): NumberRange[] {
    const stream = this.#read(name)
    return stream?.positions.missing(stream.head.emitted, most) ?? []
  }

  /** Records of a stream with an index below `index`. */
  countBelow(name: StreamName, index: number): number {
    return this.#read(name)?.positions.countBelow(index) ?? 0
  }

  /**
   * By name of stream (`kid instance`), how many starts, heartbeats and stops have an index from
   * `from` on: exact as long as no more than `serviceLeavesKeptMax` follow.
   */
  serviceFrom(from: number): Map<string, number> {
    const counts = new Map<number, number>()
    for (let at = this.#service.length - 1; at >= 0; at--) {
      const { index, place } = this.#service[at]!
      if (index < from) break
      counts.set(place, (counts.get(place) ?? 0) + 1)
    }
    const named = ([place, count]: [number, number]): [string, number] => {
      const { instance, kid } = this.#headAt(place)
      return [nameOf(kid, instance), count]
    }
    return new Map(Array.from(counts, named))
  }

  /** Runs that are kept: unpacked about 40 bytes each, packed about 6. */
  get runs(): number {
    return this.#runs
  }

  /** Runs in the longest array: what adding one record moves at most. */
  get runsMovedMax(): number {
    return Math.max(0, ...Array.from(this.#byPlace.values(), (s) => s.positions.runsMovedMax))
  }

  /** Streams that lie unpacked: all that are open, and some that are not. */
  get unpacked(): number {
    return this.#unpacked.size
  }

  /** Bytes that the packed streams take, without their index: 16 to 30 bytes each. */
  get packedBytes(): number {
    return this.#packed.bytes
  }

  /** What `Streams.from` makes the same of, as it is now, whatever is added later. */
  memory(): StreamsMemory {
    const unpacked = new Map<number, Uint8Array>()
    for (const stream of this.#byPlace.values()) {
      unpacked.set(stream.place, Uint8Array.from(this.#packed.pack(stream)))
    }
    const packed = this.#packed.pieces(unpacked)
    return { kids: [...this.#packed.kids], minute: this.#minute, pieces: () => packed }
  }

  /** What `memory` gave. Throws LEDGER_FORMAT when it cannot be that. */
  static from({ kids, minute, pieces }: StreamsMemory, options?: StreamsOptions): Streams {
    const streams = new Streams(options, kids)
    streams.#minute = streams.#since = minute
    for (const piece of pieces()) streams.#restore(piece)
    return streams
  }

  #restore(piece: Uint8Array): void {
    const { head, runs } = this.#packed.unpack(piece)
    const positions = Positions.from(runs)
    this.#runs += positions.runs
    const place = this.#packed.enter(head)
    this.#count(head, 1)
    if (!isOpen(head)) this.#packed.put(place, piece)
    else this.#sort(this.#hold({ place, head, positions }))
  }

  #streamOf(record: Pick<RecordLeaf, keyof StreamName | 'receivedAt'>): Stream {
    const { instance, kid, receivedAt } = record
    const known = this.#unpacked.get(nameOf(kid, instance)) ?? this.#unpack(kid, instance)
    if (known) return known
    const head = newHead({ kid, instance }, receivedAt, this.#minute)
    this.#count(head, 1)
    return this.#hold({ place: this.#packed.enter(head), head, positions: new Positions() })
  }

  /** Keeps a stream unpacked. */
  #hold(stream: Stream): Stream {
    const { head, place } = stream
    this.#unpacked.set(nameOf(head.kid, head.instance), stream)
    this.#byPlace.set(place, stream)
    return stream
  }

  /** Unpacks a packed stream, of which more may be asked soon. */
  #unpack(kid: string, instance: string): Stream | undefined {
    const place = this.#packed.find(kid, instance)
    if (place < 0) return undefined
    const { head, runs } = this.#packed.unpack(this.#packed.at(place))
    this.#packed.drop(place)
    const stream = this.#hold({ place, head, positions: Positions.from(runs) })
    this.#sort(stream)
    return stream
  }

  /** Puts a stream where it belongs after it was heard of; what is idle for longest is packed. */
  #sort(stream: Stream): void {
    if (isOpen(stream.head)) {
      if (!this.#open.has(stream)) this.#idle.delete(stream)
      this.#open.add(stream)
      return
    }
    this.#open.delete(stream)
    this.#idle.delete(stream)
    this.#idle.add(stream)
    // The stream itself stays: its caller holds it.
    const most = Math.max(1, this.#unpackedMax)
    while (this.#idle.size > most) this.#pack(this.#idle.values().next().value!)
  }

  #pack(stream: Stream): void {
    const { head, place } = stream
    this.#packed.put(place, this.#packed.pack(stream))
    this.#idle.delete(stream)
    this.#byPlace.delete(place)
    this.#unpacked.delete(nameOf(head.kid, head.instance))
  }

  /** A stream to look at, packed or not. */
  #read({ kid, instance }: StreamName): Pick<Stream, 'head' | 'positions'> | undefined {
    const known = this.#unpacked.get(nameOf(kid, instance))
    if (known) return known
    const place = this.#packed.find(kid, instance)
    if (place < 0) return undefined
    const { head, runs } = this.#packed.unpack(this.#packed.at(place))
    return { head, positions: Positions.from(runs) }
  }

  #headAt(place: number): StreamHead {
    return this.#byPlace.get(place)?.head ?? this.#packed.headAt(place)
  }

  /** Adds a stream to the sums, or takes it out before it changes. */
  #count(head: StreamHead, sign: 1 | -1): void {
    const { totals } = this
    totals.streams += sign
    totals[head.closed ? 'closed' : head.unclosed ? 'unclosed' : 'open'] += sign
    for (const name of ['emitted', 'records', 'missing', 'dropped', 'late'] as const) {
      totals[name] += sign * head[name]
    }
  }

  #silentMinutes({ heardAt }: StreamHead): number {
    return this.#minute - Math.max(heardAt, this.#since)
  }

  #stateOf(head: StreamHead): StreamState {
    const { heardAt: _, noted: __, ...state } = head
    return { ...state, silentMinutes: this.#silentMinutes(head) }
  }
}

/** True for a leaf that no sink gets: it says something of a stream, not of an action. */
export function isServiceLeaf(leaf: Leaf): boolean {
  return leaf.type === 'start' || leaf.type === 'heartbeat' || leaf.type === 'stop'
}

function noTotals(): StreamTotals {
  const none = { streams: 0, open: 0, closed: 0, unclosed: 0, emitted: 0, records: 0, missing: 0 }
  return { ...none, dropped: 0, late: 0 }
}
