// From the bytes of a span to those of its record in one pass: the canonical form, its digest, and
// the openings of its slots. What it gives is what the reader of @grantlog/record gives, or
// nothing: then that reader has to judge. test/flow/scanner.test.ts compares the two.
import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import { commitmentAttribute, type SlotName, slotNames } from '@grantlog/record'
import { shownSlot } from '../../flow.ts'
import { claimNames, latin1, requiredClaims } from './known.ts'
import { isAt, scannedAttributesMax, SpanPlaces } from './parse.ts'
import { Slab } from './slab.ts'

/** A record as it stands in a span; nothing of it is verified yet. */
export interface ScannedRecord {
  readonly canonical: Buffer
  /** 32 bytes, as a string of Latin 1. */
  readonly digest: string
  readonly openings: readonly { readonly slot: SlotName; readonly opening: Buffer }[]
  /** `audit.record.id` and `audit.sequence.number`. */
  readonly id: string
  readonly seq: number
  /** The span as most sinks are shown it. */
  readonly shown: Buffer
  /** Texts of the attributes in `claimNames`; undefined for one that it does not have. */
  readonly claims: readonly (string | undefined)[]
}

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const saltLength = 22
const commitmentLength = 43
const base64urlCharacters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const isBase64url = Uint8Array.from({ length: 256 }, (_, byte) =>
  Number(base64urlCharacters.includes(String.fromCharCode(byte))),
)
/** Of 22 characters for 16 bytes the last has four bits that must be zero. */
const lastOfSalt = new Set(latin1('AQgw'))

const text = {
  recordDomain: latin1('grantlog-span-v1\n'),
  slotDomain: latin1('grantlog-slot-v1\n'),
  attributes: latin1('{"attributes":{'),
  end: latin1('},"endTimeUnixNano":"'),
  kind: latin1('","kind":'),
  name: latin1(',"name":"'),
  parentSpanId: latin1('","parentSpanId":"'),
  slots: latin1('","slots":{'),
  spanId: latin1('},"spanId":"'),
  start: latin1('","startTimeUnixNano":"'),
  status: latin1('","status":{"code":'),
  message: latin1(',"message":"'),
  traceId: latin1('"},"traceId":"'),
  close: latin1('"}'),
  fields: latin1('{"fields":{'),
  salt: latin1('},"salt":"'),
}
const comma = 0x2c
const quote = 0x22

/** Slots as JCS orders them, and how each begins in the canonical form. */
const sortedSlots = slotNames
  .map((slot, at) => ({ slot, at, head: latin1(`"${slot}":"`) }))
  .sort((a, b) => (a.slot < b.slot ? -1 : 1))

/** Slots that are shown as commitments, and how an OTLP attribute with one begins. */
const hiddenSlots = sortedSlots
  .filter(({ slot }) => slot !== shownSlot)
  .map(({ at, slot }) => ({ at, commitment: commitmentHead(commitmentAttribute(slot)) }))

/** A KeyValue of field 9 up to the 43 characters of its text. */
function commitmentHead(name: string): Uint8Array {
  const value = [0x12, commitmentLength + 2, 0x0a, commitmentLength]
  const length = 2 + name.length + value.length + commitmentLength
  return Uint8Array.of(0x4a, length, 0x0a, name.length, ...latin1(name), ...value)
}

/** Scans one span after the other; what it gave stays as it is. */
export class Scanner {
  readonly #places = new SpanPlaces()
  readonly #slab = new Slab()
  readonly #order = new Int16Array(scannedAttributesMax)
  /** Place of each claim; -1 for none. */
  readonly #claims = new Int16Array(claimNames.length)
  /** Place of each slot's salt; -1 for none. */
  readonly #salts = new Int16Array(slotNames.length)
  readonly #fields: readonly number[][] = slotNames.map(() => [])
  readonly #commitments: string[] = []
  /** The last text of each claim: most spans of a service say the same. */
  readonly #texts = claimNames.map(() => ({ bytes: Buffer.alloc(0), text: '' }))
  #span: Buffer = Buffer.alloc(0)

