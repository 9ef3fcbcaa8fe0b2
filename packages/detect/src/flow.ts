// What the pipeline is given, and what it gives.
import type { HandedOver, LedgerReader } from '@grantlog/ledger'
import type { JsonValue } from '@grantlog/record'
import type { Engine } from './engine.ts'
import type { FindingLeaf } from './finding-leaves.ts'
import type { FindingState } from './finding-state.ts'
import type { Leaf } from './findings/group.ts'
import type { FindingsView } from './findings/view.ts'

export interface DetectionParts {
  readonly reader: Pick<LedgerReader, 'journal' | 'plainFrames'>
  readonly detector: Pick<Engine, 'restore' | 'snapshot' | 'takeAll'>
  /** Durable when it resolves. */
  readonly handOver: (handed: HandedOver) => Promise<void>
  /** Files that wait for the receiver. */
  readonly waiting: () => Promise<number>
  /** A leaf of a finding was read, and this is the finding now. */
  readonly onLeaf: (finding: FindingState, leaf: FindingLeaf) => void
  /** What could not be looked at: it is passed over, and counted. */
  readonly onUnreadable: (index: number) => void
  readonly now: () => number
}

export interface DetectionSnapshot {
  /** The commit to be looked at next. */
  readonly frame: number
  /** Null: it begins with nothing known. */
  readonly detector: JsonValue
  readonly grouper: JsonValue
  /** Absent: kept by a version that did not watch the numbers of streams. */
  readonly streams?: JsonValue
}

export interface DetectionPipeline {
  readonly view: FindingsView
  /** The commit to be looked at next. */
  readonly frame: number
  /** Commits that are not looked at yet. */
  readonly behind: number
  /** What looking has taken, ms, without waiting for files. */
  readonly lookedMs: number
  /** Looks at what is there; resolves to how many commits. Errors: the ledger's. */
  look(onFrame?: () => Promise<void>): Promise<number>
  handOver(leaf: Leaf): Promise<void>
  snapshot(): DetectionSnapshot
}

/** What is stored of one entry cannot be read: the next may be. */
export function isOfEntry(error: unknown): boolean {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && (code.startsWith('RECORD_') || code === 'LEDGER_FORMAT')
}
