// What passes from step to step (pipeline.ts). Steps import these and never each other.
import type { BatchStatement, SlotName } from '@grantlog/record'
import type { RefusalCode } from './codes.ts'

/** One line of the structured log. Details are counts, codes, kids and names; never personal data. */
export interface LogEvent {
  readonly code: string
  readonly level: 'info' | 'warn' | 'error'
  readonly [detail: string]: string | number | boolean | undefined
}

export type Log = (event: LogEvent) => void

/** A refused span, without anything of the span. `sender` is an enrolled kid, or `unknown`. */
export interface Refusal {
  readonly code: RefusalCode
  readonly sender: string
}

/** A span that may be committed: signed by an enrolled key, unaltered and in the key's scope. */
export interface VerifiedRecord {
  readonly type: 'record' | 'start' | 'heartbeat' | 'stop'
  /** `audit.record.id`, a UUIDv7. */
  readonly id: string
  readonly seq: number
  readonly digest: Uint8Array
  readonly canonical: Uint8Array
  /** JCS JSON of what is not covered (FORMAT.md, 1.1); empty when there is nothing. */
  readonly unsigned: Uint8Array
  readonly openings: readonly { readonly slot: SlotName; readonly opening: Uint8Array }[]
}

/** The spans of one signed batch that a request brought, each number once, in order. */
export interface VerifiedBatch {
  readonly kid: string
  readonly jws: string
  readonly digests: Uint8Array
  readonly statement: BatchStatement
  readonly records: readonly VerifiedRecord[]
}

/** What a POST of traces is answered with once everything in it is durable. */
export interface TraceAnswer {
  readonly refusals: readonly Refusal[]
  /** Signed notes (FORMAT.md, 3.5). */
  readonly receipts: readonly string[]
  /** Signed note of the latest published checkpoint. */
  readonly checkpoint: string | null
}

/** The counters of /readyz. */
export interface Counters {
  requests: number
  received: number
  committed: number
  duplicates: number
  passedThrough: number
  readonly refused: Record<RefusalCode, number>
}
