// Leaves of findings in a ledger's commits, without reading what else is in them.
import {
  decodeFindingOf,
  type FindingContent,
  type FrameEntry,
  type LedgerReader,
} from '@grantlog/ledger'

export interface FindingLeaf {
  readonly index: number
  readonly id: string
  readonly content: FindingContent
}

const mark = '"type":"finding"'

/** In order of the log, from a commit on; `onFrame` is told after each. Errors: the ledger's. */
export async function* findingLeaves(
  reader: Pick<LedgerReader, 'plainFrames'>,
  from: number,
  onFrame: (frame: number) => void = () => undefined,
): AsyncGenerator<FindingLeaf, void, void> {
  for await (const frame of reader.plainFrames(from)) {
    const leaves = Buffer.from(frame.leaves)
    if (leaves.includes(mark)) {
      for (const entry of frame.read().entries) {
        const leaf = findingLeafOf(entry)
        if (leaf !== null) yield leaf
      }
    }
    onFrame(frame.number)
  }
}

/** Null for what is another leaf. Throws LEDGER_FORMAT. */
export function findingLeafOf({ index, leaf, stored }: FrameEntry): FindingLeaf | null {
  if (leaf.type !== 'finding' || stored.kind !== 'content') return null
  return { index, id: leaf.id, content: decodeFindingOf(leaf.id, stored.content) }
}
