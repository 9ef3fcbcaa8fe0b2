// The log's entries commit by commit, each against its frame. What the tile vouches for counts: an
// entry that its tile does not know is taken from the frame, when the tile knows that one.
import { equalBytes } from '@grantlog/record'
import { leafHash, TILE_WIDTH } from '@grantlog/tlog'
import { Streams } from '../commit/streams.ts'
import { sha256 } from '../crypto.ts'
import { isRecordLeaf, type Leaf, leafOf, type UnclosedLeaf } from '../format/leaf.ts'
import type { Findings } from './findings.ts'
import type { FrameCursor, ReadFrame } from './frames.ts'
import { QuickAudit } from './quick.ts'
import type { Walked } from './resume.ts'
import { auditStored, type StoredAudit } from './stored.ts'
import type { SoundBundle, TreeEntry } from './tree.ts'

/** Walks entries in order and finds the frame of each commit. One per audit. */
export class CommitWalk {
  readonly streams: Streams
  /** Leaves of type `record`, and of type `log`. */
  records: number
  logs: number
  readonly #stored: StoredAudit
  readonly #findings: Findings
  readonly #cursor: FrameCursor
  /** The commit under way: its entries so far, and its frame, null when that cannot be read. */
  #first = 0
  #entries: (Uint8Array | null)[] = []
  #leaves: (Leaf | null)[] = []
  #frame: ReadFrame | null = null
  /** Entries of it that are the frame's, when none had to be looked at by itself yet. */
  #same = 0
  /** Where they end in the frame's leaves. */
  #sameTo = 0
  #lastReceivedAt: number
  readonly #quick: QuickAudit
  readonly #onCommit: ((size: number) => void) | undefined

  /** `from`: what was walked before; `onCommit` is told of the entries before each commit's end. */
  constructor(
    stored: StoredAudit,
    cursor: FrameCursor,
    { from, onCommit }: { readonly from?: Walked; readonly onCommit?: (size: number) => void } = {},
  ) {
    this.streams = from?.streams ?? new Streams()
    this.records = from?.records ?? 0
    this.logs = from?.logs ?? 0
    this.#lastReceivedAt = from?.lastReceivedAt ?? 0
    this.#onCommit = onCommit
    this.#quick = new QuickAudit(stored, this.streams)
    this.#stored = stored
    this.#findings = stored.findings
    this.#cursor = cursor
  }

