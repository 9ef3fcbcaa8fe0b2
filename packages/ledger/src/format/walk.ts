// One commit from its first leaf to its last, without an object for each: for who reads all of a
// ledger. FORMAT.md 3.3; what it finds is what decodePlaintext reads. See walk.test.ts.
import { LedgerError } from '../codes.ts'

/** A commit, decrypted, but not divided. */
export interface PlainCommit {
  /** Place in the log of its first leaf. */
  readonly first: number
  /** For each leaf, that of the frame behind the others: u16 length ‖ entry. */
  readonly leaves: Buffer
  readonly plaintext: Buffer
}

/** Key id and nonce of a part. */
const idBytes = 16

/** Where things stand in the bytes of a commit: all places are from, and before. */
export class CommitCursor {
  /** Place in the log of the leaf that it stands at. */
  index: number
  /** In `leaves`. */
  leafFrom = 0
  leafTo = 0
  /** A record (of any type). */
  isRecord = false
  /** An audit log record; neither: what is stored is the receiver's own content. */
  isLog = false
  /** In `plaintext`: the canonical form, or the content. */
  contentFrom = 0
  contentTo = 0
  /** In `plaintext`, of the part that it stands at: 16 bytes each. */
  keyIdFrom = 0
  nonceFrom = 0
  outlineFrom = 0
  outlineTo = 0
  valuesFrom = 0
  valuesTo = 0
  readonly #leaves: Buffer
  readonly #plaintext: Buffer
  #at = 0
  #entriesLeft: number
  #partsLeft = 0

  /** Throws LEDGER_FORMAT, as its methods do, for bytes that end too early or too late. */
  constructor({ first, leaves, plaintext }: PlainCommit) {
    this.index = first - 1
    this.#leaves = leaves
    this.#plaintext = plaintext
    for (let batches = this.#u16(); batches > 0; batches--) {
      this.#skip(this.#u16())
      this.#skip(this.#u32() * 32)
    }
    this.#entriesLeft = this.#u32()
  }

  /** Goes to the next leaf; false behind the last, not counting that of the frame. */
  next(): boolean {
    while (this.#partsLeft > 0) this.nextPart()
    if (this.#entriesLeft === 0) {
      this.#end()
      return false
    }
    this.#entriesLeft--
    this.index++
    this.#nextLeaf()
    const kind = this.#u8()
    if (kind > 2) throw new LedgerError('LEDGER_FORMAT', `unknown kind of entry ${kind}`)
    this.isRecord = kind === 0
    this.isLog = kind === 2
    if (this.isRecord) this.#skip(2)
    this.contentFrom = this.#block()
    this.contentTo = this.#at
    if (kind === 1) return true
    this.#block()
    this.#partsLeft = this.#u8()
    return true
  }

  /** Goes to the record's next part, what is stored of one subject; false behind the last. */
  nextPart(): boolean {
    if (this.#partsLeft === 0) return false
    this.#partsLeft--
    this.keyIdFrom = this.#skip(idBytes)
    this.nonceFrom = this.#skip(idBytes)
    this.outlineFrom = this.#block()
    this.outlineTo = this.#at
    this.valuesFrom = this.#block()
    this.valuesTo = this.#at
    return true
  }

  #nextLeaf(): void {
    const leaves = this.#leaves
    const from = this.leafTo + 2
    if (from > leaves.length) throw endsEarly()
    this.leafFrom = from
    this.leafTo = from + ((leaves[from - 2]! << 8) | leaves[from - 1]!)
    if (this.leafTo > leaves.length) throw endsEarly()
  }

  /** Behind the last entry there is the frame's own leaf, and nothing else. */
  #end(): void {
    this.#nextLeaf()
    if (this.#at !== this.#plaintext.length || this.leafTo !== this.#leaves.length) {
      throw new LedgerError('LEDGER_FORMAT', 'a commit has not one entry for each leaf')
    }
  }

  /** Goes over a u32 length and as many bytes; gives where these begin. */
  #block(): number {
    return this.#skip(this.#u32())
  }

  #u8(): number {
    return this.#plaintext[this.#skip(1)]!
  }

  #u16(): number {
    return this.#plaintext.readUInt16BE(this.#skip(2))
  }

  #u32(): number {
    return this.#plaintext.readUInt32BE(this.#skip(4))
  }

  #skip(bytes: number): number {
    const from = this.#at
    this.#at += bytes
    if (this.#at > this.#plaintext.length) throw endsEarly()
    return from
  }
}

function endsEarly(): LedgerError {
  return new LedgerError('LEDGER_FORMAT', 'the bytes end too early')
}
