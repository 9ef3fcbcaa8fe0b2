// The two forms in which a producer needs its values, written at once: as JSON, which is hashed,
// and as OTLP, which travels. Most values are short texts that need no escape in either, so that
// one loop over their characters is all. Buffers are kept from record to record.
import { utf8 } from '../bytes.ts'
import { quoted } from './jcs.ts'

const firstBytes = 8192
const quote = 0x22
const backslash = 0x5c
const openBrace = 0x7b
const closeBrace = 0x7d
/** Tag of an attribute in a span: `attributes`, field 9 of opentelemetry-proto's `Span`. */
const attributeTag = 0x4a
/** Tags of an attribute's value, and of what kind it is. */
const valueTag = 0x12
const textTag = 0x0a
const boolTag = 0x10
const intTag = 0x18
/** Lengths up to which views of what was written are kept: of most records and openings. */
const viewsMax = 4096
/** Tags, lengths and punctuation around a value, and what the last word of bytes has too much. */
const aroundBytes = 64

/** Bytes that are written often, as words: four at once are copied as fast as one. */
export interface Words {
  /** Bytes. */
  readonly length: number
  /** Little-endian; zeros behind the end. */
  readonly words: Int32Array
}

export function wordsOf(bytes: Uint8Array): Words {
  const padded = new DataView(new ArrayBuffer(4 * Math.ceil(bytes.length / 4)))
  for (let i = 0; i < bytes.length; i++) padded.setUint8(i, bytes[i]!)
  const words = Int32Array.from({ length: padded.byteLength / 4 }, (_, i) =>
    padded.getInt32(4 * i, true),
  )
  return { length: bytes.length, words }
}

/** What stands in front of an attribute's value in either form. */
export interface AttributeHead {
  /** `,"name":{"stringValue":"`, or of another type; of the first the comma becomes a brace. */
  readonly json: Words
  /** Its key, a field of a `KeyValue`. */
  readonly key: Words
}

/** See the head of this file. What is written is valid until `restart`. */
export class BytesWriter {
  #json = new Uint8Array(firstBytes)
  #wire = new Uint8Array(firstBytes)
  /** The same memory. */
  #jsonView = new DataView(this.#json.buffer)
  #wireView = new DataView(this.#wire.buffer)
  #jsonEnd = 0
  #wireEnd = 0
  /** By length: of lengths there are few, and a view costs more than a short text. */
  #jsonViews = noViews()
  #wireViews = noViews()

  /** Forgets the JSON, and the OTLP with it if `isAll`. */
  restart(isAll: boolean): void {
    this.#jsonEnd = 0
    if (isAll) this.#wireEnd = 0
  }

  get json(): Uint8Array {
    return viewOf(this.#json, this.#jsonEnd, this.#jsonViews)
  }

  get wire(): Uint8Array {
    return viewOf(this.#wire, this.#wireEnd, this.#wireViews)
  }

  /**
   * A text attribute, in both forms, if it is ASCII and needs no escape, as most are. False, and
   * nothing is written, for any other.
   */
  plainText(head: AttributeHead, value: string, isFirst: boolean): boolean {
    const { length } = value
    this.#reserve(head.json.length + length + aroundBytes, head.key.length + length + aroundBytes)
    const json = this.#json
    const wire = this.#wire
    let to = this.#head(head.json, isFirst)
    let at = this.#pair(head.key, length + lengthBytes(length) + 1)
    wire[at++] = textTag
    at = putVarint(wire, at, length)
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code < 0x20 || code > 0x7e || code === quote || code === backslash) {
        return false
      }
      json[to++] = code
      wire[at++] = code
    }
    json[to++] = quote
    json[to++] = closeBrace
    this.#jsonEnd = to
    this.#wireEnd = at
    return true
  }

