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
/** Larger numbers are written as bigints. */
const smallMax = Number.MAX_SAFE_INTEGER

/** Iterates the fields of a message; throws OTLP_MALFORMED at the first byte that is not one. */
export function* wireFields(message: Uint8Array): Generator<WireField> {
  const view = new DataView(message.buffer, message.byteOffset, message.byteLength)
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = message[at++]
      if (byte === undefined) throw malformed('truncated varint')
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    throw malformed('varint longer than 10 bytes')
  }
  /** Almost every tag and length has one byte or two: those need no bigint. */
  const small = (): number => {
    const first = message[at]
    if (first !== undefined && first < 0x80) {
      at++
      return first
    }
    const second = message[at + 1]
    if (first !== undefined && second !== undefined && second < 0x80) {
      at += 2
      return (first & 0x7f) + second * 128
    }
    return Number(varint())
  }
  const skip = (length: number): number => {
    const from = at
    if (length > message.length - at) throw malformed('truncated field')
    at += length
    return from
  }
  while (at < message.length) {
    const start = at
    const tag = small()
    const number = Math.floor(tag / 8)
    const wireType = tag % 8
    if (number < 1 || number > 0x1fffffff) throw malformed('field number')
    let bytes: Uint8Array = none
    let integer = 0n
    if (wireType === wireVarint) integer = varint()
    else if (wireType === wireFixed64) integer = view.getBigUint64(skip(8), true)
    else if (wireType === wireFixed32) integer = BigInt(view.getUint32(skip(4), true))
    else if (wireType === wireBytes) {
      const length = small()
      const from = skip(length)
      bytes = message.subarray(from, at)
    } else throw malformed(`wire type ${wireType}`)
    yield { number, wireType, bytes, integer, start, end: at }
  }
}

export function wireText(field: WireField, what: string): string {
  return utf8Text(field.bytes, 'OTLP_MALFORMED', what)
}

/** Throws OTLP_MALFORMED unless the field has the wire type its number prescribes. */
export function expectWire(field: WireField, wireType: number, what: string): void {
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

  varint(number: number, value: bigint | number): void {
    this.#tag(number, wireVarint)
    if (value >= 0 && value <= smallMax) this.#small(Number(value))
    else this.#varint(BigInt(value))
  }

  fixed64(number: number, value: bigint): void {
    this.#tag(number, wireFixed64)
    const at = this.#reserve(8)
    this.#view.setBigUint64(at, value, true)
  }

  fixed32(number: number, value: number): void {
    this.#tag(number, wireFixed32)
    const at = this.#reserve(4)
    this.#view.setUint32(at, value, true)
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
    this.#tag(number, wireBytes)
    const at = this.#reserve(1)
    write(this)
    const length = this.#length - at - 1
    if (length > 0x7f) this.#widen(at, length)
    else this.#bytes[at] = length
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
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
