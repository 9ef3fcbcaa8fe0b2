// Events of one leaf of a commit: what is due by now, and what it says itself.
import {
  type CommitRows,
  type FrameEntry,
  isRecordLeaf,
  type Leaf,
  type PlainFrame,
} from '@grantlog/ledger'
import { ATTR } from '@grantlog/record'
import type { AuditEvent } from './event.ts'
import { eventAt } from './ledger-events.ts'
import { RowAttributes } from './row-attributes.ts'
import type { StreamGaps } from './stream-gaps.ts'

export interface Place {
  readonly commit: PlainFrame
  /** Where it stands. */
  readonly rows: CommitRows
  /** Null: there is a row. */
  readonly leaf: Leaf | null
  readonly gaps: StreamGaps
}

/** What is due by the leaf, but for what it says itself. */
export function dueAt({ gaps, leaf, rows }: Place): readonly AuditEvent[] {
  const { index } = rows
  if (leaf === null) return gaps.take({ index, receivedAt: rows.stream.receivedAt }, rows)
  const numbered = isRecordLeaf(leaf) ? { stream: leaf, seq: leaf.seq } : null
  return leaf.type === 'finding' ? [] : gaps.take({ index, receivedAt: leaf.receivedAt }, numbered)
}

/** What the leaf says; null: nothing. Throws what `isOfEntry` takes for unreadable. */
export function eventIn({ commit, leaf, rows }: Place): AuditEvent | null {
  if (leaf === null) return eventOfRow(rows)
  return leaf.type === 'finding' ? null : eventAt(entryAt(commit, rows))
}

/** The event of the record that it stands at; good until the next leaf. */
export function eventOfRow(rows: CommitRows): AuditEvent {
  const { endMs, index, stream } = rows
  const attributes = new RowAttributes(rows)
  const id = rows.get(ATTR.AUDIT_RECORD_ID) as string
  return { id, index, atMs: endMs, receivedMs: stream.receivedAt, attributes }
}

/** The leaf with what is stored of it, read strictly. */
export function entryAt(frame: PlainFrame, { index }: Pick<CommitRows, 'index'>): FrameEntry {
  return frame.read().entries[index - frame.first]!
}
