// A policy over what was sealed already: what would have been found. Nothing is changed. See
// test/policy.test.ts.
import {
  type Detection,
  type DetectorHealth,
  eventOf,
  levels,
  policyDetector,
  type RuleName,
} from '@grantlog/detect'
import { type Folders, openReader, sha256 } from '@grantlog/ledger'
import { recordsOf } from '@grantlog/query'
import { builtInPolicy, type Policy, readPolicyChange } from '@grantlog/record'

export interface ReplayOptions {
  readonly policy: Policy
  /** Received since and until, Unix ms. */
  readonly after: number
  readonly before: number
  /** Detections that are shown of each rule: the first. */
  readonly examples: number
  readonly onProgress: (done: number, total: number, records: number) => void
}

export interface ReplayedRule {
  readonly rule: RuleName
  readonly detections: number
  readonly examples: readonly Detection[]
}

export interface Replayed {
  readonly records: number
  /** Records let in at a restricted route of which too little is known. */
  readonly unjudged: number
  /** The worst first; those that found nothing are left out. */
  readonly rules: readonly ReplayedRule[]
  readonly health: Pick<DetectorHealth, 'evicted' | 'held'>
}

/** Errors: those of the ledger. */
export async function replayPolicy(folders: Folders, options: ReplayOptions): Promise<Replayed> {
  const { after, before, examples, onProgress, policy } = options
  // A policy's leaf stands before the records that name it; the built-in one needs none.
  const sealed = new Map<string, number>([[builtInPolicy(sha256).hash, -1]])
  const detector = policyDetector(policy, {
    isKnown: (hash, { index }) => (sealed.get(hash) ?? Infinity) < (index ?? 0),
  })
  const found = new Map<string, { rule: RuleName; detections: number; examples: Detection[] }>()
  let records = 0
  const reader = await openReader(folders)
  try {
    const { first, next } = reader.journal
    let frames = 0
    for await (const frame of reader.frames(first)) {
      for (const { index, leaf, stored } of frame.entries) {
        if (leaf.type !== 'policy' || stored.kind !== 'content') continue
        const { hash } = readPolicyChange(stored.content, sha256)
        if (!sealed.has(hash)) sealed.set(hash, index)
      }
      for (const record of recordsOf(frame)) {
        if (record.leaf.receivedAt < after || record.leaf.receivedAt >= before) continue
        records++
        for (const detection of detector.take(eventOf(record))) count(found, detection, examples)
      }
      onProgress(++frames, next - first, records)
    }
  } finally {
    await reader.close()
  }
  const { evicted, held } = detector.health()
  const rules = [...found.values()].sort(
    (a, b) =>
      levels.indexOf(b.rule.level) - levels.indexOf(a.rule.level) || b.detections - a.detections,
  )
  return { records, unjudged: detector.unjudged(), rules, health: { evicted, held } }
}

function count(
  found: Map<string, { rule: RuleName; detections: number; examples: Detection[] }>,
  detection: Detection,
  examples: number,
): void {
  const { rule } = detection
  const row = found.get(rule.id) ?? { rule, detections: 0, examples: [] }
  found.set(rule.id, row)
  row.detections++
  if (row.examples.length < examples) row.examples.push(detection)
}
