// Reading commit frames for an audit: what a frame says of itself, and whether that holds together.
import { type Journal, JournalError } from '@grantlog/journal'
import { LedgerError } from '../codes.ts'
import { decodeFrame, frameHash, openFrame, type SealedFrame } from '../format/frame.ts'
import { decodeLeaf, type Leaf } from '../format/leaf.ts'
import { type CommitPlaintext, decodePlaintext } from '../format/plaintext.ts'
import type { Keystore } from '../io/keystore.ts'

/** A frame whose entries are in order: as many as it says, a frame leaf at the end. */
export interface ReadFrame {
  readonly number: number
  /** Index of its first entry. */
  readonly first: number
  readonly receivedAt: number
  /** Its frame leaf is the last one. */
  readonly entries: readonly Uint8Array[]
  /** The entries as a bundle has them, each behind its length. */
  readonly leaves: Uint8Array
  /** The frame leaf's hash is that of what is stored. */
  readonly sound: boolean
  /** Null when it does not decrypt. */
  readonly plaintext: CommitPlaintext | null
}

/** What became of asking for a frame: it is there, altered, or not there. */
export type FrameState = ReadFrame | 'altered' | 'missing'

/** Reads frames one after the other. */
export class FrameCursor {
  readonly #journal: Journal
  readonly #keystore: Keystore
  #next: number
  #peeked: FrameState | undefined

  /** `from`: number of the first one; default the journal's. */
  constructor(journal: Journal, keystore: Keystore, from: number = journal.first) {
    this.#journal = journal
    this.#keystore = keystore
    this.#next = from
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

  async #read(number: number): Promise<FrameState> {
    try {
      const payload = await this.#journal.readFrame(number)
      return readFrame(number, payload, this.#keystore) ?? 'altered'
    } catch (error) {
      if (!(error instanceof JournalError)) throw error
      // A broken last frame looks like a torn write, and is left out by the journal.
      const torn = number >= this.#journal.next && this.#journal.recovered.droppedBytes > 0
      return torn || error.code !== 'JOURNAL_MISSING' ? 'altered' : 'missing'
    }
  }
}

function readFrame(number: number, payload: Uint8Array, keystore: Keystore): ReadFrame | null {
  try {
    const { frame, entries } = decodeFrame(payload)
    const { count, first, receivedAt } = frame.fields
    const last = entries.at(-1)
    const leaf = last && leafOf(last)
    const inOrder =
      leaf?.type === 'frame' &&
      leaf.first === first &&
      leaf.count === count &&
      entries.length === count + 1
    if (!inOrder) return null
    const sound = leaf.hash === frameHash(frame) && leaf.receivedAt === receivedAt
    const plaintext = decrypt(frame, keystore)
    return { number, first, receivedAt, entries, leaves: leavesOf(entries), sound, plaintext }
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

/** They are views of one buffer, one behind the other. */
function leavesOf(entries: readonly Uint8Array[]): Uint8Array {
  const { buffer, byteOffset } = entries[0]!
  const bytes = entries.reduce((sum, entry) => sum + 2 + entry.length, 0)
  return new Uint8Array(buffer, byteOffset - 2, bytes)
}

function decrypt(frame: SealedFrame, keystore: Keystore): CommitPlaintext | null {
  try {
    const opened = openFrame(frame, keystore.frameKeyById(frame.fields.key))
    // Views of a Buffer cost twice as much as those of an array.
    const bytes = new Uint8Array(opened.buffer, opened.byteOffset, opened.length)
    const plaintext = decodePlaintext(bytes)
    const { batches, entries } = plaintext
    const inRange = entries.every((one) => one.kind === 'content' || one.batch < batches.length)
    return inRange && entries.length === frame.fields.count ? plaintext : null
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}

/** The leaf of an entry, or null when it is malformed. */
export function leafOf(entry: Uint8Array): Leaf | null {
  try {
    return decodeLeaf(entry)
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}
