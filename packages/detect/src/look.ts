// What is found in one commit, leaf by leaf, without a pause: rows are of one commit at a time. See
// test/flow/detect-unreadable.test.ts.
import { commitRows, decodeLeaf, type PlainFrame } from '@grantlog/ledger'
import type { AuditEvent } from './event.ts'
import { findingLeafOf, type FindingLeaf } from './finding-leaves.ts'
import type { Grouper, Leaf as Made } from './findings/group.ts'
import type { FindingsView } from './findings/view.ts'
import { type DetectionParts, isOfEntry } from './flow.ts'
import type { Handing } from './handing.ts'
import { dueAt, entryAt, eventIn } from './leaf-events.ts'
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

  return (commit) => {
    const made: Made[] = []
    const take = (event: AuditEvent): void => {
      for (const detection of detector.take(event)) {
        made.push(...grouper.take(detection, now(), event.receivedMs))
      }
    }
    for (rows.begin(commit); rows.next();) {
      try {
        const leaf = rows.entry === null ? null : decodeLeaf(rows.entry)
        const place = { commit, gaps, leaf, rows }
        if (leaf?.type === 'finding') takeFinding(findingLeafOf(entryAt(commit, rows)))
        for (const event of dueAt(place)) take(event)
        const event = eventIn(place)
        if (event !== null) take(event)
      } catch (error) {
        if (!isOfEntry(error)) throw error
        onUnreadable(rows.index)
      }
    }
    return made
  }
}
