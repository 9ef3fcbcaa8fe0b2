// What one commit is made of while it is put together.
import {
  contentDigest,
  encodeLeaf,
  type Leaf,
  type RecordLeaf,
  type UnclosedLeaf,
} from '../format/leaf.ts'
import type { BatchEvidence, StoredEntry } from '../format/plaintext.ts'
import type { Frame, FrameEntry } from '../prove/frames.ts'
import type { ContentToCommit, RecordToCommit } from './items.ts'
import { nameOf, type StreamName } from './streams.ts'

/** Records of one stream in a group. */
interface Added {
  /** By number: its index. */
  readonly indexes: Map<number, number>
  /** -1: none. */
  highest: number
}

/** What is in memory of an entry besides its bytes, about. */
const entryOverheadBytes = 512

/** Leaves that become durable together, with what is stored of them. */
export class Group {
  readonly receivedAt: number
  /** Index of the first leaf. */
  readonly first: number
  /** The leaves' bytes; at the end also the frame leaf's. */
  readonly entries: Uint8Array[] = []
  readonly stored: StoredEntry[] = []
  readonly batches: BatchEvidence[] = []
  readonly unclosed: UnclosedLeaf[] = []
  /** What the streams are told once it is durable, in the order of the leaves. */
  readonly notes: (() => void)[] = []
  readonly #frameEntries: FrameEntry[] = []
  readonly #added = new Map<string, Added>()
  #bytes = 0

  constructor(first: number, receivedAt: number) {
    this.first = first
    this.receivedAt = receivedAt
  }

  /** Takes a record whose leaf is `entry`; gives its index. */
  record(
    leaf: RecordLeaf,
    entry: Uint8Array,
    stored: StoredEntry,
    given: { readonly record: RecordToCommit; readonly evidence: BatchEvidence },
  ): number {
    const index = this.first + this.entries.push(entry) - 1
    const { evidence, record } = given
    const { canonical, openings, unsigned, shown } = record
    this.stored.push(stored)
    this.#frameEntries.push({
      ...{ index, entry, leaf, stored, evidence, shown },
      openings: () => openings,
    })
    this.#bytes +=
      canonical.length + unsigned.length + (shown?.span.length ?? 0) + entryOverheadBytes
    for (const { opening } of openings) this.#bytes += opening.length
    const added = this.addedOf(leaf)
    added.indexes.set(leaf.seq, index)
    added.highest = Math.max(added.highest, leaf.seq)
    return index
  }

  /** Takes a leaf of the receiver's own, and what is stored of it; gives its index. */
  content(leaf: Leaf, content: Uint8Array): number {
    const entry = encodeLeaf(leaf)
    const stored: StoredEntry = { kind: 'content', content }
    const index = this.first + this.entries.push(entry) - 1
    this.stored.push(stored)
    this.#frameEntries.push({
      ...{ index, entry, leaf, stored, evidence: undefined },
      openings: () => [],
    })
    this.#bytes += content.length + entryOverheadBytes
    return index
  }

  /** The records of a stream so far. */
  addedOf({ kid, instance }: StreamName): Added {
    const name = nameOf(kid, instance)
    const known = this.#added.get(name)
    if (known) return known
    const added = { indexes: new Map<number, number>(), highest: -1 }
    this.#added.set(name, added)
    return added
  }

  /** The group as those who follow the log read it, and the memory it takes, about. */
  frame(number: number): { readonly frame: Frame; readonly bytes: number } {
    const { first, receivedAt } = this
    return { frame: { number, first, receivedAt, entries: this.#frameEntries }, bytes: this.#bytes }
  }
}

/** The leaf of content of the receiver's own. */
export function contentLeaf({ content, id, type }: ContentToCommit, receivedAt: number): Leaf {
  return { digest: contentDigest(type, content), id, receivedAt, type, v: 1 }
}
