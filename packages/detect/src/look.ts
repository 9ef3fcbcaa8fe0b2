// What is found in one commit, without a pause: rows are of one commit at a time. Records whose
// rows were made together are looked at together. See test/flow/detect-unreadable.test.ts.
import { commitRows, decodeLeaf, type PlainFrame } from '@grantlog/ledger'
import type { AuditEvent } from './event.ts'
import { findingLeafOf, type FindingLeaf } from './finding-leaves.ts'
import type { Grouper, Leaf as Made } from './findings/group.ts'
import type { FindingsView } from './findings/view.ts'
import { type DetectionParts, isOfEntry } from './flow.ts'
import type { Handing } from './handing.ts'
import { dueAt, entryAt, eventOfRow } from './leaf-events.ts'
import { eventAt } from './ledger-events.ts'
import type { StreamGaps } from './stream-gaps.ts'

interface Known {
  readonly gaps: StreamGaps
  readonly grouper: Grouper
  readonly handing: Handing
  readonly view: FindingsView
}

/** Gives what is found in a commit; a leaf that cannot be read is passed over. */
export function createLook(
  { detector, now, onLeaf, onUnreadable }: DetectionParts,
  { gaps, grouper, handing, view }: Known,
): (commit: PlainFrame) => readonly Made[] {
  const rows = commitRows()

  function takeFinding(leaf: FindingLeaf | null): void {
    if (leaf === null) return
    const { content, index } = leaf
    handing.seen(leaf.id)
    const finding = view.take(index, content)
    const isOver = content.kind === 'status' && /^(closed|false_positive)$/.test(content.status)
    if (isOver) grouper.close(content.finding)
    if (finding !== undefined) onLeaf(finding, leaf)
  }

  /** Due by the leaf, and what it says itself. */
  function* eventsOf(commit: PlainFrame, entry: Uint8Array): Generator<AuditEvent, void, void> {
    const leaf = decodeLeaf(entry)
    if (leaf.type === 'finding') {
      takeFinding(findingLeafOf(entryAt(commit, rows)))
      return
    }
    yield* dueAt(leaf, gaps, rows)
    const event = eventAt(entryAt(commit, rows))
    if (event !== null) yield event
  }

  return (commit) => {
    const made: Made[] = []
    /** Events that are looked at together, and how many rows made with them are to come. */
    let batch: AuditEvent[] = []
    let left = 0
    const take = (): void => {
      for (const [at, found] of detector.takeAll(batch).entries()) {
        for (const one of found) made.push(...grouper.take(one, now(), batch[at]!.receivedMs))
      }
      batch = []
    }
    for (rows.begin(commit); rows.next();) {
      try {
        if (rows.entry === null) {
          if (left === 0) left = rows.together
          const together = left--
          batch.push(...dueAt(null, gaps, rows), eventOfRow(rows, together))
        } else {
          for (const event of eventsOf(commit, rows.entry)) batch.push(event)
        }
      } catch (error) {
        if (!isOfEntry(error)) throw error
        onUnreadable(rows.index)
      }
      if (left === 0) take()
    }
    return made
  }
}
