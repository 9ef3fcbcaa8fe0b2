// What one commit is made of while it is put together.
import {
  contentDigest,
  encodeLeaf,
  type Leaf,
  type RecordLeaf,
  type UnclosedLeaf,
} from '../format/leaf.ts'
import type { BatchEvidence, StoredEntry } from '../format/plaintext.ts'
import type { ContentToCommit, Shown, ShownCommit, ShownRecord } from './items.ts'
import { nameOf, type StreamName } from './stream.ts'

/** Records of one stream in a group. */
interface Added {
  /** By number: its index. */
  readonly indexes: Map<number, number>
  /** -1: none. */
  highest: number
}

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
  readonly #added = new Map<string, Added>()
  /** Null once a record came without what is shown of it. */
  #shown: ShownRecord[] | null = []

  constructor(first: number, receivedAt: number) {
    this.first = first
    this.receivedAt = receivedAt
  }

  /** Takes a record whose leaf is `entry`; gives its index. */
  record(
    leaf: RecordLeaf,
    entry: Uint8Array,
    stored: StoredEntry,
    shown: Shown | undefined,
  ): number {
    const index = this.#take(entry, stored)
    if (leaf.type === 'record') {
      if (shown === undefined) this.#shown = null
      else this.#shown?.push({ index, entry, kid: leaf.kid, shown })
    }
    const added = this.addedOf(leaf)
    added.indexes.set(leaf.seq, index)
    added.highest = Math.max(added.highest, leaf.seq)
    return index
  }

  /** Takes a leaf of the receiver's own, and what is stored of it; gives its index. */
  content(leaf: Leaf, content: Uint8Array): number {
    return this.#take(encodeLeaf(leaf), { kind: 'content', content })
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

  /** What whoever watches the commits gets of it. */
  shownAs(number: number): ShownCommit {
    return { number, records: this.#shown }
  }

  #take(entry: Uint8Array, stored: StoredEntry): number {
    this.stored.push(stored)
    return this.first + this.entries.push(entry) - 1
  }
}

/** The leaf of content of the receiver's own. */
export function contentLeaf({ content, id, type }: ContentToCommit, receivedAt: number): Leaf {
  return { digest: contentDigest(type, content), id, receivedAt, type, v: 1 }
}
