// Memory for bodies that come in pieces: it serves one request after the other, so that the garbage
// collector need not run for it. See body-memory.test.ts.
import { BODY_MEMORY_KEPT_BYTES } from '../limits.ts'

/** A body is put together in the smallest that it fits into; a larger one is let go afterwards. */
const sizes: readonly number[] = [64, 256, 1024, 4096].map((kib) => kib * 1024)
const free: readonly Buffer[][] = sizes.map(() => [])
let freeBytes = 0

/** Puts one body together. */
export class BodyMemory {
  #bytes: Buffer = Buffer.alloc(0)
  #length = 0

  /** Copies a piece behind those before it. */
  append(piece: Uint8Array): void {
    if (this.#length + piece.length > this.#bytes.length) this.#grow(piece.length)
    this.#bytes.set(piece, this.#length)
    this.#length += piece.length
  }

  /** The body: a view, until `release`. */
  get body(): Buffer {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Nobody looks at the body any more. */
  release(): void {
    giveBack(this.#bytes)
    this.#bytes = Buffer.alloc(0)
    this.#length = 0
  }

  #grow(more: number): void {
    const before = this.#bytes
    const needed = this.#length + more
    const size = sizes.findIndex((each) => each >= needed)
    const kept = size === -1 ? undefined : free[size]!.pop()
    if (kept) freeBytes -= kept.length
    // Twice as much as there was: a long body is copied a few times, whatever its pieces.
    const bytes = sizes[size] ?? Math.max(needed, 2 * before.length)
    this.#bytes = kept ?? Buffer.allocUnsafeSlow(bytes)
    this.#bytes.set(before.subarray(0, this.#length))
    giveBack(before)
  }
}

function giveBack(bytes: Buffer): void {
  const size = sizes.indexOf(bytes.length)
  if (size === -1 || freeBytes + bytes.length > BODY_MEMORY_KEPT_BYTES) return
  freeBytes += bytes.length
  free[size]!.push(bytes)
}
