// Canonical forms checked in one pass over their bytes, without an object for each attribute: what
// an audit of millions of records needs. Only what is usual is taken: printable ASCII without
// escapes, numbers far from their limits. "No" says nothing: then openRecord and openSlot decide,
// which are the readable reference. See scan.test.ts, which holds the two against each other.
import { base64urlValue, utf8 } from '../bytes.ts'
import { attributeBytesMax, nameBytesMax } from '../limits.ts'
import { ATTR, attributeDefinitions, type SlotName, slotNames } from '../names.ts'
import { areUsual, hexDigits, isDigit, isHex, usual } from './characters.ts'

const definitions = Array.from(attributeDefinitions.values()).sort((a, b) =>
  a.name < b.name ? -1 : 1,
)
const names = definitions.map(({ name }) => utf8(name))
const slotsInOrder = slotNames.toSorted()
const slotLiterals = slotsInOrder.map((slot) => utf8(`${slot}":"`))

/** Numbers that {@link scanRecord} writes: two for each attribute, two for each slot. */
export const placesLength: number = 2 * (definitions.length + slotsInOrder.length)

/** Where the places of an attribute stand: the first byte of its value, and the one behind it. */
export function placeOfAttribute(name: string): number {
  return 2 * definitions.findIndex((each) => each.name === name)
}

/** The same for a slot's commitment. */
export function placeOfSlot(slot: SlotName): number {
  return 2 * (definitions.length + slotsInOrder.indexOf(slot))
}

const tableSize = 1024
const table = new Int16Array(tableSize).fill(-1)
for (const [rank, name] of names.entries()) {
  let at = name.reduce(mixed, 0)
  while (table[at] !== -1) at = (at + 1) % tableSize
  table[at] = rank
}

function mixed(hash: number, byte: number): number {
  return (hash * 31 + byte) % tableSize
}

/** What stands before a value, from behind the quote of its name on, by rank. */
const heads = definitions.map(({ name, type }) => {
  const tag = { string: 'stringValue":"', int: 'intValue":"', boolean: 'boolValue":' }[type]
  return utf8(`${name}":{"${tag}`)
})
/** The same in words of four bytes, the last of which may overlap the one before. */
const headWords = heads.map((head) => {
  const view = new DataView(head.buffer, head.byteOffset, head.length)
  const count = Math.ceil(head.length / 4)
  return Int32Array.from({ length: count }, (_, i) =>
    view.getInt32(Math.min(4 * i, head.length - 4), true),
  )
})
const isString = definitions.map(({ type }) => type === 'string')
/**
 * Which attribute came behind one of this rank the last time, and which came first: records of one
 * kind have the same ones. A guess costs one comparison; when it is wrong the name is looked up.
 */
const followers = new Int16Array(definitions.length).fill(-1)
const guesses = { record: -1, opening: new Int16Array(definitions.length).fill(-1), opened: 0 }

const recordId = placeOfAttribute(ATTR.AUDIT_RECORD_ID)
const sequence = placeOfAttribute(ATTR.AUDIT_SEQUENCE_NUMBER)
const required = [ATTR.AUDIT_ACTION, ATTR.AUDIT_OUTCOME, ATTR.AUDIT_PRODUCER_SERVICE].map(
  placeOfAttribute,
)
const uuidV7 = utf8('xxxxxxxx-xxxx-7xxx-vxxx-xxxxxxxxxxxx')
const safeDigitsMax = 15
const text = {
  attributes: utf8('{"attributes":{"'),
  end: utf8(',"endTimeUnixNano":"'),
  kind: utf8(',"kind":'),
  name: utf8(',"name":"'),
  parent: utf8(',"parentSpanId":"'),
  slots: utf8(',"slots":{'),
  spanId: utf8(',"spanId":"'),
  start: utf8(',"startTimeUnixNano":"'),
  status: utf8(',"status":{"code":'),
  message: utf8(',"message":"'),
  traceId: utf8('},"traceId":"'),
  fields: utf8('{"fields":{"'),
  salt: utf8(',"salt":"'),
  yes: utf8('true'),
  no: utf8('false'),
}

/**
 * True when the bytes are a canonical form that `openRecord` accepts; then `places` (of
 * {@link placesLength}) says where each value stands, −1 for one that is not there.
 */
