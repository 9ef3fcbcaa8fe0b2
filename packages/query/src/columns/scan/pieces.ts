// Short pieces of bytes in one buffer, compared four bytes at a time: a call of Buffer.compare
// would cost more than they do.

export class Pieces {
  readonly #bytes: Buffer
  readonly #view: DataView

  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
  }

  /** Whether `length` bytes from `from` on stand in `view` at `at`, where as many have to be. */
  isAt(view: DataView, at: number, from: number, length: number): boolean {
    const own = this.#view
    let i = 0
    for (; i + 4 <= length; i += 4) {
      if (view.getInt32(at + i, true) !== own.getInt32(from + i, true)) return false
    }
    for (; i < length; i++) if (view.getInt8(at + i) !== own.getInt8(from + i)) return false
    return true
  }

  set(bytes: Uint8Array, at: number): void {
    this.#bytes.set(bytes, at)
  }
}

/** A piece that stays. */
export class Piece {
  readonly length: number
  readonly #pieces: Pieces

  constructor(bytes: Buffer) {
    this.length = bytes.length
    this.#pieces = new Pieces(bytes)
  }

  /** Whether it stands there, in the bytes before `limit`. */
  isAt(view: DataView, at: number, limit: number): boolean {
    const { length } = this
    return at + length <= limit && this.#pieces.isAt(view, at, 0, length)
  }
}

export function viewOf({ buffer, byteLength, byteOffset }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