  /** Any other text attribute, well-formed. */
  text(head: AttributeHead, value: string, isFirst: boolean): void {
    // The head has its first quote.
    const inside = utf8(quoted(value)).subarray(1)
    const bytes = utf8(value)
    const { length } = bytes
    const json = head.json.length + inside.length + aroundBytes
    this.#reserve(json, head.key.length + length + aroundBytes)
    const to = this.#head(head.json, isFirst)
    this.#json.set(inside, to)
    this.#json[to + inside.length] = closeBrace
    this.#jsonEnd = to + inside.length + 1
    let at = this.#pair(head.key, length + lengthBytes(length) + 1)
    this.#wire[at++] = textTag
    at = putVarint(this.#wire, at, length)
    this.#wire.set(bytes, at)
    this.#wireEnd = at + length
  }

  int(head: AttributeHead, value: bigint, isFirst: boolean): void {
    this.#reserve(head.json.length + aroundBytes, head.key.length + aroundBytes)
    this.#jsonEnd = this.#head(head.json, isFirst)
    // Nearly all are safe integers, which are faster.
    const small = Number(value)
    const digits = small >= 0 && Number.isSafeInteger(small) ? null : BigInt.asUintN(64, value)
    this.jsonAscii(digits === null ? String(small) : String(value))
    this.#json[this.#jsonEnd++] = quote
    this.#json[this.#jsonEnd++] = closeBrace
    const size = digits === null ? lengthBytes(small) : bigBytes(digits)
    const at = this.#pair(head.key, size + 1)
    this.#wire[at] = intTag
    this.#wireEnd =
      digits === null ? putVarint(this.#wire, at + 1, small) : putBig(this.#wire, at + 1, digits)
  }

  bool(head: AttributeHead, value: boolean, isFirst: boolean): void {
    this.#reserve(head.json.length + aroundBytes, head.key.length + aroundBytes)
    this.#jsonEnd = this.#head(head.json, isFirst)
    this.jsonAscii(value ? 'true' : 'false')
    this.#json[this.#jsonEnd++] = closeBrace
    const at = this.#pair(head.key, 2)
    this.#wire[at] = boolTag
    this.#wire[at + 1] = value ? 1 : 0
    this.#wireEnd = at + 2
  }

  /** An attribute of ASCII that only travels. */
  wireText(key: Words, value: string): void {
    const { length } = value
    this.#reserve(0, key.length + length + aroundBytes)
    let at = this.#pair(key, length + lengthBytes(length) + 1)
    this.#wire[at++] = textTag
    at = putVarint(this.#wire, at, length)
    this.#wireEnd = putAscii(this.#wire, at, value)
  }

  /** JSON as it is, ASCII alone. */
  jsonAscii(text: string): void {
    this.#reserve(text.length, 0)
    this.#jsonEnd = putAscii(this.#json, this.#jsonEnd, text)
  }

  /** JSON as it is, well-formed. */
  jsonText(text: string): void {
    this.#reserve(text.length, 0)
    const json = this.#json
    const at = this.#jsonEnd
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return this.jsonBytes(utf8(text))
      json[at + i] = code
    }
    this.#jsonEnd = at + text.length
  }

  jsonWords(words: Words): void {
    this.#reserve(words.length + aroundBytes, 0)
    this.#jsonEnd = putWords(this.#jsonView, this.#jsonEnd, words)
  }

  jsonBytes(bytes: Uint8Array): void {
    this.#reserve(bytes.length, 0)
    this.#json.set(bytes, this.#jsonEnd)
    this.#jsonEnd += bytes.length
  }

  /** A field of bytes in hex, lower case. */
  wireHex(tag: number, text: string): void {
    this.#reserve(0, text.length + aroundBytes)
    const wire = this.#wire
    let at = this.#wireEnd
    wire[at++] = tag
    wire[at++] = text.length / 2
    for (let i = 0; i < text.length; i += 2) {
      wire[at++] = (hexDigit(text.charCodeAt(i)) << 4) | hexDigit(text.charCodeAt(i + 1))
    }
    this.#wireEnd = at
  }

  /** A field of bytes, of less than 2 MiB. */
  wireBytes(tag: number, bytes: Uint8Array): void {
    this.#reserve(0, bytes.length + aroundBytes)
    this.#wire[this.#wireEnd] = tag
    const at = putVarint(this.#wire, this.#wireEnd + 1, bytes.length)
    this.#wire.set(bytes, at)
    this.#wireEnd = at + bytes.length
  }

  /** A field of a small number, below 128. */
  wireSmall(tag: number, value: number): void {
    this.#reserve(0, aroundBytes)
    this.#wire[this.#wireEnd++] = tag
    this.#wire[this.#wireEnd++] = value
  }

  wireFixed64(tag: number, value: bigint): void {
    this.#reserve(0, aroundBytes)
    this.#wire[this.#wireEnd] = tag
    this.#wireView.setBigUint64(this.#wireEnd + 1, value, true)
    this.#wireEnd += 9
  }

  /** The head of an attribute in JSON; where its value goes. */
  #head(head: Words, isFirst: boolean): number {
    const at = this.#jsonEnd
    const end = putWords(this.#jsonView, at, head)
    if (isFirst) this.#json[at] = openBrace
    return end
  }

  /** The head of an attribute whose value has so many bytes; where the value goes. */
  #pair(key: Words, valueBytes: number): number {
    const wire = this.#wire
    let at = this.#wireEnd
    wire[at++] = attributeTag
    at = putVarint(wire, at, key.length + 1 + lengthBytes(valueBytes) + valueBytes)
    at = putWords(this.#wireView, at, key)
    wire[at++] = valueTag
    return putVarint(wire, at, valueBytes)
  }

  #reserve(json: number, wire: number): void {
    if (this.#jsonEnd + json > this.#json.length) {
      this.#json = grown(this.#json, json)
      this.#jsonView = new DataView(this.#json.buffer)
      this.#jsonViews = noViews()
    }
    if (this.#wireEnd + wire > this.#wire.length) {
      this.#wire = grown(this.#wire, wire)
      this.#wireView = new DataView(this.#wire.buffer)
      this.#wireViews = noViews()
    }
  }
}

type Views = (Uint8Array | undefined)[]

function noViews(): Views {
  return Array.from({ length: viewsMax + 1 })
}

function viewOf(bytes: Uint8Array, length: number, views: Views): Uint8Array {
  if (length > viewsMax) return bytes.subarray(0, length)
  return (views[length] ??= bytes.subarray(0, length))
}

function grown(bytes: Uint8Array, more: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(2 * bytes.length + more)
  larger.set(bytes)
  return larger
}

/** So few bytes are copied sooner word by word than by a call. */
function putWords(to: DataView, at: number, { length, words }: Words): number {
  for (let i = 0; i < words.length; i++) to.setInt32(at + 4 * i, words[i]!, true)
  return at + length
}

function putAscii(to: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) to[at + i] = text.charCodeAt(i)
  return at + text.length
}

/** A whole number from 0 to 2^53. */
function putVarint(to: Uint8Array, at: number, value: number): number {
  let end = at
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) to[end++] = (rest % 128) | 0x80
  to[end++] = rest
  return end
}

function putBig(to: Uint8Array, at: number, value: bigint): number {
  let end = at
  let rest = value
  for (; rest > 0x7fn; rest >>= 7n) to[end++] = Number(rest & 0x7fn) | 0x80
  to[end++] = Number(rest)
  return end
}

function lengthBytes(value: number): number {
  let bytes = 1
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes++
  return bytes
}

function bigBytes(value: bigint): number {
  let bytes = 1
  for (let rest = value; rest > 0x7fn; rest >>= 7n) bytes++
  return bytes
}

function hexDigit(code: number): number {
  // '0' is 0x30, 'a' is 0x61.
  return code < 0x61 ? code - 0x30 : code - 0x61 + 10
}
