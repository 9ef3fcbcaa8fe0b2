// What is kept of one stream. Pure memory; see streams.ts.
import type { RecordType } from '../format/leaf.ts'
import type { Positions } from './positions.ts'

/** What a stream's start, heartbeat or stop says of it. */
export interface StreamWord {
  /** Numbers assigned so far. */
  readonly assigned: number
  /** Records dropped so far; those that had a number are missing. */
  readonly dropped: number
}

/** What names a stream. */
export interface StreamName {
  readonly kid: string
  readonly instance: string
}

/** Records of one stream, each the next in number and in index: those of a batch, mostly. */
export interface RecordRun extends StreamName {
  /** Of all of them; a start, heartbeat or stop is a run of its own. */
  readonly type: RecordType
  readonly receivedAt: number
  readonly firstSeq: number
  readonly firstIndex: number
  count: number
  /** What it says of the stream. */
  readonly word?: StreamWord | undefined
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

/** A stream without its positions, as it changes. */
export interface StreamHead extends Omit<StreamState, 'silentMinutes'> {
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

/** A stream in memory, unpacked. */
export interface Stream {
  /** In the order in which streams were first seen, from 0. */
  readonly place: number
  readonly head: StreamHead
  readonly positions: Positions
}

/** One of which nothing is known yet. */
export function newHead(name: StreamName, firstSeen: number, heardAt: number): StreamHead {
  const { instance, kid } = name
  const none = { records: 0, highestSeq: -1, emitted: 0, missing: 0, dropped: 0, late: 0 }
  const flags = { closed: false, unclosed: false, noted: false }
  return { kid, instance, ...none, ...flags, service: 0, firstSeen, lastSeen: firstSeen, heardAt }
}

/** Neither stopped nor noted as silent: it is watched. */
export function isOpen({ closed, unclosed }: Pick<StreamState, 'closed' | 'unclosed'>): boolean {
  return !closed && !unclosed
}

export function nameOf(kid: string, instance: string): string {
  return `${kid} ${instance}`
}