  /** A promise only where a commit begins, whose frame is then read. */
  entry(place: TreeEntry): Promise<void> | undefined {
    if (this.#entries.length === 0 && this.#same === 0) return this.#begin(place)
    this.#offer(place)
    return undefined
  }

  /**
   * 256 entries that are what their tile says. As long as the frame of their commit says the same,
   * nothing is made of them; once it is complete, all of it is checked at once. Those before `from`
   * were walked before.
   */
  async bundle({ bytes, first }: SoundBundle, from: number = first): Promise<void> {
    const end = first + TILE_WIDTH
    let at = 0
    for (let index = first; index < from; index++) at = nextEntry(bytes, at)
    for (let index = from; index < end;) {
      if (this.#entries.length === 0 && this.#same === 0) {
        this.#first = index
        this.#frame = await this.#frameAt(index)
      }
      const same = this.#sameAs(bytes, at, end - index)
      for (let i = 0; i < same; i++) at = nextEntry(bytes, at)
      this.#same += same
      index += same
      if (same > 0) this.#finishSame()
      else {
        this.#single()
        const next = nextEntry(bytes, at)
        this.#take({ ...sound, index: index++, entry: bytes.slice(at + 2, next) })
        at = next
      }
    }
  }

  /** How many entries from a place of a bundle on are the frame's next ones: all, or none. */
  #sameAs(bytes: Uint8Array, at: number, most: number): number {
    const frame = this.#frame
    if (!frame || this.#entries.length > 0) return 0
    const count = Math.min(most, frame.size - this.#same)
    let end = at
    for (let i = 0; i < count; i++) end = nextEntry(bytes, end)
    if (this.#same === 0) this.#sameTo = 0
    const to = this.#sameTo + end - at
    // The same bytes, lengths included, are the same entries.
    const expected = frame.leaves.subarray(this.#sameTo, to)
    if (Buffer.compare(bytes.subarray(at, end), expected) !== 0) return 0
    this.#sameTo = to
    return count
  }

  #finishSame(): void {
    const frame = this.#frame!
    if (this.#same < frame.size) return
    const records = this.#quick.take(frame, this.#lastReceivedAt)
    if (records === null) return this.#single()
    frame.release()
    this.#same = 0
    this.#lastReceivedAt = frame.receivedAt
    this.records += records
    this.#onCommit?.(this.#first + frame.size)
  }

  /** Takes one by one what was left so far: it has to be said what is wrong, or where. */
  #single(): void {
    const count = this.#same
    this.#same = 0
    for (let i = 0; i < count; i++) {
      this.#take({ ...sound, index: this.#first + i, entry: this.#frame!.entries[i]! })
    }
  }

  async #begin(place: TreeEntry): Promise<void> {
    this.#first = place.index
    this.#frame = await this.#frameAt(place.index)
    this.#offer(place)
  }

  /** As with a bundle: nothing is made of an entry that the frame has, too. */
  #offer(place: TreeEntry): void {
    if (this.#isSame(place)) {
      this.#same++
      this.#finishSame()
    } else {
      this.#single()
      this.#take(place)
    }
  }

  #isSame({ entry, suspect }: TreeEntry): boolean {
    if (!this.#frame || this.#entries.length > 0 || entry === null || suspect) return false
    const { leaves } = this.#frame
    if (this.#same === 0) this.#sameTo = 0
    const at = this.#sameTo
    const to = nextEntry(leaves, at)
    if (to - at - 2 !== entry.length) return false
    if (Buffer.compare(entry, leaves.subarray(at + 2, to)) !== 0) return false
    this.#sameTo = to
    return true
  }

  #take(place: TreeEntry): void {
    const frame = this.#frame
    const entry = authority(place, frame?.entries[place.index - frame.first])
    this.#entries.push(entry)
    const leaf = entry && this.#leafAt(place.index, entry)
    this.#leaves.push(leaf)
    const isLast = frame ? this.#entries.length === frame.size : leaf?.type === 'frame'
    if (isLast) this.#finish()
  }

  /** The log ends here: a commit under way is one that never ended. */
  end(size: number): void {
    this.#single()
    const reached = this.#first + this.#entries.length
    if (this.#entries.length === 0 || reached < size) return
    const where = `entries ${this.#first} to ${size - 1}`
    this.#findings.add('COMMIT_BROKEN', { where, index: this.#first })
  }

  /**
   * Commits beyond the checkpoint, each by itself, one behind the other: a frame at another place
   * would be shown by all who read the journal, and be in no log. Returns their number of leaves.
   */
  async pending(size: number): Promise<number> {
    const { logs, verified } = this.#stored
    let leaves = 0
    let expected: number | null = size
    for (; !this.#cursor.done; this.#cursor.skip()) {
      const frame = await this.#cursor.peek()
      const number = this.#cursor.next
      if (typeof frame === 'string') {
        this.#findings.add('FRAME_ALTERED', { where: `frame ${number} (pending)`, frame: number })
        expected = null
        continue
      }
      // Where something was found before, the places of what follows may be wrong for that reason.
      if (frame.first !== (expected ?? frame.first) && this.#findings.count === 0) {
        const where = `frame ${number} (pending)`
        this.#findings.add('FRAME_ALTERED', { where, frame: number }, 'the frame is out of place')
      }
      if (frame.first < size) continue
      expected = frame.first + frame.size
      leaves += frame.size
      this.#checkStored(frame, frame.entries.map(leafOf))
    }
    // Verified means: under a checkpoint.
    this.#stored.verified = verified
    this.#stored.logs = logs
    return leaves
  }

  /**
   * The frame of the commit that starts at this index; null, with a finding, when there is none.
   */
  async #frameAt(index: number): Promise<ReadFrame | null> {
    for (;;) {
      const number = this.#cursor.next
      const state = await this.#cursor.peek()
      const where = `frame ${number}, of the commit at entry ${index}`
      if (typeof state === 'string') {
        this.#cursor.skip()
        this.#stored.blind = true
        const code = state === 'altered' ? 'FRAME_ALTERED' : 'RECORD_MISSING'
        this.#findings.add(code, { where, frame: number })
        return null
      }
      if (state.first > index) {
        // A later commit's frame: this one's was taken out, and the numbers closed up behind it.
        this.#stored.blind = true
        this.#findings.add('RECORD_MISSING', { where: `the commit at entry ${index}`, index })
        return null
      }
      this.#cursor.skip()
      if (state.first === index) return state
      this.#findings.add('FRAME_ALTERED', { where, frame: number }, 'the frame is out of place')
    }
  }

  /** What a leaf says by itself; null when it is malformed. */
  #leafAt(index: number, entry: Uint8Array): Leaf | null {
    const leaf = leafOf(entry)
    const at = { where: `entry ${index}`, index }
    if (!leaf) {
      this.#findings.add('LEAF_MALFORMED', at)
      return null
    }
    if (leaf.receivedAt < this.#lastReceivedAt) {
      this.#findings.add('ORDER_CHANGED', at, 'it was received before the entry it stands behind')
    }
    this.#lastReceivedAt = Math.max(this.#lastReceivedAt, leaf.receivedAt)
    if (isRecordLeaf(leaf)) {
      const known = this.streams.find(leaf.kid, leaf.instance, leaf.seq)
      if (known === undefined) this.streams.add(leaf, index)
      else this.#findings.add('CONFLICT', at)
      if (leaf.type === 'record') this.records++
    }
    if (leaf.type === 'log') this.logs++
    if (leaf.type === 'unclosed') this.#checkSilence(leaf, at)
    return leaf
  }

