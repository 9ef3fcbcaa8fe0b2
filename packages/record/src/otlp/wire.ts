import { utf8, utf8Text } from '../bytes.ts'
import { RecordError } from '../codes.ts'

/**
 * The protobuf wire format, as far as OTLP needs it. Not a general reader: groups are refused, and
 * the caller says which wire type a field must have.
 */

export const wireVarint = 0
export const wireFixed64 = 1
export const wireBytes = 2
export const wireFixed32 = 5

/** One field of a message. `bytes` is a view into the message, for wire type 2. */
export interface WireField {
  readonly number: number
  readonly wireType: number
  readonly bytes: Uint8Array
  readonly integer: bigint
  /** Where the field starts and ends in the message, tag included. */
  readonly start: number
  readonly end: number
}

const none = new Uint8Array(0)
/** Bytes of a writer's first buffer: a few attributes. */
const firstBytes = 256
/** Characters of a text that is written one by one; an encoder's call costs more than these. */
const asciiMax = 96
const numberMax = 0x1fffffff
const varintBytesMax = 10
/** Tags of a pair's value and of a text in it. */
const valueTag = 0x12
const textTag = 0x0a
/** Larger numbers are written as bigints. */
const smallMax = Number.MAX_SAFE_INTEGER

/**
 * Goes over the fields of a message, one after the other, without an object for each: for the
 * levels of a request that have thousands. `next` throws OTLP_MALFORMED at the first byte that is
 * no field.
 */
export class WireCursor {
  number = 0
  wireType = 0
  /** Where the field starts and ends in the message, tag included, and where its value starts. */
  start = 0
  end = 0
  value = 0
  readonly #message: Uint8Array

  constructor(message: Uint8Array) {
    this.#message = message
  }

  /** False at the end of the message. */
  next(): boolean {
    const { length } = this.#message
    this.start = this.end
    if (this.start >= length) return false
    const tag = this.#small()
    this.number = Math.floor(tag / 8)
    this.wireType = tag % 8
    if (this.number < 1 || this.number > numberMax) throw malformed('field number')
    this.value = this.end
    if (this.wireType === wireVarint) this.#varint()
    else if (this.wireType === wireFixed64) this.#skip(8)
    else if (this.wireType === wireFixed32) this.#skip(4)
    else if (this.wireType === wireBytes) {
      const bytes = this.#small()
      this.value = this.end
      this.#skip(bytes)
    } else throw malformed(`wire type ${this.wireType}`)
    return true
  }

  /** A view into the message, for wire type 2. */
  get bytes(): Uint8Array {
    return this.wireType === wireBytes ? this.#message.subarray(this.value, this.end) : none
  }

  /** For the other wire types. */
  get integer(): bigint {
    if (this.wireType === wireBytes) return 0n
    if (this.wireType === wireVarint) return this.#varintFrom(this.value)
    const message = this.#message
    let value = 0n
    for (let at = this.end - 1; at >= this.value; at--) value = (value << 8n) | BigInt(message[at]!)
    return value
  }

  /** Almost every tag and length has one byte or two. */
  #small(): number {
    const message = this.#message
    const first = message[this.end]
    if (first !== undefined && first < 0x80) {
      this.end++
      return first
    }
    const second = message[this.end + 1]
    if (first !== undefined && second !== undefined && second < 0x80) {
      this.end += 2
      return (first & 0x7f) + second * 128
    }
    const from = this.end
    this.#varint()
    return Number(this.#varintFrom(from))
  }

  /** The varint that ends where the field is passed so far. */
  #varintFrom(from: number): bigint {
    let value = 0n
    for (let at = this.end - 1; at >= from; at--) {
      value = (value << 7n) | BigInt(this.#message[at]! & 0x7f)
    }
    return BigInt.asUintN(64, value)
  }

  #varint(): void {
    const message = this.#message
    for (let bytes = 0; bytes < varintBytesMax; bytes++) {
      const byte = message[this.end++]
      if (byte === undefined) throw malformed('truncated varint')
      if (byte < 0x80) return
    }
    throw malformed('varint longer than 10 bytes')
  }

  #skip(bytes: number): void {
    if (bytes > this.#message.length - this.end) throw malformed('truncated field')
    this.end += bytes
  }
}

/** Iterates the fields of a message; throws OTLP_MALFORMED at the first byte that is not one. */
export function* wireFields(message: Uint8Array): Generator<WireField> {
  const cursor = new WireCursor(message)
  while (cursor.next()) {
    const { bytes, end, integer, number, start, wireType } = cursor
    yield { number, wireType, bytes, integer, start, end }
  }
}

export function wireText(field: WireField, what: string): string {
  return utf8Text(field.bytes, 'OTLP_MALFORMED', what)
}

/** Throws OTLP_MALFORMED unless the field has the wire type its number prescribes. */
export function expectWire(
  field: { readonly wireType: number },
  wireType: number,
  what: string,
): void {
  if (field.wireType !== wireType) throw malformed(`${what} has wire type ${field.wireType}`)
}

