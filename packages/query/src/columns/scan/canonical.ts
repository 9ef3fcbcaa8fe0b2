// A record's canonical form, gone over once. Its members and attributes stand in one order (JCS),
// so that each byte is where it is expected, or the record is unusual.
import { ATTR } from '@grantlog/record'
import { encodeDuration } from '../duration.ts'
import { fingerprintOfAscii } from '../fingerprint.ts'
import type { Cells, Text } from './cells.ts'
import { column, known, SORT } from './known.ts'
import { Piece, Pieces } from './pieces.ts'

const piece = (text: string): Piece => new Piece(Buffer.from(text))
const begin = piece('{"attributes":{')
const endTime = piece(',"endTimeUnixNano":"')
const kind = piece('","kind":')
const name = piece(',"name":"')
const parent = piece('","parentSpanId":"')
const slots = piece('","slots":{')
const spanId = piece('},"spanId":"')
const startTime = piece('","startTimeUnixNano":"')
const traceId = piece('},"traceId":"')
const end = piece('"}')
const spanIdLength = 16
const traceIdLength = 32

const comma = 0x2c
const quote = 0x22
const brace = 0x7d
const zero = 0x30
/** Digits of a time that are nanoseconds: those of a record are zero. */
const nanoDigits = 3
/** Digits of the microseconds that a number holds exactly. */
const digitsMax = 16

/** Attributes that a column is made of together. */
const watched = [
  ATTR.HTTP_ROUTE,
  ATTR.HTTP_REQUEST_METHOD,
  ATTR.OAUTH_ERROR_CODE,
  ATTR.ERROR_TYPE,
] as const
const watches = Int8Array.from(known, ({ name: own }) => watched.findIndex((one) => one === own))

/** All heads one behind the other: they are compared more often than anything else. */
const heads = new Pieces(Buffer.concat(known.map(({ head }) => head)))
const headLengths = Int32Array.from(known, ({ head }) => head.length)
const headFroms = headLengths.map((_, which) =>
  headLengths.subarray(0, which).reduce((sum, length) => sum + length, 0),
)
const endings = Uint8Array.from(known, ({ ending }) => ending)
/** Columns of words; -1 for other values. */
const wordColumns = Int16Array.from(known, (one) => (one.sort === SORT.WORD ? one.column : -1))
/** A quote and a brace, or the brace alone. */
const endLengths = Int32Array.from(known, ({ ending }) => (ending === quote ? 2 : 1))

function isHead(which: number, view: DataView, at: number, to: number): boolean {
  const length = headLengths[which]!
  return at + length <= to && heads.isAt(view, at, headFroms[which]!, length)
}

/** Makes cells of canonical forms. */
export class CanonicalScanner {
  readonly #cells: Cells
  /** By attribute and one, the one that came after it last; of nothing, the first. */
  readonly #next = new Int16Array(known.length + 1)
  /** By attribute, the word that it had last. */
  readonly #last = new Int32Array(known.length)
  /** Texts of what is watched. */
  readonly #texts: (string | undefined)[] = watched.map(() => undefined)
  #joined = { route: '', method: '', id: 0 }
  /** Behind what was read last. */
  #at = 0

  constructor(cells: Cells) {
    this.#cells = cells
  }

  /** False for one that is unusual. */
  scan(text: Text, from: number, to: number): boolean {
    const { view } = text
    if (!begin.isAt(view, from, to)) return false
    this.#at = from + begin.length
    this.#texts.fill(undefined)
    if (!this.#attributes(text, to) || !this.#times(text, to)) return false
    const traceFrom = to - end.length - traceIdLength
    if (!traceId.isAt(view, traceFrom - traceId.length, to)) return false
    if (!end.isAt(view, to - end.length, to)) return false
    this.#cells.add(column.trace, fingerprintOfAscii(text.bytes, traceFrom, to - end.length))
    this.#derive()
    return true
  }

  /** False when one of them is unusual; else all are gone over. */
  #attributes(text: Text, to: number): boolean {
    const { bytes, view } = text
    let at = this.#at
    for (let which = -1; ;) {
      which = this.#attributeAt(view, at, to, which)
      if (which < 0) return false
      at = this.#value(text, at + headLengths[which]!, to, which) + endLengths[which]!
      if (at >= to || bytes[at - 1] !== brace) return false
      const byte = bytes[at++]
      this.#at = at
      if (byte === brace) return true
      if (byte !== comma) return false
    }
  }