  /** Only on what is sound so far: where an entry is lost, so is what it said of its stream. */
  #checkSilence(leaf: UnclosedLeaf, at: { readonly where: string; readonly index: number }): void {
    const state = this.streams.get(leaf.kid, leaf.instance)
    const { highestSeq, lastSeen } = state ?? {}
    const isOpen = state?.closed === false && !state.unclosed
    const isTrue = isOpen && highestSeq === leaf.lastSeq && lastSeen === leaf.lastSeen
    if (!isTrue && this.#findings.count === 0) this.#findings.add('SILENCE_UNTRUE', at)
    this.streams.unclose(leaf)
  }

  #finish(): void {
    const frame = this.#frame
    const entries = this.#entries
    const leaves = this.#leaves
    this.#entries = []
    this.#leaves = []
    if (!frame) return
    this.#compare(frame, entries)
    this.#checkStored(frame, leaves)
    this.#onCommit?.(frame.first + frame.size)
  }

  /** What was walked, when a commit has just ended. */
  walked(): Omit<Walked, 'size'> {
    const { chains, declared, enrolments, logs, validations, verified, words } = this.#stored
    const { records, streams } = this
    return {
      ...{ frame: this.#cursor.next, lastReceivedAt: this.#lastReceivedAt, records, streams },
      ...{ chains, declared, enrolments, logs, validations, verified, words: words.memory() },
    }
  }

  /** The frame holds the entries a second time; both must say the same, in the same order. */
  #compare(frame: ReadFrame, entries: readonly (Uint8Array | null)[]): void {
    const differs = entries.flatMap((entry, i) =>
      entry === null || equalBytes(entry, frame.entries[i]!) ? [] : [i],
    )
    if (differs.length === 0) return
    const sorted = (list: readonly (Uint8Array | null)[]): string =>
      list
        .map((entry) => Buffer.from(entry ?? []).toString('latin1'))
        .toSorted()
        .join('\0')
    if (sorted(entries) === sorted(frame.entries)) {
      for (const i of differs) {
        const index = frame.first + i
        this.#findings.add('ORDER_CHANGED', { where: `entry ${index}`, index })
      }
    } else this.#blame(frame)
  }

  #checkStored(frame: ReadFrame, leaves: readonly (Leaf | null)[]): void {
    if (!frame.sound || !frame.plaintext) this.#blame(frame)
    if (frame.plaintext) {
      auditStored(this.#stored, frame.first, leaves.slice(0, -1), frame.plaintext)
    } else this.#stored.blind = true
  }

  #blame({ first, number: frame, size }: ReadFrame): void {
    const where = `frame ${frame} (entries ${first} to ${first + size - 1})`
    this.#findings.add('FRAME_ALTERED', { where, frame })
  }
}

const sound = { hash: null, computed: null, suspect: false } as const

/** Where the next entry of a bundle begins, with its length. */
function nextEntry(bytes: Uint8Array, at: number): number {
  return at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!)
}

/** The entry that counts; null when neither the log's nor the frame's is what the tile says. */
function authority(
  { entry, hash, suspect }: TreeEntry,
  inFrame: Uint8Array | undefined,
): Uint8Array | null {
  if (entry && !suspect) return entry
  if (!inFrame) return null
  const isRight = hash === null ? entry === null : equalBytes(leafHash(sha256, inFrame), hash)
  return isRight ? inFrame : null
}
