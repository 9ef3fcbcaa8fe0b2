// The way from a commit to a finding, as a table. One look reads what was committed since the last:
//
//   leaf ──▶ event ──▶ detector ──▶ grouper ──▶ handed over ──▶ (the receiver makes it a leaf)
//   leaf of a finding ──▶ the queue (view) ──▶ alerts
//
// The place, what the detector knows and open groups are one snapshot, written after what was found
// before it is durable. After a crash the same is found again under the same ids, and what has its
// leaf is not handed over twice. See start.test.ts.
import { MAX_WAITING_HANDOVERS } from './finding-limits.ts'
import { createGrouper, type Leaf as Made } from './findings/group.ts'
import { createFindingsView, type FindingsView } from './findings/view.ts'
import { type DetectionParts, type DetectionPipeline, type DetectionSnapshot } from './flow.ts'
import { createHanding } from './handing.ts'
import { createLook } from './look.ts'
import { createStreamGaps } from './stream-gaps.ts'

/** `from`: a snapshot, and the view of the same place; null: from the first commit on. */
export async function createDetection(
  parts: DetectionParts,
  from: DetectionSnapshot | null,
  view: FindingsView = createFindingsView(),
): Promise<DetectionPipeline> {
  const { detector, reader } = parts
  const { gaps, grouper } = begin(parts, from)
  let frame = Math.max(from?.frame ?? 0, reader.journal.first)
  const handing = await createHanding(parts, frame)
  const handOver = (made: Made): Promise<void> => handing.handOver(made, frame)
  const look = createLook(parts, { gaps, grouper, handing, view })
  let lookedMs = 0

  return {
    view,
    get frame() {
      return frame
    },
    get behind() {
      return Math.max(0, reader.journal.next - frame)
    },
    get lookedMs() {
      return lookedMs
    },
    async look(onFrame) {
      if (reader.journal.next <= frame) return 0
      if ((await parts.waiting()) > MAX_WAITING_HANDOVERS) return 0
      const began = frame
      for await (const commit of reader.plainFrames(frame)) {
        const from = performance.now()
        const found = look(commit)
        lookedMs += performance.now() - from
        for (const made of found) await handOver(made)
        frame = commit.number + 1
        await onFrame?.()
        if (frame % 64 === 0 && (await parts.waiting()) > MAX_WAITING_HANDOVERS) break
      }
      return frame - began
    },
    handOver,
    snapshot: () => ({
      ...{ frame, detector: detector.snapshot(), grouper: grouper.snapshot() },
      streams: gaps.snapshot(),
    }),
  }
}

/** What there is besides the view, as the snapshot has it. */
function begin({ detector, reader }: DetectionParts, from: DetectionSnapshot | null) {
  const grouper = createGrouper()
  const gaps = createStreamGaps({ isWhole: from === null && reader.journal.first === 0 })
  if (from === null) return { gaps, grouper }
  if (from.detector !== null) detector.restore(from.detector)
  grouper.restore(from.grouper)
  gaps.restore(from.streams ?? null)
  return { gaps, grouper }
}
