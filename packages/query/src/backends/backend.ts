// What verification asks of a backend. Another one is another implementation of this: one of spans
// is a reader of them and a table (held-span.ts), one of documents compares them itself.
import type { LedgerRecord } from '../records.ts'
import type { Comparison } from './compare.ts'
import type { Marks } from './expected.ts'

/** What a record can be looked up by. */
export interface Sought {
  /** `audit.record.id`. */
  readonly id: string
  /** Hex digits in lower case, 32 and 16 of them. */
  readonly traceId: string
  readonly spanId: string
}

/** A span or document that a backend holds, as far as it tells what it is. */
export interface Told {
  /** What it is found by: `keyOf` of the record that it is of, or of none. */
  readonly key: string
  readonly traceId: string
  readonly spanId: string
  /** `audit.record.id` and `audit.action`, as it says; '' when it does not. */
  readonly recordId: string
  readonly action: string
  /** Whether somebody who looks at it would take it for a record (FORMAT.md 1). */
  readonly claims: boolean
  /** Where it lies, in the words of the backend, so that it can be looked at; '' if it has none. */
  readonly place: string
}

/** All of it, and how it is compared. */
export interface Held extends Told {
  compare(record: LedgerRecord, marks: Marks): Comparison
}

/** Where spans are searched that claim to be records. */
export interface SearchWindow {
  /** Unix nanoseconds of a span's start; both included. */
  readonly from: bigint
  readonly to: bigint
  /** Names of the ledger's records: what spans are called that want to look like one. */
  readonly names: ReadonlySet<string>
}

/** A part of what a search found. */
export interface Found {
  readonly told: readonly Told[]
  /** False when there is more than the backend, or our limits, would give. */
  readonly complete: boolean
}

/** Its methods throw QueryError; answers are parsed, and otherwise as the backend gave them. */
export interface Backend {
  /** As in reports: `jaeger`. */
  readonly name: string
  /** By what this backend tells records apart. */
  keyOf(record: Sought): string
  /** All that it has of at most BATCH_RECORDS records; other claims may be among it. */
  heldOf(records: readonly Sought[]): Promise<readonly Held[]>
  /** What may claim to be a record, with others among it. Some may come twice. */
  claims(window: SearchWindow): AsyncIterable<Found>
}
