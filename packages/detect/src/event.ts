// What detection looks at: a record, as far as its keys allow, without the bytes that prove it.
import type { LedgerRecord } from '@grantlog/query'
import type { AttributeValue } from '@grantlog/record'

/** An event: one record, by the registry's names. */
export interface AuditEvent {
  /** `audit.record.id`. */
  readonly id: string
  /** The place in the log; null: it comes from an export of another log, or from no log. */
  readonly index: number | null
  /** When it ended, Unix ms: by this, and not by when it came, rules count time. */
  readonly atMs: number
  /** When the receiver had it, Unix ms. */
  readonly receivedMs: number
  /** Those of slots that can be opened, too; and `event.duration_ms`, derived: how long it took. */
  readonly attributes: ReadonlyMap<string, AttributeValue>
}

/** The event that a record of the ledger is. */
export function eventOf({ attributes, index, leaf, view }: LedgerRecord): AuditEvent {
  const atMs = Number(view.endTimeUnixNano / 1_000_000n)
  const tookMs = (view.endTimeUnixNano - view.startTimeUnixNano) / 1_000_000n
  const derived = new Map(attributes).set('event.duration_ms', tookMs < 0n ? 0n : tookMs)
  return { id: leaf.id, index, atMs, receivedMs: leaf.receivedAt, attributes: derived }
}
