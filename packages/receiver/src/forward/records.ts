// The source of sealed records: the ledger's durable frames. Only records go to sinks; the stream's
// start, heartbeat and stop, keys, refusals and frames stay in the log. See forward.test.ts.
import { sha256 } from '@grantlog/ledger'
import { leafHash } from '@grantlog/tlog'
import {
  disclosed,
  type ProjectedSpan,
  type Projection,
  projectRecord,
  type StoredRecord,
} from './project.ts'
import { encodeMarked, type MarkedRecord } from './marked.ts'
import { Marks } from './marks.ts'
import type { RecentCommits, RecentRequest } from './recent.ts'
import { shownFrom } from './shown.ts'
import type { Unit } from './deliver.ts'
import type { Load, Source } from './sink.ts'

/** A record for one sink. */
export class RecordUnit implements Unit {
  readonly spans: number = 1
  readonly #record: StoredRecord
  readonly projection: Projection
  #projected: ProjectedSpan | undefined

  constructor(record: StoredRecord, projection: Projection) {
    this.#record = record
    this.projection = projection
  }

  get index(): number {
    return this.#record.index
  }

  /** Throws RecordError when the stored bytes are not a record: the ledger is damaged. */
  get projected(): ProjectedSpan {
    this.#projected ??= projectRecord(this.#record, this.projection)
    return this.#projected
  }

  /** For a request of OTLP. Throws SyntaxError or TypeError when the stored bytes are no record. */
  marked(): MarkedRecord {
    const { canonical, entry, index, kid, openings } = this.#record
    const shown = shownFrom(canonical, disclosed(openings, this.projection.personalData))
    return { index, kid, hash: leafHash(sha256, entry), shown }
  }
}

/** Records of a commit that are still in memory, as a sink of OTLP gets them. */
export class CommitUnit implements Unit {
  /** Until `letGo`. */
  readonly request: Uint8Array
  /** Of its frame. */
  readonly number: number
  readonly #recent: RecentRequest

  constructor(recent: RecentRequest, number: number) {
    this.#recent = recent
    this.number = number
    this.request = recent.hold()
  }

  get indexes(): readonly number[] {
    return this.#recent.indexes
  }

  letGo(): void {
    this.#recent.letGo()
  }

  get index(): number {
    return this.indexes[0]!
  }

  get spans(): number {
    return this.indexes.length
  }
}

export type LedgerUnit = RecordUnit | CommitUnit

/** One commit, decrypted: its records only. */
export interface CommittedFrame {
  readonly number: number
  readonly records: readonly StoredRecord[]
}

export interface FrameLog {
  read(from: number): AsyncIterable<CommittedFrame>
  waitFor(number: number, signal: AbortSignal): Promise<void>
}

export interface RecordSourceOptions {
  readonly projection: Projection
  readonly maxSpans: number
  /** Of what is in memory; default `maxSpans`. */
  readonly maxSpansInMemory?: number
  /** What need not be read from the log; left out, everything is. */
  readonly recent?: Pick<RecentCommits, 'get'> | undefined
  /** Which records it gets; default all. Only without `recent`. */
  readonly isWanted?: ((record: StoredRecord) => boolean) | undefined
}

/** Takes at most about `maxSpans` at once; a larger frame goes alone, in several requests. */
export function recordSource(
  log: FrameLog,
  { isWanted, maxSpans, maxSpansInMemory = maxSpans, projection, recent }: RecordSourceOptions,
): Source<LedgerUnit> {
  const unitsOf = ({ records }: CommittedFrame): RecordUnit[] =>
    (isWanted === undefined ? records : records.filter(isWanted)).map(
      (record) => new RecordUnit(record, projection),
    )

  async function takeStored(from: number): Promise<Load<LedgerUnit>> {
    const units: RecordUnit[] = []
    let [next, read] = [from, 0]
    for await (const frame of log.read(from)) {
      // Of a log with little that is wanted, too, a load is no more than a while's work.
      if (units.length === 0 && read > maxSpansInMemory) break
      read += frame.records.length
      const more = unitsOf(frame)
      if (units.length > 0 && units.length + more.length > maxSpans) break
      units.push(...more)
      next = frame.number + 1
      if (recent?.get(next)) break
    }
    return { units, next }
  }

  async function take(from: number): Promise<Load<LedgerUnit>> {
    const units: CommitUnit[] = []
    let [next, spans] = [from, 0]
    for (let commit = recent?.get(next); commit; commit = recent?.get(next)) {
      const { number, requests } = commit
      if (spans > 0 && spans + commit.spans > maxSpansInMemory) break
      for (const request of requests) units.push(new CommitUnit(request, number))
      spans += commit.spans
      next++
    }
    return next > from ? { units, next } : takeStored(from)
  }

  async function partsOf({ indexes, number }: CommitUnit): Promise<readonly RecordUnit[]> {
    const wanted = new Set(indexes)
    for await (const frame of log.read(number)) {
      return unitsOf(frame).filter(({ index }) => wanted.has(index))
    }
    return []
  }

  return {
    kind: 'ledger',
    spansMax: maxSpans,
    first: 0,
    take,
    partsOf: (unit) => (unit instanceof CommitUnit ? partsOf(unit) : undefined),
    waitFor: (from, signal) => log.waitFor(from, signal),
  }
}

/** An ExportTraceServiceRequest, in parts: requests one after the other are one (protobuf). */
export function encodeRecords(units: readonly LedgerUnit[]): Uint8Array[] {
  const requests = units.flatMap((unit) => (unit instanceof CommitUnit ? [unit.request] : []))
  const [record, ...more] = units.filter((unit) => unit instanceof RecordUnit)
  if (record) {
    const records = [record, ...more].map((unit) => unit.marked())
    requests.push(encodeMarked(records, new Marks(record.projection)))
  }
  return requests
}
