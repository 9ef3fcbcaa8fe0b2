// Memory for what is scanned of a request: pieces that serve one request after the other. Buffers
// of their own for each record would make the garbage collector look at everything once for some
// thousand of them.
import { SLAB_KEPT_BYTES } from '../../limits.ts'

/** Bytes of a piece: about thirty records. */
const pieceBytes = 128 * 1024
const wordBytes = 4

/** The same memory as bytes, and as words of four. */
export interface Piece {
  readonly bytes: Buffer
  readonly words: Int32Array
}

const free: Piece[] = []

/** The memory of one request. */
export class Slab {
  readonly #pieces: Piece[] = []
  #piece: Piece | undefined
  #at = 0

  /** The piece that was taken of last. */
  get piece(): Piece {
    return this.#piece!
  }

  /** Takes so many bytes; gives where they begin in `piece`, at a word, until `release`. */
  take(length: number): number {
    if (this.#piece === undefined || this.#at + length > this.#piece.bytes.length) {
      this.#grow(length)
    }
    const begin = this.#at
    this.#at += Math.ceil(length / wordBytes) * wordBytes
    return begin
  }

  /** Nothing of it is looked at any more. */
  release(): void {
    for (const piece of this.#pieces) {
      if (free.length * pieceBytes < SLAB_KEPT_BYTES) free.push(piece)
    }
    this.#pieces.length = 0
    this.#piece = undefined
    this.#at = 0
  }

  #grow(length: number): void {
    this.#at = 0
    if (length > pieceBytes) {
      this.#piece = pieceOf(length)
      return
    }
    this.#piece = free.pop() ?? pieceOf(pieceBytes)
    this.#pieces.push(this.#piece)
  }
}

function pieceOf(length: number): Piece {
  const bytes = Buffer.allocUnsafeSlow(Math.ceil(length / wordBytes) * wordBytes)
  return { bytes, words: new Int32Array(bytes.buffer) }
}
