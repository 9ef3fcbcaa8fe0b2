// Events of one leaf of a commit: what is due by now, and the record of a row.
import {
  type CommitRows,
  type FrameEntry,
  isRecordLeaf,
  type Leaf,
  type PlainFrame,
} from '@grantlog/ledger'
import { ATTR } from '@grantlog/record'
import type { AuditEvent } from './event.ts'
import { RowAttributes } from './row-attributes.ts'
import type { StreamGaps } from './stream-gaps.ts'

/** What is due by the leaf that it stands at, but for what that says itself; null: it is a row. */
export function dueAt(
  leaf: Leaf | null,
  gaps: StreamGaps,
  rows: CommitRows,
): readonly AuditEvent[] {
  const { index } = rows
  if (leaf === null) return gaps.take({ index, receivedAt: rows.stream.receivedAt }, rows)
  const numbered = isRecordLeaf(leaf) ? { stream: leaf, seq: leaf.seq } : null
  return gaps.take({ index, receivedAt: leaf.receivedAt }, numbered)
}

/**
 * The event of the record that it stands at. `together`: of how many rows from this one on it is
 * good; then it throws.
 */
export function eventOfRow(rows: CommitRows, together = 1): AuditEvent {
  const { endMs, index, stream } = rows
  const attributes = new RowAttributes(rows, together)
  const id = rows.get(ATTR.AUDIT_RECORD_ID) as string
  return { id, index, atMs: endMs, receivedMs: stream.receivedAt, attributes }
}

/** The leaf with what is stored of it, read strictly. */
export function entryAt(frame: PlainFrame, { index }: Pick<CommitRows, 'index'>): FrameEntry {
  return frame.read().entries[index - frame.first]!
}
