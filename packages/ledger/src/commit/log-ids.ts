// Where the newest audit log records are, by their ids: so one that is sent again is sealed once.
// Pure memory, kept with the streams' snapshot and rebuilt from the log. See logs.test.ts.
import { LedgerError } from '../codes.ts'
import { logIdsMax } from '../limits.ts'
import { hashOf, NameIndex } from './name-index.ts'

export interface LogPlace {
  /** Place in the log, and number of the commit frame. */
  readonly index: number
  readonly frame: number
  /** Of what the record says, under a secret of this process; 0: it came before this process. */
  readonly mark: bigint
}

const idBytes = 16
/** Of an entry in a snapshot: id, index, frame. */
const packedBytes = idBytes + 6 + 6
const firstEntries = 64
/** Entries in one piece of a snapshot: about 100 KB. */
const pieceEntries = 4096

/** Ids that came one after the other. */
class Generation {
  count = 0
  readonly #names = new NameIndex()
  #ids = Buffer.alloc(firstEntries * idBytes)
  /** Index and frame by turns. */
  #places = new Float64Array(2 * firstEntries)
  #marks = new BigUint64Array(firstEntries)

  find(id: Buffer, hash: number): LogPlace | undefined {
    const at = this.#names.find(hash, (number) => this.#isAt(number, id))
    return at < 0 ? undefined : this.#placeAt(at)
  }

  /** False when it is not there. */
  setMark(id: Buffer, hash: number, mark: bigint): boolean {
    const at = this.#names.find(hash, (number) => this.#isAt(number, id))
    if (at >= 0) this.#marks[at] = mark
    return at >= 0
  }

  add(id: Buffer, hash: number, { frame, index, mark }: LogPlace): void {
    if (this.count === this.#marks.length) this.#grow()
    const at = this.count++
    id.copy(this.#ids, at * idBytes)
    this.#places[2 * at] = index
    this.#places[2 * at + 1] = frame
    this.#marks[at] = mark
    this.#names.add(hash, at)
  }

  /** What there is now, whatever is added while it is asked for. */
  pieces(): () => Generator<Uint8Array> {
    const [count, ids, places] = [this.count, this.#ids, this.#places]
    return function* () {
      for (let from = 0; from < count; from += pieceEntries) {
        const to = Math.min(count, from + pieceEntries)
        const piece = Buffer.alloc((to - from) * packedBytes)
        for (let i = from; i < to; i++) {
          const at = (i - from) * packedBytes
          ids.copy(piece, at, i * idBytes, (i + 1) * idBytes)
          piece.writeUIntBE(places[2 * i]!, at + idBytes, 6)
          piece.writeUIntBE(places[2 * i + 1]!, at + idBytes + 6, 6)
        }
        yield piece
      }
    }
  }

  #isAt(at: number, id: Buffer): boolean {
    return id.compare(this.#ids, at * idBytes, (at + 1) * idBytes) === 0
  }

  #placeAt(at: number): LogPlace {
    const [index, frame] = [this.#places[2 * at]!, this.#places[2 * at + 1]!]
    return { index, frame, mark: this.#marks[at]! }
  }

  #grow(): void {
    this.#ids = Buffer.concat([this.#ids, Buffer.alloc(this.#ids.length)])
    const places = new Float64Array(2 * this.#places.length)
    places.set(this.#places)
    this.#places = places
    const marks = new BigUint64Array(2 * this.#marks.length)
    marks.set(this.#marks)
    this.#marks = marks
  }
}

/** The newest ids: at least half of `max` of them, about 60 bytes each. */
export class LogIds {
  readonly #max: number
  #young = new Generation()
  #old = new Generation()

  constructor(max: number = logIdsMax) {
    this.#max = max
  }

  get size(): number {
    return this.#young.count + this.#old.count
  }

  /** `id` is a UUID. */
  find(id: string): LogPlace | undefined {
    const bytes = bytesOf(id)
    const hash = hashOf(bytes)
    return this.#young.find(bytes, hash) ?? this.#old.find(bytes, hash)
  }

  /** Notes what a record says that came before this process. */
  setMark(id: string, mark: bigint): void {
    const bytes = bytesOf(id)
    const hash = hashOf(bytes)
    if (!this.#young.setMark(bytes, hash, mark)) this.#old.setMark(bytes, hash, mark)
  }

  /** Notes an id that is not there. */
  add(id: string, place: LogPlace): void {
    this.#add(bytesOf(id), place)
  }

  /** What a snapshot holds; made while it is asked for, as it is now. */
  memory(): { readonly count: number; readonly pieces: () => Generator<Uint8Array> } {
    const parts = [this.#old, this.#young].map((part) => part.pieces())
    const counts = [this.#old.count, this.#young.count]
    return {
      count: counts.reduce((sum, count) => sum + Math.ceil(count / pieceEntries), 0),
      pieces: function* () {
        for (const part of parts) yield* part()
      },
    }
  }

  /** Takes in a piece of a snapshot. Throws LEDGER_FORMAT. */
  addPiece(piece: Uint8Array): void {
    if (piece.length % packedBytes !== 0) {
      throw new LedgerError('LEDGER_FORMAT', 'ids of log records end too early')
    }
    const bytes = Buffer.from(piece.buffer, piece.byteOffset, piece.length)
    for (let at = 0; at < bytes.length; at += packedBytes) {
      const index = bytes.readUIntBE(at + idBytes, 6)
      const frame = bytes.readUIntBE(at + idBytes + 6, 6)
      this.#add(bytes.subarray(at, at + idBytes), { index, frame, mark: 0n })
    }
  }

  #add(id: Buffer, place: LogPlace): void {
    if (this.#young.count >= this.#max / 2) {
      this.#old = this.#young
      this.#young = new Generation()
    }
    this.#young.add(id, hashOf(id), place)
  }
}

function bytesOf(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}
