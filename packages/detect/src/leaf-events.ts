// Events of one leaf of a commit: what is due by now, and what it says itself.
import type { CommitCursor, FrameEntry, Leaf, PlainFrame } from '@grantlog/ledger'
import type { AuditEvent } from './event.ts'
import { eventAt } from './ledger-events.ts'
import type { EventScanner } from './scan/scanner.ts'
import type { StreamGaps } from './stream-gaps.ts'

export interface Place {
  readonly commit: PlainFrame
  readonly walk: CommitCursor
  readonly gaps: StreamGaps
  readonly scanner: EventScanner
}

/** First what is due by now; what it says itself may be unreadable. Throws: see `isOfEntry`. */
export function* eventsOf(
  leaf: Leaf,
  { commit, gaps, scanner, walk }: Place,
): Generator<AuditEvent> {
  if (leaf.type === 'finding') return
  yield* gaps.take(leaf, walk.index)
  const event = scanner.scan(commit, walk, leaf) ?? eventAt(entryAt(commit, walk))
  if (event !== null) yield event
}

/** The same leaf with what is stored of it, read strictly. */
export function entryAt(frame: PlainFrame, { index }: CommitCursor): FrameEntry {
  return frame.read().entries[index - frame.first]!
}
