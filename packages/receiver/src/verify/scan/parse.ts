// Where things stand in the bytes of an OTLP span. Takes the spans that our own encoder writes,
// and those that a Collector has passed on; what is unusual it leaves to the reader of
// @grantlog/record, which says what is wrong with it, if anything is. See scanner.ts.
import { attributeBytesMax, nameBytesMax } from '@grantlog/record'
import { type Known, known } from './known.ts'

/** Attributes of a span that is scanned; a record has about 20. */
export const scannedAttributesMax = 128

/** Tags of a span's fields: number × 8 + wire type (opentelemetry-proto, trace.proto). */
const tag = {
  traceId: 0x0a,
  spanId: 0x12,
  traceState: 0x1a,
  parentSpanId: 0x22,
  name: 0x2a,
  kind: 0x30,
  start: 0x39,
  end: 0x41,
  attribute: 0x4a,
  droppedAttributes: 0x50,
  event: 0x5a,
  droppedEvents: 0x60,
  link: 0x6a,
  droppedLinks: 0x70,
  status: 0x7a,
} as const

/** One span's places. Numbers are offsets into the span's bytes; -1: it is not there. */
export class SpanPlaces {
  traceId = -1
  spanId = -1
  parentSpanId = -1
  name = -1
  nameEnd = -1
  kind = 0
  start = -1
  end = -1
  statusCode = 0
  message = 0
  messageEnd = 0
  /** Attributes, in the order of the span. */
  count = 0
  readonly known: Known[] = []
  /** The value: where its text is, or its number. */
  readonly from: Int32Array = new Int32Array(scannedAttributesMax)
  readonly to: Int32Array = new Int32Array(scannedAttributesMax)
  readonly number: Float64Array = new Float64Array(scannedAttributesMax)
  /** What sinks are not shown, from and to, in the order of the span: personal, or not covered. */
  readonly hidden: number[] = []
  #hasStatus = false
  #hasKind = false
  #at = 0

  /** False for a span that is not scanned. `registry`: the version its batch was signed under. */
  read(span: Buffer, registry: number): boolean {
    this.#clear()
    const end = span.length
    while (this.#at < end) {
      if (!this.#field(span, registry)) return false
    }
    return (
      this.traceId >= 0 && this.spanId >= 0 && this.name >= 0 && this.start >= 0 && this.end >= 0
    )
  }

  #clear(): void {
    this.traceId = this.spanId = this.parentSpanId = this.name = this.start = this.end = -1
    this.kind = this.statusCode = this.message = this.messageEnd = this.count = this.#at = 0
    this.#hasStatus = this.#hasKind = false
    this.hidden.length = 0
  }

