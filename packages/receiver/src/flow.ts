// What passes from step to step (pipeline.ts). Steps import these and never each other.
import type { BatchStatement, SlotName } from '@grantlog/record'
import { REFUSALS, type RefusalCode } from './codes.ts'

/**
 * One line of the structured log. Details are counts, codes, kids and names; never personal data.
 */
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

/** The counters of /readyz, since the start. */
export interface Counters {
  requests: number
  received: number
  committed: number
  duplicates: number
  passedThrough: number
  readonly refused: Record<RefusalCode, number>
}

/** What became of one request's spans. */
export interface Outcome {
  readonly auditSpans: number
  readonly passThroughSpans: number
  readonly committed: number
  readonly duplicates: number
  readonly refused: readonly Refusal[]
}

export function newCounters(): Counters {
  const codes = Object.keys(REFUSALS) as RefusalCode[]
  const refused = Object.fromEntries(codes.map((code) => [code, 0])) as Counters['refused']
  return { requests: 0, received: 0, committed: 0, duplicates: 0, passedThrough: 0, refused }
}

/** Counts what was answered, and logs each kind of refusal with its sender, once a request. */
export function countAnswer(counters: Counters, outcome: Outcome, log: Log): void {
  counters.received += outcome.auditSpans
  counters.passedThrough += outcome.passThroughSpans
  counters.committed += outcome.committed
  counters.duplicates += outcome.duplicates
  const kinds = new Map<string, Refusal & { spans: number }>()
  for (const { code, sender } of outcome.refused) {
    counters.refused[code]++
    const kind = kinds.get(`${code} ${sender}`) ?? { code, sender, spans: 0 }
    kinds.set(`${code} ${sender}`, { ...kind, spans: kind.spans + 1 })
  }
  for (const { code, sender, spans } of kinds.values()) {
    log({ code: 'SPANS_REFUSED', level: 'warn', reason: code, sender, spans })
  }
}
