// The way from a commit to a finding, as a table. One look reads what was committed since the last:
//
//   leaf ──▶ event ──▶ detector ──▶ grouper ──▶ handed over ──▶ (the receiver makes it a leaf)
//   leaf of a finding ──▶ the queue (view) ──▶ alerts
//
// The place, what the detector knows, open groups and alerts that wait are one snapshot, written
// after what was found before it is durable. After a crash the same is found again under the same
// ids, and what has its leaf is not handed over twice. See start.test.ts.
import { CommitCursor, decodeLeaf, type FrameEntry, type PlainFrame } from '@grantlog/ledger'
import type { AuditEvent } from './event.ts'
import { MAX_WAITING_HANDOVERS } from './finding-limits.ts'
import { findingLeafOf, type FindingLeaf } from './finding-leaves.ts'
import { createGrouper, type Leaf } from './findings/group.ts'
import { createFindingsView, type FindingsView } from './findings/view.ts'
import {
  type DetectionParts,
  type DetectionPipeline,
  type DetectionSnapshot,
  isOfEntry,
} from './flow.ts'
import { createHanding } from './handing.ts'
import { eventAt } from './ledger-events.ts'
import { EventScanner } from './scan/scanner.ts'
import { createStreamGaps } from './stream-gaps.ts'

/** `from`: a snapshot, and the view of the same place; null: from the first commit on. */
export async function createDetection(
  parts: DetectionParts,
  from: DetectionSnapshot | null,
  view: FindingsView = createFindingsView(),
): Promise<DetectionPipeline> {
  const { detector, now, onLeaf, onUnreadable, reader } = parts
  const grouper = createGrouper()
  const scanner = new EventScanner()
  if (from !== null && from.detector !== null) detector.restore(from.detector)
  if (from !== null) grouper.restore(from.grouper)
  const gaps = createStreamGaps({ isWhole: from === null && reader.journal.first === 0 })
  if (from !== null) gaps.restore(from.streams ?? null)
  let frame = Math.max(from?.frame ?? 0, reader.journal.first)
  const handing = await createHanding(parts, frame)
  const handOver = (leaf: Leaf): Promise<void> => handing.handOver(leaf, frame)

  /** What is found of the leaf that the walk stands at; what cannot be read is passed over. */
  function look(commit: PlainFrame, walk: CommitCursor): readonly Leaf[] {
    const made: Leaf[] = []
    const ask = (event: AuditEvent): void => {
      for (const detection of detector.take(event)) {
        made.push(...grouper.take(detection, now(), event.receivedMs))
      }
    }
    try {
      const leaf = decodeLeaf(commit.leaves.subarray(walk.leafFrom, walk.leafTo))
      if (leaf.type === 'finding') takeFinding(findingLeafOf(entryAt(commit, walk)))
      else {
        for (const event of gaps.take(leaf, walk.index)) ask(event)
        const event = scanner.scan(commit, walk, leaf) ?? eventAt(entryAt(commit, walk))
        if (event !== null) ask(event)
      }
    } catch (error) {
      if (!isOfEntry(error)) throw error
      onUnreadable(walk.index)
    }
    return made
  }

  function takeFinding(leaf: FindingLeaf | null): void {
    if (leaf === null) return
    const { content, index } = leaf
    handing.seen(leaf.id)
    const finding = view.take(index, content)
    const isOver = content.kind === 'status' && /^(closed|false_positive)$/.test(content.status)
    if (isOver) grouper.close(content.finding)
    if (finding !== undefined) onLeaf(finding, leaf)
  }

  return {
    view,
    get frame() {
      return frame
    },
    get behind() {
      return Math.max(0, reader.journal.next - frame)
    },
    async look(onFrame) {
      if ((await parts.waiting()) > MAX_WAITING_HANDOVERS) return 0
      const began = frame
      for await (const commit of reader.plainFrames(frame)) {
        for (const walk = new CommitCursor(commit); walk.next();) {
          for (const made of look(commit, walk)) await handOver(made)
        }
        frame = commit.number + 1
        await onFrame?.()
        if (frame % 64 === 0 && (await parts.waiting()) > MAX_WAITING_HANDOVERS) break
      }
      return frame - began
    },
    handOver,
    snapshot: () => {
      const known = { detector: detector.snapshot(), grouper: grouper.snapshot() }
      return { frame, ...known, streams: gaps.snapshot() }
    },
  }
}

/** The same leaf with what is stored of it, read strictly. */
function entryAt(frame: PlainFrame, { index }: CommitCursor): FrameEntry {
  return frame.read().entries[index - frame.first]!
}
