// A producer's records in one pass: the canonical form, of which only the digest is kept, and the
// span as it travels. Members stand in a table, in the order of JCS, so that nothing is sorted and
// no object is made for each value. `canonicalize` and `encodeTraceRequest` are the readable
// references; see write.test.ts, which holds them against each other.
import { utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { attributeBytesMax, knownKeysMax } from '../limits.ts'
import { type AttributeDefinition, type SlotName, slotNames } from '../names.ts'
import type { Span } from '../span.ts'
import { WireWriter } from '../otlp/wire.ts'
import { AttributeTable, placed } from './attributes.ts'
import { type AttributeHead, BytesWriter, type Words, wordsOf } from './bytes-writer.ts'
import { quoted } from './jcs.ts'
import { checkProfile, commitmentAttribute, saltAttribute } from './record.ts'
import { checkValue } from './value.ts'

/** SHA-256; does not keep the bytes that it is given. */
export interface BytesHash {
  readonly bytes: (data: Uint8Array) => Uint8Array
  readonly base64url: (data: Uint8Array) => string
}

/** What a producer keeps of a record. */
export interface WrittenSpan {
  /** 32 bytes. */
  readonly digest: Uint8Array
  /** A `Span` of OTLP in protobuf; valid until the next record is written. */
  readonly bytes: Uint8Array
}

interface Member extends AttributeHead {
  readonly definition: AttributeDefinition
  readonly place: number
}

interface Slot {
  readonly name: SlotName
  readonly salt: string
  readonly saltKey: Words
  readonly commitment: string
  /** What stands in front of its commitment in JSON, where it is the first. */
  readonly json: Words
  readonly members: readonly Member[]
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1)
const openings = { string: 'stringValue":"', int: 'intValue":"', boolean: 'boolValue":' } as const

const members = placed.map((definition, place): Member => {
  const json = ascii(`,"${definition.name}":{"${openings[definition.type]}`)
  return { definition, place, json, key: keyOf(definition.name) }
})
const plain = members.filter(({ definition }) => definition.slot === null)
const slots = slotNames.toSorted(byName).map((name): Slot => {
  const own = members.filter(({ definition }) => definition.slot === name)
  const salt = saltAttribute(name)
  return {
    ...{ name, salt, saltKey: keyOf(salt), members: own },
    ...{ commitment: commitmentAttribute(name), json: ascii(`"${name}":"`) },
  }
})
/** Commitments of the record that is written, at their slots' places; empty: it has none. */
const commitments: string[] = slots.map(() => '')

/** The first field of a `KeyValue`; names are shorter than 128 characters. */
function keyOf(name: string): Words {
  return wordsOf(Uint8Array.of(0x0a, name.length, ...utf8(name)))
}

function ascii(text: string): Words {
  return wordsOf(utf8(text))
}

const writer = new BytesWriter()

/** UTF-16 units of a text that has no more bytes than an attribute may have, whatever it is. */
const shortMax = Math.floor(attributeBytesMax / 3)

/** 16 bytes in base64url: of the last character four bits are not used. */
const saltForm = /^[\w-]{21}[AQgw]$/

const slotOpen = ascii('grantlog-slot-v1\n{"fields":')
const spanOpen = ascii('grantlog-span-v1\n{"attributes":')

/** What stands in the canonical form in front of its other members' values. */
const heads = {
  end: ascii('},"endTimeUnixNano":"'),
  kind: ascii('","kind":'),
  name: ascii(',"name":'),
  parent: ascii(',"parentSpanId":"'),
  slots: ascii('","slots":{'),
  spanId: ascii('},"spanId":"'),
  start: ascii('","startTimeUnixNano":"'),
  status: ascii('","status":{"code":'),
  message: ascii(',"message":'),
  traceId: ascii('},"traceId":"'),
} as const

/** Tags of the fields of opentelemetry-proto's `Span`. */
const tags = {
  ...{ traceId: 0x0a, spanId: 0x12, parentSpanId: 0x22, name: 0x2a, kind: 0x30 },
  ...{ start: 0x39, end: 0x41, status: 0x7a },
} as const
/** A `Status` whose code is 1. */
const isOk = Uint8Array.of(0x18, 1)

/**
 * The digest of a span under the newest registry version, as `canonicalize` has it, and the span as
 * it travels with the attributes that the digest covers, for spans with all slots disclosed. Throws
 * the same RecordErrors; RECORD_SLOT_MALFORMED for a withheld slot.
 */
export function writeSpan(span: Span, hash: BytesHash): WrittenSpan {
  checkProfile(span)
  const table = AttributeTable.of(span.attributes)
  checkValues(table)
  writer.restart(true)
  writeHead(span)
  writeSlots(table, hash)
  writer.restart(false)
  writer.jsonWords(spanOpen)
  writeMembers(plain, table)
  writeRest(span)
  writeStatus(span)
  return { digest: hash.bytes(writer.json), bytes: writer.wire }
}

function checkValues(table: AttributeTable): void {
  for (let place = 0; place < placed.length; place++) {
    const value = table.at(place)
    if (value === undefined) continue
    // A short text is checked where it is written, if one of its characters is not plain.
    const isShort = typeof value === 'string' && value !== '' && value.length <= shortMax
    if (!isShort || placed[place]!.type !== 'string') checkValue(value, placed[place]!)
  }
}

/** What stands behind the attributes in the canonical form. */
function writeRest(span: Span): void {
  writer.jsonWords(heads.end)
  writer.jsonAscii(String(span.endTimeUnixNano))
  writer.jsonWords(heads.kind)
  writer.jsonAscii(String(span.kind))
  writer.jsonWords(heads.name)
  writer.jsonWords(nameOf(span.name).json)
  writer.jsonWords(heads.parent)
  writer.jsonAscii(span.parentSpanId)
  writer.jsonWords(heads.slots)
  writeCommitments()
  writer.jsonWords(heads.spanId)
  writer.jsonAscii(span.spanId)
  writer.jsonWords(heads.start)
  writer.jsonAscii(String(span.startTimeUnixNano))
  writer.jsonWords(heads.status)
  writer.jsonAscii(String(span.status.code))
  writer.jsonWords(heads.message)
  writer.jsonText(quoted(span.status.message))
  writer.jsonWords(heads.traceId)
  writer.jsonAscii(span.traceId)
  writer.jsonAscii('"}')
}

function writeCommitments(): void {
  let isFirst = true
  for (let i = 0; i < slots.length; i++) {
    if (commitments[i] === '') continue
    if (!isFirst) writer.jsonAscii(',')
    writer.jsonWords(slots[i]!.json)
    writer.jsonAscii(commitments[i]!)
    writer.jsonAscii('"')
    isFirst = false
  }
}

function writeHead(span: Span): void {
  writer.wireHex(tags.traceId, span.traceId)
  writer.wireHex(tags.spanId, span.spanId)
  if (span.parentSpanId !== '') writer.wireHex(tags.parentSpanId, span.parentSpanId)
  writer.wireBytes(tags.name, nameOf(span.name).wire)
  writer.wireSmall(tags.kind, span.kind)
  writer.wireFixed64(tags.start, span.startTimeUnixNano)
  writer.wireFixed64(tags.end, span.endTimeUnixNano)
}

function writeStatus({ status: { code, message } }: Span): void {
  if (message === '' && code === 1) return writer.wireBytes(tags.status, isOk)
  const status = new WireWriter()
  if (message !== '') status.text(2, message)
  status.varint(3, code)
  writer.wireBytes(tags.status, status.finish())
}

/** A span's name in both forms. */
interface Name {
  readonly wire: Uint8Array
  readonly json: Words
}

/** Names of spans are those of actions, which are few. */
const names = new Map<string, Name>()

function nameOf(name: string): Name {
  const known = names.get(name)
  if (known !== undefined) return known
  const made = { wire: utf8(name), json: wordsOf(utf8(quoted(name))) }
  if (names.size < knownKeysMax) names.set(name, made)
  return made
}

/** Finds the commitments; a slot without a salt has no part in the record. */
function writeSlots(table: AttributeTable, hash: BytesHash): void {
  for (let i = 0; i < slots.length; i++) {
    const slot = slots[i]!
    const salt = table.salt(slot.name) ?? saltTold(slot, table)
    commitments[i] = ''
    if (table.hasUnlisted && table.has(slot.commitment)) throw malformed(slot, 'is withheld')
    if (salt === undefined) {
      mustBeSound(slot.members, table)
      continue
    }
    writer.restart(false)
    writer.jsonWords(slotOpen)
    if (!writeMembers(slot.members, table)) throw malformed(slot, 'has a salt but no fields')
    writer.jsonAscii('},"salt":"')
    writer.jsonAscii(salt)
    writer.jsonAscii('"}')
    writer.wireText(slot.saltKey, salt)
    commitments[i] = hash.base64url(writer.json)
  }
}

/** A salt among the attributes, which may be anything. */
function saltTold(slot: Slot, table: AttributeTable): string | undefined {
  const salt = table.hasUnlisted ? table.get(slot.salt) : undefined
  if (salt === undefined) return undefined
  if (typeof salt !== 'string' || !saltForm.test(salt)) {
    throw malformed(slot, 'has a malformed salt')
  }
  return salt
}

/** The reference checks also what a record has no use for. */
function mustBeSound(all: readonly Member[], table: AttributeTable): void {
  for (let i = 0; i < all.length; i++) {
    const { definition, place } = all[i]!
    const value = table.at(place)
    if (value !== undefined) checkValue(value, definition)
  }
}

/** Whether there was any. */
function writeMembers(all: readonly Member[], table: AttributeTable): boolean {
  let isFirst = true
  for (let i = 0; i < all.length; i++) {
    const member = all[i]!
    const value = table.at(member.place)
    if (value === undefined) continue
    if (typeof value === 'string') {
      if (!writer.plainText(member, value, isFirst)) {
        checkValue(value, member.definition)
        writer.text(member, value, isFirst)
      }
    } else if (typeof value === 'bigint') writer.int(member, value, isFirst)
    else writer.bool(member, value, isFirst)
    isFirst = false
  }
  return !isFirst
}

function malformed({ name }: Slot, what: string): RecordError {
  return new RecordError('RECORD_SLOT_MALFORMED', `slot ${name} ${what}`)
}
