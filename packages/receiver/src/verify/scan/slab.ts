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

  /** A copy of the bytes; it stays as it is until `release`. */
  copy(bytes: Uint8Array): Buffer {
    const { length } = bytes
    if (this.#at + length > this.#piece.length) this.#grow(length)
    const begin = this.#at
    this.#piece.set(bytes, begin)
    this.#at += length
    return this.#piece.subarray(begin, begin + length)
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
