// What was found goes to the receiver, and nothing twice that was sealed before a restart.
import { encodeFinding } from '@grantlog/ledger'
import { findingLeaves } from './finding-leaves.ts'
import type { Leaf } from './findings/group.ts'
import type { DetectionParts } from './flow.ts'

export interface Handing {
  /** Unless it has its leaf; `frame`: the commit that is looked at. */
  handOver(leaf: Leaf, frame: number): Promise<void>
  /** Its leaf was read. */
  seen(id: string): void
}

/** What is handed over from a commit on: nothing twice that was sealed before a restart. */
export async function createHanding(parts: DetectionParts, from: number): Promise<Handing> {
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
