// What one commit is made of while it is put together.
import { leafHash } from '@grantlog/tlog'
import { sha256 } from '../crypto.ts'
import {
  contentDigest,
  encodeLeaf,
  type Leaf,
  type LogLeaf,
  type RecordLeafWriter,
  type UnclosedLeaf,
} from '../format/leaf.ts'
import { LeafBlock, type LeafInBlock } from '../format/leaf-block.ts'
import type { PlaintextWriter, StoredLog } from '../format/plaintext.ts'
import type {
  CommittedEntry,
  ContentToCommit,
  RecordToCommit,
  Shown,
  ShownCommit,
  ShownRecord,
} from './items.ts'
import { nameOf, type RecordRun, type StreamName } from './stream.ts'
import { wordOf } from './words.ts'

/** Records of one stream in a group. */
interface Added {
  readonly runs: RecordRun[]
  /** -1: none. */
  highest: number
}

/** A record, and what writes its leaf. */
export interface RecordInGroup {
  readonly stream: StreamName
  readonly record: RecordToCommit
  readonly leaf: RecordLeafWriter
}

/** A record that is shown; its leaf is hashed with all others, when somebody asks. */
class ShownLeaf implements ShownRecord {
  readonly index: number
  readonly kid: string
  readonly shown: Shown
  readonly #leaf: LeafInBlock

  constructor(leaf: LeafInBlock, kid: string, shown: Shown) {
    this.index = leaf.index
    this.kid = kid
    this.shown = shown
    this.#leaf = leaf
  }

  get hash(): Uint8Array {
    return this.#leaf.hash
  }
}

/** Leaves that become durable together, with what is stored of them. */
export class Group {
  readonly receivedAt: number
  /** At the end also the frame leaf. */
  readonly entries: CommittedEntry[] = []
  /** What is stored of them. */
  readonly plaintext: PlaintextWriter
  /** What the streams are told once it is durable, in the order of the leaves. */
  readonly notes: (RecordRun | UnclosedLeaf)[] = []
  /** Log records by id, with their marks. */
  readonly logs: Map<string, { readonly index: number; readonly mark: bigint }> = new Map()
  readonly #leaves: LeafBlock
  readonly #added = new Map<string, Added>()
  #last: { readonly stream: StreamName; readonly added: Added } | undefined
  /** Null once a record came without what is shown of it. */
  #shown: ShownRecord[] | null = []

  /** `leaves`: the index of the first one, and how many it is likely to have. */
  constructor(
    leaves: { readonly first: number; readonly count: number },
    receivedAt: number,
    plaintext: PlaintextWriter,
  ) {
    this.#leaves = new LeafBlock(leaves.first, leaves.count)
    this.receivedAt = receivedAt
    this.plaintext = plaintext
  }

  /** Takes a record, whose plaintext is written; gives its index. */
  record({ leaf, record, stream }: RecordInGroup): number {
    const { seq, shown, type } = record
    const taken = this.#take(this.#leaves.addRecord(record, leaf))
    const { index } = taken
    if (type === 'record') {
      if (shown === undefined) this.#shown = null
      else this.#shown?.push(new ShownLeaf(taken, stream.kid, shown))
    }
    const added = this.#addedOf(stream)
    added.highest = Math.max(added.highest, seq)
    const last = added.runs.at(-1)
    if (last && type === 'record' && isNext(last, seq, index)) last.count++
    else this.#begin(added, record, { stream, index })
    return index
  }

  /** Takes a log record; gives its index. */
  log(leaf: LogLeaf, stored: StoredLog, mark: bigint): number {
    this.plaintext.entry(stored)
    const index = this.leaf(leaf)
    this.logs.set(leaf.id, { index, mark })
    return index
  }

  /** Takes a leaf of the receiver's own, and what is stored of it; gives its index. */
  content(leaf: Leaf, content: Uint8Array): number {
    this.plaintext.entry({ kind: 'content', content })
    return this.leaf(leaf)
  }

  /** Takes a leaf of which nothing is stored; gives its index. */
  leaf(leaf: Leaf): number {
    return this.#take(this.#leaves.add(encodeLeaf(leaf))).index
  }

  /** The highest number of a stream so far; -1 for none. */
  highestOf(stream: StreamName): number {
    return this.#added.get(nameOf(stream.kid, stream.instance))?.highest ?? -1
  }

  /** The index of a record that came earlier in the group. */
  find(stream: StreamName, seq: number): number | undefined {
    const added = this.#added.get(nameOf(stream.kid, stream.instance))
    for (const { count, firstIndex, firstSeq } of added?.runs ?? []) {
      if (seq >= firstSeq && seq < firstSeq + count) return firstIndex + seq - firstSeq
    }
    return undefined
  }

  /** The leaves as they stand in the frame. */
  get leaves(): Uint8Array {
    return this.#leaves.written
  }

  /** What whoever watches the commits gets of it. */
  shownAs(number: number): ShownCommit {
    return { number, records: this.#shown, logs: this.logs.size }
  }

  #take(leaf: LeafInBlock): LeafInBlock {
    this.entries.push(leaf)
    return leaf
  }

  #begin(
    { runs }: Added,
    record: RecordToCommit,
    { index, stream }: { readonly index: number; readonly stream: StreamName },
  ): void {
    const { instance, kid } = stream
    const { receivedAt } = this
    const { seq, type } = record
    const word = type === 'record' ? undefined : wordOf(record.canonical)
    const run = {
      kid,
      instance,
      type,
      receivedAt,
      firstSeq: seq,
      firstIndex: index,
      count: 1,
      word,
    }
    runs.push(run)
    this.notes.push(run)
  }

  /** The records of a batch have one name, the same object. */
  #addedOf(stream: StreamName): Added {
    if (this.#last?.stream !== stream) this.#last = { stream, added: this.#addedTo(stream) }
    return this.#last.added
  }

  #addedTo({ instance, kid }: StreamName): Added {
    const name = nameOf(kid, instance)
    const known = this.#added.get(name)
    if (known) return known
    const added: Added = { runs: [], highest: -1 }
    this.#added.set(name, added)
    return added
  }
}

/** A leaf with its hash. */
export function committedEntry(index: number, entry: Uint8Array): CommittedEntry {
  return { index, entry, hash: leafHash(sha256, entry) }
}

/** One note for a run: the batch of another stream does not come between its records. */
function isNext({ count, firstIndex, firstSeq, type }: RecordRun, seq: number, index: number) {
  return type === 'record' && seq === firstSeq + count && index === firstIndex + count
}

/** The leaf of content of the receiver's own. */
export function contentLeaf({ content, id, type }: ContentToCommit, receivedAt: number): Leaf {
  return { digest: contentDigest(type, content), id, receivedAt, type, v: 1 }
}