  #field(span: Buffer, registry: number): boolean {
    const begin = this.#at++
    // Never beyond the end: `read` looks before.
    switch (span[begin]!) {
      case tag.attribute:
        return this.#attribute(span, begin, registry)
      case tag.traceId:
        return this.traceId < 0 && (this.traceId = this.#bytes(span, 16)) >= 0
      case tag.spanId:
        return this.spanId < 0 && (this.spanId = this.#bytes(span, 8)) >= 0
      case tag.parentSpanId:
        return this.parentSpanId < 0 && (this.parentSpanId = this.#bytes(span, 8)) >= 0
      case tag.name:
        return this.#name(span)
      case tag.kind:
        return this.#kind(span)
      case tag.start:
        return this.start < 0 && (this.start = this.#eight(span)) >= 0
      case tag.end:
        return this.end < 0 && (this.end = this.#eight(span)) >= 0
      case tag.status:
        return this.#status(span)
      case tag.traceState:
      case tag.event:
      case tag.link:
        return this.#skip(span) && this.#hide(begin, this.#at)
      case tag.droppedAttributes:
      case tag.droppedEvents:
      case tag.droppedLinks:
        return this.#varint(span) >= 0 && this.#hide(begin, this.#at)
      default:
        return this.#flags(span, begin)
    }
  }

  /** `flags`, field 16: its tag has two bytes. */
  #flags(span: Buffer, begin: number): boolean {
    if (span[begin] !== 0x85 || span[begin + 1] !== 0x01) return false
    this.#at = begin + 6
    return this.#at <= span.length && this.#hide(begin, this.#at)
  }

  #hide(from: number, to: number): true {
    const { hidden } = this
    if (hidden.at(-1) === from) hidden[hidden.length - 1] = to
    else hidden.push(from, to)
    return true
  }

  #attribute(span: Buffer, begin: number, registry: number): boolean {
    const length = this.#length(span)
    const end = this.#at + length
    if (length < 0 || this.count === scannedAttributesMax) return false
    if (span[this.#at++] !== 0x0a) return false
    const keyLength = this.#length(span)
    const key = this.#at
    if (keyLength < 0 || key + keyLength >= end) return false
    const known = this.#knownAt(span, key, key + keyLength)
    if (known === undefined || known.since > registry) return false
    this.#at = key + keyLength
    if (span[this.#at++] !== 0x12) return false
    const valueLength = this.#length(span)
    if (valueLength < 0 || this.#at + valueLength !== end) return false
    const place = this.count++
    this.known[place] = known
    if (known.isHidden) this.#hide(begin, end)
    return this.#value(span, known, place) && this.#at === end
  }

  #value(span: Buffer, { type }: Known, place: number): boolean {
    const kind = span[this.#at++]
    if (type === 'string') {
      const length = kind === 0x0a ? this.#length(span) : -1
      if (length < 1 || length > attributeBytesMax) return false
      this.from[place] = this.#at
      this.to[place] = this.#at += length
      return true
    }
    const number = kind === (type === 'int' ? 0x18 : 0x10) ? this.#varint(span) : -1
    this.number[place] = number
    return type === 'int' ? number >= 0 : number === 0 || number === 1
  }

  /** Spans of a service have their attributes in the same order nearly always. */
  #knownAt(span: Buffer, from: number, to: number): Known | undefined {
    const last = this.known[this.count]
    if (last !== undefined && isAt(span, from, to, last.bytes)) return last
    return known.get(span.toString('latin1', from, to))
  }

  #name(span: Buffer): boolean {
    const length = this.#length(span)
    if (this.name >= 0 || length < 1 || length > nameBytesMax) return false
    this.name = this.#at
    this.nameEnd = this.#at += length
    return true
  }

  #kind(span: Buffer): boolean {
    const kind = span[this.#at++]
    if (this.#hasKind || kind === undefined || kind > 5) return false
    this.#hasKind = true
    this.kind = kind
    return true
  }

  #status(span: Buffer): boolean {
    const length = this.#length(span)
    const end = this.#at + length
    if (this.#hasStatus || length < 0) return false
    this.#hasStatus = true
    if (span[this.#at] === 0x12 && this.#at < end) {
      this.#at++
      const text = this.#length(span)
      if (text < 0 || text > attributeBytesMax || this.#at + text > end) return false
      this.message = this.#at
      this.messageEnd = this.#at += text
    }
    if (span[this.#at] !== 0x18 || this.#at + 2 !== end) return false
    this.statusCode = span[this.#at + 1]!
    this.#at = end
    return this.statusCode === 1 || this.statusCode === 2
  }

  /** Where so many bytes begin that a length stands before; -1 for any other length. */
  #bytes(span: Buffer, length: number): number {
    if (this.#length(span) !== length) return -1
    const from = this.#at
    this.#at += length
    return from
  }

  #eight(span: Buffer): number {
    const from = this.#at
    this.#at += 8
    return this.#at <= span.length ? from : -1
  }

  #skip(span: Buffer): boolean {
    const length = this.#length(span)
    this.#at += length
    return length >= 0
  }

  /** The length of what follows, all of which is there; -1 else. */
  #length(span: Buffer): number {
    const length = this.#varint(span)
    return length >= 0 && this.#at + length <= span.length ? length : -1
  }

  /** A varint below 2^49 in its shortest form; -1 for any other. */
  #varint(span: Buffer): number {
    const first = span[this.#at++]
    if (first === undefined) return -1
    if (first < 0x80) return first
    let value = first & 0x7f
    for (let scale = 0x80; scale < 2 ** 49; scale *= 0x80) {
      const byte = span[this.#at++]
      if (byte === undefined) return -1
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return byte === 0 ? -1 : value
    }
    return -1
  }
}

export function isAt(span: Buffer, from: number, to: number, bytes: Uint8Array): boolean {
  if (to - from !== bytes.length) return false
  // From the end: names differ there.
  for (let i = bytes.length - 1; i >= 0; i--) if (span[from + i] !== bytes[i]) return false
  return true
}