/**
 * Builds one protobuf message. Fields are written in the order of the calls. Messages within it are
 * written in their place, in the same buffer: their length is known, and set, at their end.
 */
export class WireWriter {
  #bytes: Uint8Array<ArrayBuffer> = none
  #view: DataView = new DataView(none.buffer)
  #length = 0

  /** `bytesExpected`: memory for so many is there from the start. */
  constructor(bytesExpected = 0) {
    if (bytesExpected === 0) return
    this.#bytes = new Uint8Array(bytesExpected)
    this.#view = new DataView(this.#bytes.buffer)
  }

  varint(number: number, value: bigint | number): void {
    this.#tag(number, wireVarint)
    if (value >= 0 && value <= smallMax) this.#small(Number(value))
    else this.#varint(BigInt(value))
  }

  fixed64(number: number, value: bigint): void {
    this.#tag(number, wireFixed64)
    this.bareFixed64(value)
  }

  fixed32(number: number, value: number): void {
    this.#tag(number, wireFixed32)
    const at = this.#reserve(4)
    this.#view.setUint32(at, value, true)
  }

  /** A value without a tag, in a packed field. */
  bareVarint(value: bigint): void {
    this.#varint(value)
  }

  /** The same. */
  bareFixed64(value: bigint): void {
    const at = this.#reserve(8)
    this.#view.setBigUint64(at, value, true)
  }

  /** Throws RangeError for a lone surrogate, which has no UTF-8 form. */
  text(number: number, value: string): void {
    if (value.length > asciiMax || !this.#ascii(number, value)) this.bytes(number, utf8(value))
  }

  bytes(number: number, value: Uint8Array): void {
    this.#tag(number, wireBytes)
    this.#small(value.length)
    this.raw(value)
  }

  /** Bytes that are fields already. */
  raw(value: Uint8Array): void {
    const at = this.#reserve(value.length)
    this.#bytes.set(value, at)
  }

  message(number: number, write: (inner: WireWriter) => void): void {
    const at = this.begin(number)
    write(this)
    this.end(at)
  }

  /** Begins a message; what is written from now on is in it, until `end` of what this gives. */
  begin(number: number): number {
    this.#tag(number, wireBytes)
    return this.#reserve(1)
  }

  /** Gives its length. */
  end(at: number): number {
    const length = this.#length - at - 1
    if (length > 0x7f) this.#widen(at, length)
    else this.#bytes[at] = length
    return length
  }

  /**
   * A `KeyValue` whose value is a short text of ASCII, as most are: all lengths are known before.
   * `key` is its first field. False, and nothing is written, for any other text.
   */
  pair(number: number, key: Uint8Array, value: string): boolean {
    const { length } = value
    if (length > asciiMax) return false
    const before = this.#length
    this.#tag(number, wireBytes)
    // In it the key, and the value in an `AnyValue`: a tag and a length for each.
    this.#small(key.length + length + 4)
    let at = this.#reserve(key.length + length + 4)
    const bytes = this.#bytes
    bytes.set(key, at)
    at += key.length
    bytes[at++] = valueTag
    bytes[at++] = length + 2
    bytes[at++] = textTag
    bytes[at++] = length
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) {
        this.#length = before
        return false
      }
      bytes[at + i] = code
    }
    return true
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  /** The same without a copy, for bytes as many as were expected; nothing may be written after. */
  handOver(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Writes a short text of ASCII alone, as most are; false, and nothing, for any other. */
  #ascii(number: number, value: string): boolean {
    const before = this.#length
    this.#tag(number, wireBytes)
    this.#small(value.length)
    const at = this.#reserve(value.length)
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code > 0x7f) {
        this.#length = before
        return false
      }
      this.#bytes[at + i] = code
    }
    return true
  }

  /** Moves a message away from the one byte that was kept for its length. */
  #widen(at: number, length: number): void {
    const end = this.#length
    const more = varintBytes(length) - 1
    this.#reserve(more)
    this.#bytes.copyWithin(at + 1 + more, at + 1, end)
    this.#length = at
    this.#small(length)
    this.#length = end + more
  }

  #tag(number: number, wireType: number): void {
    this.#small(number * 8 + wireType)
  }

  /** A varint of a whole number below 2^53. */
  #small(value: number): void {
    let rest = value
    for (; rest > 0x7f; rest = Math.floor(rest / 128)) this.#byte((rest % 128) | 0x80)
    this.#byte(rest)
  }

  #varint(value: bigint): void {
    let rest = BigInt.asUintN(64, value)
    while (rest > 0x7fn) {
      this.#byte(Number(rest & 0x7fn) | 0x80)
      rest >>= 7n
    }
    this.#byte(Number(rest))
  }

  #byte(value: number): void {
    // The place first: reserving may replace the buffer.
    const at = this.#reserve(1)
    this.#bytes[at] = value
  }

  #reserve(length: number): number {
    const at = this.#length
    this.#length += length
    if (this.#length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#length, this.#bytes.length * 2, firstBytes))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
      this.#view = new DataView(larger.buffer)
    }
    return at
  }
}

function varintBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

function malformed(what: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed protobuf: ${what}`)
}
