// Words by their bytes: nearly all that a record says was said by one before it, and then no string
// is made and no dictionary is asked.
import { Pieces } from './pieces.ts'

/** Places for words, some hundred for each column that has more than a few. */
const places = 8_192
/** Bytes of a word that is remembered. */
const wordBytes = 128
/** Of a word that is not remembered. */
const passing = places

/** Remembers words; one that comes into the place of another is remembered instead of it. */
export class Words {
  readonly #pieces = new Pieces(Buffer.allocUnsafeSlow(places * wordBytes))
  /** -1: nothing is there. */
  readonly #lengths = new Int16Array(places + 1).fill(-1)
  readonly #columns = new Int16Array(places + 1)
  readonly #ids = new Uint32Array(places + 1)
  readonly #texts: string[] = Array.from({ length: places + 1 }, () => '')

  /** Where a word of that hash is, if it is anywhere. */
  placeOf(column: number, hash: number): number {
    return (hash ^ (hash >>> 15) ^ Math.imul(column, 0x9e37)) & (places - 1)
  }

  /** Bytes of the word at a place, -1 when there is none of the column. */
  lengthAt(place: number, column: number): number {
    return this.#columns[place] === column ? this.#lengths[place]! : -1
  }

  /** Whether the word at a place stands in `view` at `at`; its bytes have to be there. */
  isAt(view: DataView, at: number, place: number): boolean {
    return this.#pieces.isAt(view, at, place * wordBytes, this.#lengths[place]!)
  }

  idAt(place: number): number {
    return this.#ids[place]!
  }

  textAt(place: number): string {
    return this.#texts[place]!
  }

  /** Gives the place that it has then. */
  put(
    wanted: number,
    word: { column: number; bytes: Uint8Array; id: number; text: string },
  ): number {
    const { bytes, column, id, text } = word
    const place = bytes.length > wordBytes ? passing : wanted
    if (place !== passing) {
      this.#pieces.set(bytes, place * wordBytes)
      this.#lengths[place] = bytes.length
    }
    this.#columns[place] = column
    this.#ids[place] = id
    this.#texts[place] = text
    return place
  }
}
