// The leaves of one commit as they stand in its frame, and their hashes. They live until they are
// sealed, some hundred thousand a minute: two buffers for all of them, and not two for each. See
// leaf-block.test.ts.
import { leafHashes } from '../leaf-hashes.ts'
import type { RecordInLeaf, RecordLeafWriter } from './leaf.ts'

const lengthBytes = 2
const hashBytes = 32
/** The leaf of a record has about 270 bytes. */
const leafBytes = 288

/** A leaf in its block; `entry` and `hash` are views that are made when asked for. */
export class LeafInBlock {
  readonly index: number
  readonly #block: LeafBlock
  readonly #at: number

  constructor(index: number, block: LeafBlock, at: number) {
    this.index = index
    this.#block = block
    this.#at = at
  }

  /** Its bytes, as they will stand in the log. */
  get entry(): Uint8Array {
    return this.#block.entryAt(this.#at)
  }

  /** Its leaf hash (RFC 9162), 32 bytes. */
  get hash(): Uint8Array {
    return this.#block.hashOf(this.index)
  }
}

/** Takes leaves, one after the other; what it gave stays as it is. */
export class LeafBlock {
  readonly #first: number
  #bytes: Buffer
  #length = 0
  #count = 0
  readonly #hash = leafHashes()
  /** Of the leaves that were hashed: all that there were when somebody asked. */
  #hashes: Buffer = Buffer.alloc(0)
  #hashedBytes = 0

  /** `first`: the index of its first leaf. `leaves`: how many it is likely to take. */
  constructor(first: number, leaves: number) {
    this.#first = first
    this.#bytes = Buffer.allocUnsafe(leaves * leafBytes)
  }

  /** Takes a leaf, of at most 65,535 bytes. */
  add(entry: Uint8Array): LeafInBlock {
    const at = this.#begin(entry.length)
    this.#bytes.set(entry, at)
    return this.#end(at, entry.length)
  }

  /** The same of a record's. */
  addRecord(record: RecordInLeaf, { bytesOf, write }: RecordLeafWriter): LeafInBlock {
    const length = bytesOf(record)
    const at = this.#begin(length)
    write(record, this.#bytes, at)
    return this.#end(at, length)
  }

  /** Each leaf behind its length as u16: a view. */
  get written(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** The leaf that begins there. */
  entryAt(at: number): Buffer {
    return this.#bytes.subarray(at, at + this.#bytes.readUInt16BE(at - lengthBytes))
  }

  hashOf(index: number): Buffer {
    const from = (index - this.#first) * hashBytes
    if (from >= this.#hashes.length) this.#hashAll()
    return this.#hashes.subarray(from, from + hashBytes)
  }

  #begin(length: number): number {
    const at = this.#length + lengthBytes
    if (at + length > this.#bytes.length) this.#bytes = grown(this.#bytes, at + length)
    return at
  }

  #end(at: number, length: number): LeafInBlock {
    this.#bytes.writeUInt16BE(length, at - lengthBytes)
    this.#length = at + length
    return new LeafInBlock(this.#first + this.#count++, this, at)
  }

  /** Those that were hashed stay as they are: somebody may have a view of them. */
  #hashAll(): void {
    const hashes = Buffer.allocUnsafe(this.#count * hashBytes)
    this.#hashes.copy(hashes)
    const rest = this.#bytes.subarray(this.#hashedBytes, this.#length)
    this.#hash(rest, hashes.subarray(this.#hashes.length))
    this.#hashes = hashes
    this.#hashedBytes = this.#length
  }
}

function grown(bytes: Buffer, needed: number): Buffer {
  const larger = Buffer.allocUnsafe(Math.max(needed, 2 * bytes.length))
  bytes.copy(larger)
  return larger
}