export function scanRecord(canonical: Uint8Array, places: Int32Array): boolean {
  places.fill(-1)
  const scan = new Scan(canonical)
  if (!scan.literal(text.attributes) || scan.attributes(null, places) === null) return false
  if (!required.every((place) => places[place] !== -1)) return false
  if (!scan.isRecordId(places[recordId]!, places[recordId + 1]!)) return false
  const digits = places[sequence + 1]! - places[sequence]!
  if (places[sequence] === -1 || digits > safeDigitsMax) return false
  if (!scan.literal(text.end)) return false
  const end = scan.time()
  if (!scan.literal(text.kind) || !scan.digit(0, 5)) return false
  if (!scan.literal(text.name) || !scan.plain(1, nameBytesMax)) return false
  if (!scan.literal(text.parent) || !(scan.quote() || scan.hex(16))) return false
  if (!scan.literal(text.slots) || !scan.slots(places)) return false
  if (!scan.literal(text.spanId) || !scan.hex(16) || scan.zeros(16)) return false
  if (!scan.literal(text.start)) return false
  const start = scan.time()
  if (start === -1 || end === -1 || !scan.isBefore(start, end)) return false
  if (!scan.literal(text.status) || !scan.digit(1, 2)) return false
  if (!scan.literal(text.message) || !scan.plain(0, attributeBytesMax)) return false
  if (!scan.literal(text.traceId) || !scan.hex(32) || scan.zeros(32)) return false
  return scan.byte(0x7d) && scan.done
}

/** The slot of an opening that `openSlot` accepts; null when that is not certain. */
export function scanSlot(opening: Uint8Array): SlotName | null {
  const scan = new Scan(opening)
  if (!scan.literal(text.fields)) return null
  const slot = scan.attributes('any', null)
  if (slot === null || slot === 'none') return null
  if (!scan.literal(text.salt) || !scan.base64url(22)) return null
  return scan.byte(0x22) && scan.byte(0x7d) && scan.done ? slot : null
}

let lastView: DataView = new DataView(new ArrayBuffer(0))

/** Records mostly come one behind the other out of one buffer. */
function viewOf({ buffer }: Uint8Array): DataView {
  if (lastView.buffer !== buffer) lastView = new DataView(buffer)
  return lastView
}

/** A place in the bytes that steps forward over what fits, and answers false at what does not. */
class Scan {
  readonly #bytes: Uint8Array
  /** Of the whole buffer that the bytes are in, from `#offset` on. */
  readonly #view: DataView
  readonly #offset: number
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#offset = bytes.byteOffset
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  literal(expected: Uint8Array): boolean {
    const bytes = this.#bytes
    const at = this.#at
    for (let i = 0; i < expected.length; i++) if (bytes[at + i] !== expected[i]) return false
    this.#at = at + expected.length
    return true
  }

