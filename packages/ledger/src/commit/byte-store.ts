// Many short pieces of bytes, which come and go. See streams.test.ts.
import { NumberReader } from './packing.ts'

const chunkBytes = 65_536
/** Locations in a chunk: a piece larger than a chunk has one of its own, and lies at its start. */
const locationsPerChunk = chunkBytes

interface Chunk {
  readonly bytes: Uint8Array
  used: number
  dead: number
}

/** Where a piece is and how long. */
export interface Piece {
  readonly bytes: Uint8Array
  readonly from: number
  readonly end: number
}

/** A location: a number ≥ 0, safe as an integer. Written bytes never change, so views stay true. */
export class ByteStore {
  #chunks: (Chunk | undefined)[] = []
  readonly #free: number[] = []
  readonly #sparse = new Set<number>()
  #last = -1

  /** Copies the piece in. */
  add(piece: Uint8Array): number {
    const bytes = numberBytes(piece.length) + piece.length
    const chunk = this.#chunkFor(bytes)
    const at = chunk.used
    const { length } = piece
    let to = at
    for (let rest = length; ; rest = Math.floor(rest / 128)) {
      chunk.bytes[to++] = rest < 128 ? rest : (rest % 128) + 128
      if (rest < 128) break
    }
    chunk.bytes.set(piece, to)
    chunk.used += bytes
    return this.#last * locationsPerChunk + at
  }

  at(location: number): Piece {
    const { bytes } = this.#chunks[Math.floor(location / locationsPerChunk)]!
    return pieceAt(bytes, location % locationsPerChunk)
  }

  /** Gives up a piece: its bytes are free when those of the whole chunk are. */
  drop(location: number): void {
    const which = Math.floor(location / locationsPerChunk)
    const chunk = this.#chunks[which]!
    const from = location % locationsPerChunk
    chunk.dead += pieceAt(chunk.bytes, from).end - from
    if (which !== this.#last) this.#tidy(which)
  }

  /**
   * What lies in one chunk of which more than half is dead, the dead pieces among it; nothing when
   * there is no such chunk. What lives there must be added again and dropped.
   */
  sparse(): (readonly [location: number, Piece])[] {
    const [which] = this.#sparse
    if (which === undefined) return []
    this.#sparse.delete(which)
    const found: (readonly [number, Piece])[] = []
    const { bytes, used } = this.#chunks[which]!
    for (let at = 0; at < used; at = found.at(-1)![1].end) {
      found.push([which * locationsPerChunk + at, pieceAt(bytes, at)])
    }
    return found
  }

  /** Bytes that are taken from memory. */
  get bytes(): number {
    return this.#chunks.reduce((sum, chunk) => sum + (chunk?.bytes.length ?? 0), 0)
  }

  /** The same pieces at the same locations, whatever happens to this one. */
  copy(): ByteStore {
    const copy = new ByteStore()
    copy.#chunks = this.#chunks.map((chunk) => chunk && { ...chunk })
    return copy
  }

  #chunkFor(bytes: number): Chunk {
    const last = this.#chunks[this.#last]
    if (last && last.bytes.length - last.used >= bytes) return last
    const before = this.#last
    const chunk = { bytes: new Uint8Array(Math.max(chunkBytes, bytes)), used: 0, dead: 0 }
    this.#last = this.#free.pop() ?? this.#chunks.length
    this.#chunks[this.#last] = chunk
    if (last) this.#tidy(before)
    return chunk
  }

  /** Frees a chunk that is dead, and remembers one that is half dead. */
  #tidy(which: number): void {
    const { dead, used } = this.#chunks[which]!
    if (dead * 2 > used) this.#sparse.add(which)
    if (dead < used) return
    this.#sparse.delete(which)
    this.#chunks[which] = undefined
    this.#free.push(which)
  }
}

function pieceAt(bytes: Uint8Array, at: number): Piece {
  const reader = new NumberReader(bytes, at)
  const length = reader.number()
  return { bytes, from: reader.at, end: reader.at + length }
}

function numberBytes(value: number): number {
  let count = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) count++
  return count
}
