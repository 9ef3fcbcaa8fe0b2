// Memory for what is scanned of a request: pieces that serve one request after the other. Buffers
// of their own for each record would make the garbage collector look at everything once for some
// thousand of them.
import { SLAB_KEPT_BYTES } from '../../limits.ts'

/** Bytes of a piece: about thirty records. */
const pieceBytes = 128 * 1024
const free: Buffer[] = []

/** The memory of one request. */
export class Slab {
  readonly #pieces: Buffer[] = []
  #piece: Buffer = Buffer.alloc(0)
  #at = 0

  /** The piece that was copied into last. */
  get piece(): Buffer {
    return this.#piece
  }

  /** Copies a part of the bytes; gives where it begins in `piece`, as it is until `release`. */
  copy(bytes: Buffer, from: number, to: number): number {
    const length = to - from
    if (this.#at + length > this.#piece.length) this.#grow(length)
    const begin = this.#at
    bytes.copy(this.#piece, begin, from, to)
    this.#at += length
    return begin
  }

  /** Nothing of it is looked at any more. */
  release(): void {
    for (const piece of this.#pieces) {
      if (free.length * pieceBytes < SLAB_KEPT_BYTES) free.push(piece)
    }
    this.#pieces.length = 0
    this.#piece = Buffer.alloc(0)
    this.#at = 0
  }

  #grow(length: number): void {
    this.#at = 0
    if (length > pieceBytes) {
      this.#piece = Buffer.allocUnsafeSlow(length)
      return
    }
    this.#piece = free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
    this.#pieces.push(this.#piece)
  }
}
