// The streams that ended, packed: a byte store of them, and an index of their names. It also gives
// every stream its place. See streams.test.ts.
import { LedgerError } from '../codes.ts'
import { ByteStore, type Piece } from './byte-store.ts'
import { hashOf, NameIndex } from './name-index.ts'
import {
  NumberReader,
  packKey,
  packStream,
  skipKey,
  unpackHead,
  unpackHighest,
  unpackRuns,
} from './packing.ts'
import type { Stream, StreamHead, StreamName } from './stream.ts'

const placesPerTable = 8192

/** Of each place, where its stream lies packed + 1; 0: it does not. */
class Locations {
  #tables: Float64Array[] = []
  count = 0

  push(): number {
    if (this.count % placesPerTable === 0) this.#tables.push(new Float64Array(placesPerTable))
    return this.count++
  }

  get(place: number): number {
    return this.#tables[Math.floor(place / placesPerTable)]![place % placesPerTable]! - 1
  }

  set(place: number, location: number): void {
    this.#tables[Math.floor(place / placesPerTable)]![place % placesPerTable] = location + 1
  }

  copy(): Locations {
    const copy = new Locations()
    copy.#tables = this.#tables.map((table) => table.slice())
    copy.count = this.count
    return copy
  }
}

/** A stream that was packed. */
export interface Unpacked {
  readonly head: StreamHead
  readonly runs: number[]
}

export class PackedStreams {
  readonly #kids: string[]
  readonly #numbers: Map<string, number>
  readonly #index = new NameIndex()
  readonly #store = new ByteStore()
  readonly #locations = new Locations()
  readonly #kidOf = (number: number): string => {
    const kid = this.#kids[number]
    if (kid === undefined) throw new LedgerError('LEDGER_FORMAT', 'a packed stream of no key')
    return kid
  }

  /** `kids`: those that pieces already name by number. */
  constructor(kids: readonly string[] = []) {
    this.#kids = [...kids]
    this.#numbers = new Map(kids.map((kid, number) => [kid, number]))
  }

  /** Streams that have a place, packed or not. */
  get places(): number {
    return this.#locations.count
  }

  get kids(): readonly string[] {
    return this.#kids
  }

  /** Bytes of the packed streams, without the index. */
  get bytes(): number {
    return this.#store.bytes
  }

  /** Gives a stream that is not there yet its place. */
  enter({ kid, instance }: StreamName): number {
    let number = this.#numbers.get(kid)
    if (number === undefined) {
      number = this.#kids.push(kid) - 1
      this.#numbers.set(kid, number)
    }
    const place = this.#locations.push()
    this.#index.add(hashOf(packKey(number, instance)), place)
    return place
  }

  /** The place of a stream that is packed; -1 when it is not. */
  find(kid: string, instance: string): number {
    const number = this.#numbers.get(kid)
    if (number === undefined) return -1
    const key = packKey(number, instance)
    return this.#index.find(hashOf(key), (place) => {
      const location = this.#locations.get(place)
      return location >= 0 && beginsWith(this.#store.at(location), key)
    })
  }

  /** The highest number of a packed stream; -1 when it is not packed. */
  highest(kid: string, instance: string): number {
    const place = this.find(kid, instance)
    return place < 0 ? -1 : unpackHighest(new NumberReader(this.at(place)))
  }

  /** A packed stream; a view. */
  at(place: number): Uint8Array {
    return bytesOf(this.#store.at(this.#locations.get(place)))
  }

  headAt(place: number): StreamHead {
    return unpackHead(new NumberReader(this.at(place)), this.#kidOf)
  }

  /** A view until the next stream is packed. */
  pack({ head, positions }: Stream): Uint8Array {
    return packStream(this.#numbers.get(head.kid)!, head, positions.flat())
  }

  /** Throws LEDGER_FORMAT when it is no packed stream. */
  unpack(piece: Uint8Array): Unpacked {
    const reader = new NumberReader(piece)
    const head = unpackHead(reader, this.#kidOf)
    const runs = unpackRuns(reader)
    if (reader.at === piece.length && runs.length > 0) return { head, runs }
    throw new LedgerError('LEDGER_FORMAT', 'a packed stream does not end where it should')
  }

  /** Keeps a copy of a packed stream. */
  put(place: number, piece: Uint8Array): void {
    this.#locations.set(place, this.#store.add(piece))
    this.#compact()
  }

  drop(place: number): void {
    this.#store.drop(this.#locations.get(place))
    this.#locations.set(place, -1)
    this.#compact()
  }

  /** All streams packed as they are now, in order; `unpacked`: those that are not here. */
  pieces(unpacked: ReadonlyMap<number, Uint8Array>): Iterable<Uint8Array> {
    return piecesOf(this.#store.copy(), this.#locations.copy(), unpacked)
  }

  /** Moves what lives in chunks that are mostly dead. */
  #compact(): void {
    for (let sparse = this.#store.sparse(); sparse.length > 0; sparse = this.#store.sparse()) {
      for (const [location, { bytes, end, from }] of sparse) {
        const piece = bytes.subarray(from, end)
        const place = this.#index.find(
          hashOf(keyOf(piece)),
          (candidate) => this.#locations.get(candidate) === location,
        )
        if (place < 0) continue
        this.#locations.set(place, this.#store.add(piece))
        this.#store.drop(location)
      }
    }
  }
}

function* piecesOf(
  store: ByteStore,
  locations: Locations,
  unpacked: ReadonlyMap<number, Uint8Array>,
): Generator<Uint8Array> {
  for (let place = 0; place < locations.count; place++) {
    yield unpacked.get(place) ?? bytesOf(store.at(locations.get(place)))
  }
}

function keyOf(piece: Uint8Array): Uint8Array {
  const reader = new NumberReader(piece)
  skipKey(reader)
  return piece.subarray(0, reader.at)
}

function bytesOf({ bytes, end, from }: Piece): Uint8Array {
  return bytes.subarray(from, end)
}

function beginsWith({ bytes, end, from }: Piece, key: Uint8Array): boolean {
  if (end - from < key.length) return false
  for (let at = 0; at < key.length; at++) if (bytes[from + at] !== key[at]) return false
  return true
}
