// Canonical forms written in one pass as text, and hashed as text: what a producer needs that makes
// thousands of records a second and keeps only their digests. Members stand in a table, in the
// order of JCS, so that nothing is sorted and no object is made for each value. `canonicalize` is
// the readable reference; see write.test.ts, which holds the two against each other.
import { fromBase64url } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import {
  type AttributeDefinition,
  attributeDefinitions,
  type SlotName,
  slotNames,
} from '../names.ts'
import type { AttributeValue, Span } from '../span.ts'
import { checkProfile, commitmentAttribute, saltAttribute } from './record.ts'
import { quoted } from './jcs.ts'
import { checkValue } from './value.ts'

/** SHA-256 of a text's UTF-8. The text is well-formed. */
export interface TextHash {
  readonly bytes: (text: string) => Uint8Array
  readonly base64url: (text: string) => string
}

/** What a producer keeps of a record. */
export interface RecordDigest {
  /** 32 bytes. */
  readonly digest: Uint8Array
  /** UTF-16 units of the canonical form and of the openings. */
  readonly length: number
}

interface Member {
  readonly definition: AttributeDefinition
  readonly place: number
  /** What stands before a value of its type, and behind it. */
  readonly open: string
  readonly close: string
}

interface Slot {
  readonly name: SlotName
  readonly salt: string
  readonly commitment: string
  readonly members: readonly Member[]
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1)
const tags = { string: 'stringValue', int: 'intValue', boolean: 'boolValue' } as const

const members = [...attributeDefinitions.values()]
  .toSorted((a, b) => byName(a.name, b.name))
  .map((definition, place): Member => {
    const { name, type } = definition
    const quote = type === 'int' ? '"' : ''
    const open = `"${name}":{"${tags[type]}":${quote}`
    return { definition, place, open, close: `${quote}}` }
  })
const memberOf = new Map(members.map((member) => [member.definition.name, member]))
const plain = members.filter(({ definition }) => definition.slot === null)
const slots = slotNames.toSorted(byName).map((name): Slot => {
  const own = members.filter(({ definition }) => definition.slot === name)
  return { name, salt: saltAttribute(name), commitment: commitmentAttribute(name), members: own }
})

/** Values of the record that is written, at their members' places; empty in between. */
const values: (AttributeValue | undefined)[] = members.map(() => undefined)

/**
 * The digest of a span under the newest registry version, as `canonicalize` has it, for spans with
 * all slots disclosed. Throws the same RecordErrors; RECORD_SLOT_MALFORMED for a withheld slot.
 */
export function digestSpan(span: Span, hash: TextHash): RecordDigest {
  checkProfile(span)
  try {
    // Not a loop: that would make an array of each name and value.
    span.attributes.forEach(place)
    return written(span, hash)
  } finally {
    values.fill(undefined)
  }
}

function place(value: AttributeValue, name: string): void {
  const member = memberOf.get(name)
  if (member === undefined) return
  checkValue(value, member.definition)
  values[member.place] = value
}

function written(span: Span, hash: TextHash): RecordDigest {
  const { attributes, endTimeUnixNano, kind, name, startTimeUnixNano, status } = span
  let commitments = ''
  let openings = 0
  for (const slot of slots) {
    const opening = openingOf(slot, attributes)
    if (opening === null) continue
    openings += opening.length
    const commitment = hash.base64url(`grantlog-slot-v1\n${opening}`)
    commitments += `${commitments === '' ? '' : ','}"${slot.name}":"${commitment}"`
  }
  const text =
    `{"attributes":{${membersText(plain)}},"endTimeUnixNano":"${endTimeUnixNano}",` +
    `"kind":${kind},"name":${quoted(name)},"parentSpanId":"${span.parentSpanId}",` +
    `"slots":{${commitments}},"spanId":"${span.spanId}",` +
    `"startTimeUnixNano":"${startTimeUnixNano}",` +
    `"status":{"code":${status.code},"message":${quoted(status.message)}},` +
    `"traceId":"${span.traceId}"}`
  const digest = hash.bytes(`grantlog-span-v1\n${text}`)
  return { digest, length: text.length + openings }
}

/** Null without a salt: then the slot has no part in the record. */
function openingOf(slot: Slot, attributes: Span['attributes']): string | null {
  const salt = attributes.get(slot.salt)
  if (attributes.has(slot.commitment)) throw malformed(slot, 'is withheld')
  if (salt === undefined) return null
  const fields = membersText(slot.members)
  if (typeof salt !== 'string' || fields === '') throw malformed(slot, 'has a salt but no fields')
  if (fromBase64url(salt)?.length !== 16) throw malformed(slot, 'has a malformed salt')
  return `{"fields":{${fields}},"salt":"${salt}"}`
}

function membersText(all: readonly Member[]): string {
  let text = ''
  for (const { close, open, place } of all) {
    const value = values[place]
    if (value === undefined) continue
    if (text !== '') text += ','
    text += open + (typeof value === 'string' ? quoted(value) : String(value)) + close
  }
  return text
}

function malformed({ name }: Slot, what: string): RecordError {
  return new RecordError('RECORD_SLOT_MALFORMED', `slot ${name} ${what}`)
}
