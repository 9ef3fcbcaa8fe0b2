// The way from a commit to a finding, as a table. One look reads what was committed since the last:
//
//   entry ──▶ event ──▶ detector ──▶ grouper ──▶ handed over ──▶ (the receiver makes it a leaf)
//   leaf of a finding ──▶ the queue (view) ──▶ alerts
//
// The place, what the detector knows, open groups and alerts that wait are one snapshot, written
// after what was found before it is durable. After a crash the same is found again under the same
// ids, and what has its leaf is not handed over twice. See start.test.ts.
import { encodeFinding, type FrameEntry } from '@grantlog/ledger'
import type { AuditEvent } from './event.ts'
import { MAX_WAITING_HANDOVERS } from './finding-limits.ts'
import { findingLeafOf, type FindingLeaf, findingLeaves } from './finding-leaves.ts'
import { createGrouper, type Leaf } from './findings/group.ts'
import { createFindingsView, type FindingsView } from './findings/view.ts'
import {
  type DetectionParts,
  type DetectionPipeline,
  type DetectionSnapshot,
  isOfEntry,
} from './flow.ts'
import { eventAt } from './ledger-events.ts'
import { createStreamGaps } from './stream-gaps.ts'

/** `from`: a snapshot, and the view of the same place; null: from the first commit on. */
export async function createDetection(
  parts: DetectionParts,
  from: DetectionSnapshot | null,
  view: FindingsView = createFindingsView(),
): Promise<DetectionPipeline> {
  const { detector, now, onLeaf, onUnreadable, reader } = parts
  const grouper = createGrouper()
  if (from !== null && from.detector !== null) detector.restore(from.detector)
  if (from !== null) grouper.restore(from.grouper)
  const gaps = createStreamGaps({ isWhole: from === null && reader.journal.first === 0 })
  if (from !== null) gaps.restore(from.streams ?? null)
  let frame = Math.max(from?.frame ?? 0, reader.journal.first)
  const handing = await createHanding(parts, frame)
  const handOver = (leaf: Leaf): Promise<void> => handing.handOver(leaf, frame)

  async function take(entry: FrameEntry): Promise<void> {
    const leaf = findingLeafOf(entry)
    if (leaf !== null) return takeLeaf(leaf)
    for (const event of gaps.take(entry.leaf, entry.index)) await ask(event)
    const event = eventAt(entry)
    if (event !== null) await ask(event)
  }

  async function ask(event: AuditEvent): Promise<void> {
    for (const detection of detector.take(event)) {
      const leaves = grouper.take(detection, now(), event.receivedMs)
      for (const made of leaves) await handOver(made)
    }
  }

  function takeLeaf(leaf: FindingLeaf): void {
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
      for await (const { entries, number } of reader.frames(frame)) {
        for (const entry of entries) {
          await take(entry).catch((error: unknown) => {
            if (!isOfEntry(error)) throw error
            onUnreadable(entry.index)
          })
        }
        frame = number + 1
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

interface Handing {
  /** Unless it has its leaf; `frame`: the commit that is looked at. */
  handOver(leaf: Leaf, frame: number): Promise<void>
  /** Its leaf was read. */
  seen(id: string): void
}

/** What is handed over from a commit on: nothing twice that was sealed before a restart. */
async function createHanding(parts: DetectionParts, from: number): Promise<Handing> {
  const { reader } = parts
  // No finding of what is looked at from now on has its leaf before this commit but these.
  const lookedTo = reader.journal.next
  const sealed = new Set<string>()
  for await (const { id } of findingLeaves(reader, from)) sealed.add(id)
  return {
    async handOver({ content, id }, frame) {
      if (sealed.has(id)) return
      const at = Math.max(lookedTo, frame)
      await parts.handOver({ type: 'finding', id, frame: at, content: encodeFinding(content) })
    },
    seen: (id) => void sealed.delete(id),
  }
}