  byte(expected: number): boolean {
    if (this.#bytes[this.#at] !== expected) return false
    this.#at++
    return true
  }

  quote(): boolean {
    return this.byte(0x22)
  }

  /** One digit, from `least` to `most`. */
  digit(least: number, most: number): boolean {
    const value = this.#bytes[this.#at++]! - 0x30
    return value >= least && value <= most
  }

  /** Characters that stand for themselves, up to a quote, which is passed. */
  plain(least: number, most: number): boolean {
    const bytes = this.#bytes
    const view = this.#view
    const from = this.#at
    let at = from
    const end = bytes.length - 4
    const offset = this.#offset
    while (at <= end && areUsual(view.getInt32(offset + at, true))) at += 4
    while (usual[bytes[at]!] === 1) at++
    if (bytes[at] !== 0x22) return false
    this.#at = at + 1
    return at - from >= least && at - from <= most
  }

  /** Lower-case hex and a quote. */
  hex(length: number): boolean {
    const bytes = this.#bytes
    const end = this.#at + length
    for (let at = this.#at; at < end; at++) if (hexDigits[bytes[at]!] !== 1) return false
    this.#at = end
    return this.quote()
  }

  /** The hex that was just passed is all zeros. */
  zeros(length: number): boolean {
    for (let at = this.#at - 1 - length; at < this.#at - 1; at++) {
      if (this.#bytes[at] !== 0x30) return false
    }
    return true
  }

  /** Base64url of whole bytes: 22 characters for 16 of them, 43 for 32. */
  base64url(length: number): boolean {
    let value = 0
    for (let i = 0; i < length; i++) {
      value = base64urlValue[this.#bytes[this.#at++]!] ?? -1
      if (value === -1) return false
    }
    return (value & (length === 22 ? 15 : 3)) === 0
  }

  /** Nanoseconds of 19 digits (2001 to 2286), whole microseconds, and a quote: where, or −1. */
  time(): number {
    const from = this.#at
    if (!this.digit(1, 9)) return -1
    for (let i = 1; i < 16; i++) if (!this.digit(0, 9)) return -1
    return this.digit(0, 0) && this.digit(0, 0) && this.digit(0, 0) && this.quote() ? from : -1
  }

  isBefore(start: number, end: number): boolean {
    for (let i = 0; i < 19; i++) {
      const difference = this.#bytes[end + i]! - this.#bytes[start + i]!
      if (difference !== 0) return difference > 0
    }
    return false
  }

  isRecordId(from: number, to: number): boolean {
    if (from === -1 || to - from !== uuidV7.length) return false
    for (let i = 0; i < uuidV7.length; i++) {
      const byte = this.#bytes[from + i]!
      const expected = uuidV7[i]!
      // x: any hex digit; v: the variant, 8 to b.
      if (expected === 0x78 ? !isHex(byte) : expected !== 0x76 && byte !== expected) return false
      if (expected === 0x76 && !(byte === 0x38 || byte === 0x39 || byte === 0x61 || byte === 0x62))
        return false
    }
    return true
  }

  /**
   * Attributes in order, from behind the first quote to the closing brace: those of no slot (null),
   * or of any one slot, which is returned. Null: no.
   */
  attributes(of: null | 'any', places: Int32Array | null): SlotName | 'none' | null {
    let slot: SlotName | 'none' = 'none'
    for (let last = -1; ;) {
      const rank = this.#head(last, of === null)
      if (rank <= last) return null
      last = rank
      const definition = definitions[rank]!
      if ((of === null) !== (definition.slot === null)) return null
      if (slot !== 'none' && definition.slot !== slot) return null
      slot = definition.slot ?? 'none'
      const from = this.#value(rank)
      if (from === -1) return null
      if (places) {
        places[2 * rank] = from
        places[2 * rank + 1] = this.#at - 1
      }
      if (!this.byte(0x7d)) return null
      if (this.byte(0x7d)) return slot
      if (!this.byte(0x2c) || !this.quote()) return null
    }
  }

  /** Commitments in order of their slots' names, and the closing brace. */
  slots(places: Int32Array): boolean {
    if (this.byte(0x7d)) return true
    for (let next = 0; ;) {
      if (!this.quote()) return false
      while (next < slotLiterals.length && !this.literal(slotLiterals[next]!)) next++
      if (next === slotLiterals.length) return false
      const place = 2 * (definitions.length + next)
      places[place] = this.#at
      if (!this.base64url(43)) return false
      places[place + 1] = this.#at
      if (!this.quote()) return false
      next++
      if (this.byte(0x7d)) return true
      if (!this.byte(0x2c)) return false
    }
  }

  /** The rank of the attribute that stands here, passed up to its value; −1: none. */
  #head(last: number, isRecord: boolean): number {
    const guess = last === -1 ? this.#first(isRecord) : followers[last]!
    if (guess !== -1 && this.#words(guess)) return this.#noteFirst(last, isRecord, guess)
    const rank = this.#name()
    if (rank === -1 || !this.literal(heads[rank]!)) return -1
    if (last !== -1) followers[last] = rank
    return this.#noteFirst(last, isRecord, rank)
  }

  #first(isRecord: boolean): number {
    return isRecord ? guesses.record : guesses.opening[guesses.opened]!
  }

  /** Openings come slot by slot: which is first is guessed by which was first before. */
  #noteFirst(last: number, isRecord: boolean, rank: number): number {
    if (last !== -1) return rank
    if (isRecord) guesses.record = rank
    else {
      guesses.opening[guesses.opened] = rank
      guesses.opened = rank
    }
    return rank
  }

  /** The head of this rank, passed when it stands here. */
  #words(rank: number): boolean {
    const words = headWords[rank]!
    const { length } = heads[rank]!
    const at = this.#at
    if (length > this.#bytes.length - at) return false
    const view = this.#view
    const from = this.#offset + at
    const last = words.length - 1
    for (let i = 0; i < last; i++) if (view.getInt32(from + 4 * i, true) !== words[i]) return false
    if (view.getInt32(from + length - 4, true) !== words[last]) return false
    this.#at = at + length
    return true
  }

  /** The rank of the registered attribute whose name stands here; −1: none. */
  #name(): number {
    const bytes = this.#bytes
    const from = this.#at
    let hash = 0
    let at = from
    for (; bytes[at] !== 0x22; at++) {
      if (at === bytes.length) return -1
      hash = mixed(hash, bytes[at]!)
    }
    for (; table[hash] !== -1; hash = (hash + 1) % tableSize) {
      const name = names[table[hash]!]!
      if (name.length === at - from && this.#stands(name)) return table[hash]!
    }
    return -1
  }

  #stands(name: Uint8Array): boolean {
    for (let i = 0; i < name.length; i++) if (this.#bytes[this.#at + i] !== name[i]) return false
    return true
  }

  /** A value behind its head, up to its brace: where it begins, or −1. */
  #value(rank: number): number {
    const from = this.#at
    if (isString[rank]!) return this.plain(1, attributeBytesMax) ? from : -1
    if (definitions[rank]!.type !== 'boolean') return this.#int()
    return this.literal(text.yes) || this.literal(text.no) ? this.#at : -1
  }

  /** Digits of a number that is not negative and far below 2^63, and a quote. */
  #int(): number {
    const from = this.#at
    const isZero = this.#bytes[from] === 0x30
    while (isDigit(this.#bytes[this.#at]!)) this.#at++
    const length = this.#at - from
    const isUsual = isZero ? length === 1 : length >= 1 && length <= 18
    return isUsual && this.quote() ? from : -1
  }
}