  /** Null for a span that is not scanned. `registry`: the version its batch was signed under. */
  scan(span: Buffer, registry: number): ScannedRecord | null {
    const places = this.#places
    const slab = this.#slab
    this.#span = span
    if (!places.read(span, registry) || !this.#sort() || !isSound(span, places)) return null
    const id = span.toString('latin1', places.from[this.#claims[0]!], places.to[this.#claims[0]!])
    if (!uuidV7.test(id)) return null
    // Each byte of a text may need another before it, and is there once more as it is shown; 3 KiB
    // for all that is not of an attribute.
    slab.reserve(3 * span.length + 32 * places.count + 3072)
    const openings = this.#openings()
    if (openings === null) return null
    const begin = slab.at
    slab.raw(text.recordDomain)
    if (!this.#canonical()) return null
    const digest = hash('sha256', slab.since(begin), 'binary')
    const canonical = slab.since(begin + text.recordDomain.length)
    const seq = places.number[this.#claims[1]!]!
    return { canonical, digest, openings, id, seq, shown: this.#shown(), claims: this.#claimed() }
  }

  /** By name, as JCS wants it; false when one is there twice, or one that must be is not. */
  #sort(): boolean {
    const { count, known } = this.#places
    const order = this.#order
    this.#claims.fill(-1)
    this.#salts.fill(-1)
    for (const fields of this.#fields) fields.length = 0
    for (let i = 0; i < count; i++) {
      const { rank } = known[i]!
      let at = i
      for (; at > 0 && known[order[at - 1]!]!.rank >= rank; at--) {
        if (known[order[at - 1]!]!.rank === rank) return false
        order[at] = order[at - 1]!
      }
      order[at] = i
    }
    for (let i = 0; i < count; i++) {
      const place = order[i]!
      const { claim, isSalt, slot } = known[place]!
      if (claim >= 0) this.#claims[claim] = place
      if (isSalt) this.#salts[slot] = place
      else if (slot >= 0) this.#fields[slot]!.push(place)
    }
    for (let claim = 0; claim < requiredClaims; claim++) if (this.#claims[claim]! < 0) return false
    return true
  }

  /** Writes the openings and hashes them; null when a slot is not whole, or withheld. */
  #openings(): ScannedRecord['openings'] | null {
    const slab = this.#slab
    const openings: { slot: SlotName; opening: Buffer }[] = []
    for (let slot = 0; slot < slotNames.length; slot++) {
      const fields = this.#fields[slot]!
      const salt = this.#salts[slot]!
      if (fields.length > 0 !== salt >= 0) return null
      if (salt < 0) continue
      const begin = slab.at
      slab.raw(text.slotDomain)
      slab.raw(text.fields)
      for (let i = 0; i < fields.length; i++) {
        if (i > 0) slab.byte(comma)
        if (!this.#attribute(fields[i]!)) return null
      }
      slab.raw(text.salt)
      if (!this.#salt(salt)) return null
      slab.raw(text.close)
      this.#commitments[slot] = hash('sha256', slab.since(begin), 'base64url')
      const opening = slab.since(begin + text.slotDomain.length)
      openings.push({ slot: slotNames[slot]!, opening })
    }
    return openings
  }

  #canonical(): boolean {
    const slab = this.#slab
    const span = this.#span
    const places = this.#places
    slab.raw(text.attributes)
    if (!this.#plain()) return false
    slab.raw(text.end)
    if (!slab.nanoseconds(span, places.end)) return false
    slab.raw(text.kind)
    slab.byte(0x30 + places.kind)
    slab.raw(text.name)
    if (!this.#json(places.name, places.nameEnd)) return false
    slab.raw(text.parentSpanId)
    if (places.parentSpanId >= 0) slab.hex(span, places.parentSpanId, 8)
    slab.raw(text.slots)
    let slots = 0
    for (const { at, head } of sortedSlots) {
      if (this.#salts[at]! < 0) continue
      if (slots++ > 0) slab.byte(comma)
      slab.raw(head)
      slab.ascii(this.#commitments[at]!)
      slab.byte(quote)
    }
    slab.raw(text.spanId)
    slab.hex(span, places.spanId, 8)
    slab.raw(text.start)
    if (!slab.nanoseconds(span, places.start)) return false
    slab.raw(text.status)
    slab.byte(0x30 + places.statusCode)
    slab.raw(text.message)
    if (!this.#json(places.message, places.messageEnd)) return false
    slab.raw(text.traceId)
    slab.hex(span, places.traceId, 16)
    slab.raw(text.close)
    return true
  }

  /** What is covered, as it came, and commitments in place of what is personal. */
  #shown(): Buffer {
    const slab = this.#slab
    const { hidden } = this.#places
    const begin = slab.at
    let from = 0
    for (let i = 0; i < hidden.length; i += 2) {
      slab.copy(this.#span, from, hidden[i]!)
      from = hidden[i + 1]!
    }
    slab.copy(this.#span, from, this.#span.length)
    for (const { at, commitment } of hiddenSlots) {
      if (this.#salts[at]! < 0) continue
      slab.raw(commitment)
      slab.ascii(this.#commitments[at]!)
    }
    return slab.since(begin)
  }

  #plain(): boolean {
    const { count, known } = this.#places
    let written = 0
    for (let i = 0; i < count; i++) {
      const place = this.#order[i]!
      if (known[place]!.slot >= 0) continue
      if (written++ > 0) this.#slab.byte(comma)
      if (!this.#attribute(place)) return false
    }
    return true
  }

  #attribute(place: number): boolean {
    const { from, known, number, to } = this.#places
    const { head, tail, type } = known[place]!
    this.#slab.raw(head)
    if (type === 'string') {
      if (!this.#json(from[place]!, to[place]!)) return false
    } else if (type === 'int') this.#slab.integer(number[place]!)
    else this.#slab.ascii(number[place] === 1 ? 'true' : 'false')
    this.#slab.raw(tail)
    return true
  }

  #json(from: number, to: number): boolean {
    const other = this.#slab.json(this.#span, from, to)
    return other === 0 || (other > 0 && isUtf8(this.#span.subarray(from, to)))
  }

  /** base64url of 16 bytes. */
  #salt(place: number): boolean {
    const { from, to } = this.#places
    const [begin, end] = [from[place]!, to[place]!]
    if (end - begin !== saltLength || !lastOfSalt.has(this.#span[end - 1]!)) return false
    for (let i = begin; i < end; i++) if (!isBase64url[this.#span[i]!]) return false
    return this.#json(begin, end)
  }

  #claimed(): readonly (string | undefined)[] {
    const { from, known, to } = this.#places
    return this.#texts.map((last, claim) => {
      const place = this.#claims[claim]!
      if (place < 0 || known[place]!.type !== 'string') return undefined
      const [begin, end] = [from[place]!, to[place]!]
      if (!isAt(this.#span, begin, end, last.bytes)) {
        last.bytes = Buffer.from(this.#span.subarray(begin, end))
        last.text = this.#span.toString('utf8', begin, end)
      }
      return last.text
    })
  }
}

/** The rules about ids and times that their form does not say (FORMAT.md 1.2). */
function isSound(span: Buffer, { end, spanId, start, traceId }: SpanPlaces): boolean {
  const high = span.readUInt32LE(end + 4) - span.readUInt32LE(start + 4)
  const isAfter = high === 0 ? span.readUInt32LE(end) > span.readUInt32LE(start) : high > 0
  return isAfter && isNotZero(span, traceId, 16) && isNotZero(span, spanId, 8)
}

function isNotZero(span: Buffer, from: number, length: number): boolean {
  for (let i = from; i < from + length; i++) if (span[i] !== 0) return true
  return false
}
