// Reading commit frames for an audit: what a frame says of itself, and whether that holds together.
import { type Journal, JournalError, type JournalFrame } from '@grantlog/journal'
import { LedgerError } from '../codes.ts'
import {
  countEntries,
  entriesOf,
  frameHash,
  openFrame,
  type SealedFrame,
  splitFrame,
} from '../format/frame.ts'
import { leafOf } from '../format/leaf.ts'
import { type CommitPlaintext, decodePlaintext } from '../format/plaintext.ts'
import { giveBack } from '../format/give-back.ts'
import type { Keystore } from '../io/keystore.ts'

/** A frame whose entries are in order: as many as it says, a frame leaf at the end. */
export class ReadFrame {
  readonly number: number
  /** Index of its first entry. */
  readonly first: number
  readonly receivedAt: number
  /** Entries, its frame leaf included. */
  readonly size: number
  /** The entries as a bundle has them, each behind its length. */
  readonly leaves: Uint8Array
  /** The frame leaf's hash is that of what is stored. */
  readonly sound: boolean
  /** What it encrypts; null when it does not decrypt. */
  readonly opened: Uint8Array | null
  #entries: readonly Uint8Array[] | undefined
  #plaintext: CommitPlaintext | null | undefined

  constructor(
    frame: Pick<
      ReadFrame,
      'first' | 'leaves' | 'number' | 'opened' | 'receivedAt' | 'size' | 'sound'
    >,
  ) {
    this.number = frame.number
    this.first = frame.first
    this.receivedAt = frame.receivedAt
    this.size = frame.size
    this.leaves = frame.leaves
    this.sound = frame.sound
    this.opened = frame.opened
  }

  /** Its frame leaf is the last one. Made when somebody looks at them: nearly never. */
  get entries(): readonly Uint8Array[] {
    return (this.#entries ??= entriesOf(this.leaves))
  }

  /** Nobody looks at it any more: what was decompressed need not wait for the collector. */
  release(): void {
    if (this.opened) giveBack(this.opened)
    giveBack(this.leaves)
  }

  /** Null when it is not of its format. Made when somebody looks at it. */
  get plaintext(): CommitPlaintext | null {
    if (this.#plaintext === undefined) this.#plaintext = this.opened && decode(this)
    return this.#plaintext
  }
}

/** What became of asking for a frame: it is there, altered, or not there. */
export type FrameState = ReadFrame | 'altered' | 'missing'

/** Reads frames one after the other; to be closed. */
export class FrameCursor {
  readonly #journal: Journal
  readonly #keystore: Keystore
  #next: number
  #peeked: FrameState | undefined
  /** A walk over the frames from `#walked` on: a segment is opened and gone through once. */
  #walk: AsyncIterator<JournalFrame, void, void> | undefined
  #walked = -1

  constructor(journal: Journal, keystore: Keystore) {
    this.#journal = journal
    this.#keystore = keystore
    this.#next = journal.first
  }

  /** The next frame is this one, not the journal's first. */
  startAt(number: number): void {
    this.#next = number
  }

  get next(): number {
    return this.#next
  }

  get done(): boolean {
    return this.#next >= this.#journal.next
  }

  /** The next frame, without going on to the one after. */
  async peek(): Promise<FrameState> {
    this.#peeked ??= await this.#read(this.#next)
    return this.#peeked
  }

  skip(): void {
    this.#next++
    this.#peeked = undefined
  }

  async close(): Promise<void> {
    await this.#walk?.return?.()
    this.#walk = undefined
  }

  async #read(number: number): Promise<FrameState> {
    try {
      const payload = (await this.#walkTo(number)) ?? (await this.#journal.readFrame(number))
      return readFrame(number, payload, this.#keystore) ?? 'altered'
    } catch (error) {
      if (!(error instanceof JournalError)) throw error
      // A broken last frame looks like a torn write, and is left out by the journal.
      const torn = number >= this.#journal.next && this.#journal.recovered.droppedBytes > 0
      return torn || error.code !== 'JOURNAL_MISSING' ? 'altered' : 'missing'
    }
  }

  /** Undefined when the walk does not come to this frame: then it is asked for by itself. */
  async #walkTo(number: number): Promise<Uint8Array | undefined> {
    try {
      if (this.#walked !== number) await this.close()
      this.#walk ??= this.#journal.read(number)[Symbol.asyncIterator]()
      const frame = await this.#walk.next()
      this.#walked = number + 1
      if (!frame.done && frame.value.number === number) return frame.value.payload
    } catch (error) {
      if (!(error instanceof JournalError)) throw error
    }
    await this.close()
    return undefined
  }
}

function readFrame(number: number, payload: Uint8Array, keystore: Keystore): ReadFrame | null {
  try {
    const { frame, leaves } = splitFrame(payload)
    const { count, first, receivedAt } = frame.fields
    const { lastAt, size } = countEntries(leaves)
    const leaf = leafOf(leaves.subarray(lastAt))
    const inOrder =
      leaf?.type === 'frame' && leaf.first === first && leaf.count === count && size === count + 1
    if (!inOrder) return null
    const sound = leaf.hash === frameHash(frame) && leaf.receivedAt === receivedAt
    const opened = decrypt(frame, keystore)
    return new ReadFrame({ number, first, receivedAt, size, leaves, sound, opened })
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

function decrypt(frame: SealedFrame, keystore: Keystore): Uint8Array | null {
  try {
    return openFrame(frame, keystore.frameKeyById(frame.fields.key))
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

function decode({ opened, size }: ReadFrame): CommitPlaintext | null {
  try {
    const { batches, entries } = decodePlaintext(opened!)
    const inRange = entries.every((one) => one.kind !== 'record' || one.batch < batches.length)
    return inRange && entries.length === size - 1 ? { batches, entries } : null
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}
