// The source of sealed records: the ledger's durable frames. Only records go to sinks; the stream's
// start, heartbeat and stop, keys, refusals and frames stay in the log. See forward.test.ts.
import type { Shown } from '@grantlog/ledger'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import {
  groupSpans,
  type ProjectedSpan,
  type Projection,
  projectRecord,
  type StoredRecord,
} from './project.ts'
import { markedSpan } from './marks.ts'
import type { Unit } from './deliver.ts'
import type { Load, Source } from './sink.ts'

/** A record for one sink. */
export class RecordUnit implements Unit {
  readonly spans: number = 1
  readonly #record: StoredRecord
  readonly #projection: Projection
  #projected: ProjectedSpan | undefined

  constructor(record: StoredRecord, projection: Projection) {
    this.#record = record
    this.#projection = projection
  }

  get index(): number {
    return this.#record.index
  }

  /** Throws RecordError when the stored bytes are not a record: the ledger is damaged. */
  get projected(): ProjectedSpan {
    this.#projected ??= projectRecord(this.#record, this.#projection)
    return this.#projected
  }

  /** For a request of OTLP. Throws as `markedSpan`. */
  encoded(): Shown {
    return markedSpan(this.#record, this.#projection)
  }
}

/** One commit, decrypted: its records only. */
export interface CommittedFrame {
  readonly number: number
  readonly records: readonly StoredRecord[]
}

export interface FrameLog {
  read(from: number): AsyncIterable<CommittedFrame>
  waitFor(number: number, signal: AbortSignal): Promise<void>
}

/** Takes at most about `maxSpans` at once; a larger frame goes alone, in several requests. */
export function recordSource(
  log: FrameLog,
  projection: Projection,
  maxSpans: number,
): Source<RecordUnit> {
  async function take(from: number): Promise<Load<RecordUnit>> {
    const units: RecordUnit[] = []
    let next = from
    for await (const { number, records } of log.read(from)) {
      if (units.length > 0 && units.length + records.length > maxSpans) break
      for (const record of records) units.push(new RecordUnit(record, projection))
      next = number + 1
    }
    return { units, next }
  }
  return {
    kind: 'ledger',
    unitsMax: maxSpans,
    first: 0,
    take,
    waitFor: (from, signal) => log.waitFor(from, signal),
  }
}

/** An ExportTraceServiceRequest. */
export function encodeRecords(units: readonly RecordUnit[]): Uint8Array {
  return encodeTraceRequest(groupSpans(units.map((unit) => unit.encoded())))
}
