// What verification asks of a backend. Another one is another implementation of this and another
// table.
import type { BackendSpan } from './span.ts'
import type { BackendTable } from './table.ts'

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
  readonly spans: readonly BackendSpan[]
  /** False when there is more than the backend, or our limits, would give. */
  readonly complete: boolean
}

/** All methods throw QueryError; answers are parsed, and otherwise as the backend gave them. */
export interface Backend {
  readonly table: BackendTable
  /** Every span of a trace, none of one that is unknown. */
  trace(traceId: string): Promise<readonly BackendSpan[]>
  /** Spans that may claim to be records, with others among them. Some may come twice. */
  claims(window: SearchWindow): AsyncIterable<Found>
}