  /** Records of a service have the same attributes nearly always. */
  #attributeAt(view: DataView, at: number, to: number, before: number): number {
    const guess = this.#next[before + 1]!
    if (isHead(guess, view, at, to)) return guess
    for (let which = before + 1; which < known.length; which++) {
      if (!isHead(which, view, at, to)) continue
      this.#next[before + 1] = which
      return which
    }
    return -1
  }

  /** Makes cells of a value; gives where it ends. */
  #value(text: Text, from: number, to: number, which: number): number {
    const cells = this.#cells
    const { bytes } = text
    const ending = endings[which]!
    const where = wordColumns[which]!
    if (where >= 0) {
      const { words } = cells
      const last = this.#last[which]!
      const length = words.lengthAt(last, where)
      const until = from + length
      if (length > 0 && until < to && bytes[until] === ending) {
        if (words.isAt(text.view, from, last)) {
          cells.add(where, words.idAt(last))
          this.#watch(which, last)
          return until
        }
      }
    }
    const until = cells.measure(bytes, from, to, ending)
    const place = cells.take(known[which]!, text, from, until)
    if (place >= 0) {
      this.#last[which] = place
      this.#watch(which, place)
    }
    return until
  }

  #watch(which: number, place: number): void {
    const watch = watches[which]!
    if (watch >= 0) this.#texts[watch] = this.#cells.words.textAt(place)
  }

  #times({ bytes, view }: Text, to: number): boolean {
    const ended = this.#pass(view, to, endTime) ? this.#micros(bytes, to) : -1
    // The kind is a digit.
    if (ended < 0 || !this.#pass(view, to, kind, 1) || !this.#pass(view, to, name)) return false
    this.#at = this.#cells.measure(bytes, this.#at, to, quote)
    if (!this.#pass(view, to, parent)) return false
    this.#at = this.#cells.measure(bytes, this.#at, to, quote)
    if (!this.#pass(view, to, slots)) return false
    // Commitments are longer than a call of the engine's own search.
    const slotsEnd = bytes.indexOf(brace, this.#at)
    this.#at = slotsEnd < 0 ? to : slotsEnd
    const isThere = this.#pass(view, to, spanId, spanIdLength) && this.#pass(view, to, startTime)
    const started = isThere ? this.#micros(bytes, to) : -1
    if (started < 0) return false
    this.#cells.add(column.duration, encodeDuration(ended - started))
    return true
  }

  /** Goes over a piece and some bytes behind it; false when it is not there. */
  #pass(view: DataView, to: number, what: Piece, more = 0): boolean {
    if (!what.isAt(view, this.#at, to)) return false
    this.#at += what.length + more
    return true
  }

  /** Reads a time up to its quote; -1 for an unusual one. */
  #micros(bytes: Buffer, to: number): number {
    const from = this.#at
    let micros = 0
    let at = from
    for (; at < to && bytes[at] !== quote; at++) {
      const digit = bytes[at]! - zero
      if (digit < 0 || digit > 9) return -1
    }
    const until = at - nanoDigits
    if (until - from < 1 || until - from > digitsMax) return -1
    for (at = from; at < until; at++) micros = micros * 10 + bytes[at]! - zero
    for (; at < until + nanoDigits; at++) if (bytes[at] !== zero) return -1
    if (micros > Number.MAX_SAFE_INTEGER) return -1
    this.#at = at
    return micros
  }

  #derive(): void {
    const cells = this.#cells
    const [route, method, code, type] = this.#texts
    if (route !== undefined) {
      const joined = this.#joined
      if (joined.id === 0 || joined.route !== route || joined.method !== (method ?? '')) {
        const id = cells.idOf(column.route, method ? `${method} ${route}` : route)
        this.#joined = { route, method: method ?? '', id }
      }
      cells.add(column.route, this.#joined.id)
    }
    const error = code ?? type
    if (error !== undefined) cells.word(column.error, error)
  }
}
