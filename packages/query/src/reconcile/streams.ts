// What streams say of themselves, against what is in the log: each stream counts its records by
// action, those it dropped and, apart from its hooks, the HTTP requests it served, and says so in
// its heartbeats and its end (FORMAT.md 2.3). See streams.test.ts.
import { ATTR, decodeList, type RecordView } from '@grantlog/record'
import type { RecordLeaf } from '@grantlog/ledger'
import { MAX_STREAMS } from '../limits.ts'
import { isServed } from './served.ts'

/** One stream up to its newest statement. */
export interface StreamAccount {
  readonly service: string
  readonly kid: string
  readonly instance: string
  /** Records up to that statement, by its own counters. */
  readonly emitted: number
  /** Of these, in the log. */
  readonly sealed: number
  readonly dropped: number
  /** Actions of which other numbers are in the log than it counted. */
  readonly differing: readonly { action: string; emitted: number; sealed: number }[]
  /** HTTP requests it has counted, and its records of served ones. */
  readonly httpRequests: number
  readonly servedRecords: number
  readonly isClosed: boolean
  /** Unix ms: when its newest statement was received. */
  readonly statedAt: number
}

interface Stream {
  service: string
  readonly kid: string
  readonly instance: string
  /** The number of the newest statement; -1 before the first. */
  statedSeq: number
  statedAt: number
  counts: Map<string, number>
  /** False when the list of counts was cut: of actions that are not in it nothing is known. */
  isWhole: boolean
  dropped: number
  httpRequests: number
  isClosed: boolean
  /** Records in the log up to the newest statement. */
  readonly sealed: Map<string, number>
  servedRecords: number
  /** Records behind it, by number: at most those of a minute, while heartbeats come. */
  readonly later: Map<number, { readonly action: string; readonly ofRequest: boolean }>
}

/** A stream as the next run gets it. */
export type StreamNote = Omit<Stream, 'counts' | 'sealed' | 'later'> & {
  readonly counts: readonly (readonly [string, number])[]
  readonly sealed: readonly (readonly [string, number])[]
  readonly later: readonly (readonly [number, string, boolean])[]
}

/** Accounts of all streams. */
export class StreamAccounts {
  readonly #streams = new Map<string, Stream>()

  constructor(notes: readonly StreamNote[] = []) {
    for (const { counts, later, sealed, ...rest } of notes) {
      this.#streams.set(`${rest.kid} ${rest.instance}`, {
        ...rest,
        counts: new Map(counts),
        sealed: new Map(sealed),
        later: new Map(later.map(([seq, action, ofRequest]) => [seq, { action, ofRequest }])),
      })
    }
  }

  /** Takes each record of the log once, in its order. */
  add({ instance, kid, receivedAt, seq, type }: RecordLeaf, view: RecordView): void {
    const stream = this.#streamOf(kid, instance)
    const { attributes } = view
    stream.service = String(attributes.get(ATTR.AUDIT_PRODUCER_SERVICE))
    const action = String(attributes.get(ATTR.AUDIT_ACTION))
    const ofRequest = isServed(view)
    if (seq <= stream.statedSeq) count(stream, action, ofRequest)
    else stream.later.set(seq, { action, ofRequest })
    if (type === 'stop') stream.isClosed = true
    const stated = attributes.get(ATTR.AUDIT_STREAM_COUNTS)
    if (typeof stated === 'string' && seq > stream.statedSeq) {
      state(stream, { seq, receivedAt, stated, attributes })
    }
  }

  *accounts(): Generator<StreamAccount> {
    for (const stream of this.#streams.values()) {
      const { counts, sealed } = stream
      const more = stream.isWhole ? sealed.keys() : []
      const actions = [...new Set([...counts.keys(), ...more])].toSorted()
      const { dropped, httpRequests, instance, isClosed, kid, service, servedRecords } = stream
      yield {
        ...{ service, kid, instance, dropped, httpRequests, servedRecords, isClosed },
        emitted: stream.isWhole ? sum(counts) : stream.statedSeq + 1,
        sealed: sum(sealed),
        differing: actions.flatMap((action) => {
          const of = { emitted: counts.get(action) ?? 0, sealed: sealed.get(action) ?? 0 }
          return of.emitted === of.sealed ? [] : [{ action, ...of }]
        }),
        statedAt: stream.statedAt,
      }
    }
  }

  /** What the next run needs: not those that are closed and whole. Newest first, bounded. */
  notes(): StreamNote[] {
    const all = [...this.#streams.values()].filter(
      ({ counts, isClosed, later, sealed }) =>
        !isClosed || later.size > 0 || sum(counts) !== sum(sealed),
    )
    return all
      .toSorted((a, b) => b.statedAt - a.statedAt)
      .slice(0, MAX_STREAMS)
      .map(({ counts, later, sealed, ...rest }) => ({
        ...rest,
        counts: [...counts],
        sealed: [...sealed],
        later: [...later].map(([seq, { action, ofRequest }]) => [seq, action, ofRequest] as const),
      }))
  }

  #streamOf(kid: string, instance: string): Stream {
    const name = `${kid} ${instance}`
    const stream = this.#streams.get(name) ?? {
      ...{ service: '', kid, instance, statedSeq: -1, statedAt: 0, dropped: 0, httpRequests: 0 },
      ...{ counts: new Map(), sealed: new Map(), later: new Map() },
      isWhole: true,
      isClosed: false,
      servedRecords: 0,
    }
    this.#streams.set(name, stream)
    return stream
  }
}

function state(
  stream: Stream,
  of: {
    readonly seq: number
    readonly receivedAt: number
    readonly stated: string
    readonly attributes: RecordView['attributes']
  },
): void {
  stream.statedSeq = of.seq
  stream.statedAt = of.receivedAt
  stream.counts = countsIn(of.stated)
  stream.isWhole = !decodeList(of.stated).includes('...')
  stream.dropped = numberIn(of.attributes.get(ATTR.AUDIT_STREAM_DROPPED))
  stream.httpRequests = numberIn(of.attributes.get(ATTR.AUDIT_STREAM_HTTP_REQUESTS))
  for (const [seq, { action, ofRequest }] of stream.later) {
    if (seq > of.seq) continue
    count(stream, action, ofRequest)
    stream.later.delete(seq)
  }
}

function count(stream: Stream, action: string, ofRequest: boolean): void {
  stream.sealed.set(action, (stream.sealed.get(action) ?? 0) + 1)
  if (ofRequest) stream.servedRecords++
}

/** `action=count`, as `audit.stream.counts` lists them; what is no count is left out. */
function countsIn(text: string): Map<string, number> {
  return new Map(
    decodeList(text).flatMap((item): [string, number][] => {
      const [, action, digits] = /^([\w.]{1,64})=(\d{1,15})$/.exec(item) ?? []
      return action === undefined ? [] : [[action, Number(digits)]]
    }),
  )
}

function numberIn(value: unknown): number {
  return typeof value === 'bigint' && value >= 0n && value < 2n ** 53n ? Number(value) : 0
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((all, one) => all + one, 0)
}
