// What a record says of itself, as far as its checks ask: by one pass over the bytes where that
// takes them (nearly always), else by the readable reference. See record/src/canonical/scan.ts.
import { hash } from 'node:crypto'
import {
  ATTR,
  openRecord,
  openSlot,
  placeOfAttribute,
  placeOfSlot,
  placesLength,
  scanRecord,
  scanSlot,
  type SlotName,
  slotNames,
  utf8,
} from '@grantlog/record'
import type { ScopedRecord } from '../format/enrolment.ts'

export interface RecordFacts extends ScopedRecord {
  readonly id: string
  readonly seq: number
  /** Commitments (b64u) of the slots that openings are there for. */
  readonly commitments: readonly (string | undefined)[]
  /** All slots that it commits to. */
  readonly committed: readonly SlotName[]
}

type ScopedPlace = keyof ScopedRecord

/** Where the scan says what stands; each call writes it anew, and nothing keeps it. */
const places: Int32Array = new Int32Array(placesLength)
const placeOf: Readonly<Record<ScopedPlace | 'id' | 'seq', number>> = {
  id: placeOfAttribute(ATTR.AUDIT_RECORD_ID),
  seq: placeOfAttribute(ATTR.AUDIT_SEQUENCE_NUMBER),
  action: placeOfAttribute(ATTR.AUDIT_ACTION),
  service: placeOfAttribute(ATTR.AUDIT_PRODUCER_SERVICE),
  role: placeOfAttribute(ATTR.OAUTH_ROLE),
  issuer: placeOfAttribute(ATTR.OAUTH_ISSUER),
  observedBy: placeOfAttribute(ATTR.AUDIT_OBSERVED_BY),
}

const placeOfSlots: ReadonlyMap<string, number> = new Map(
  slotNames.map((slot) => [slot, placeOfSlot(slot)]),
)

/** `slots` are the names that openings come with. RecordError for what is no canonical form. */
export function factsOf(canonical: Uint8Array, slots: readonly SlotName[]): RecordFacts {
  if (!scanRecord(canonical, places)) return factsByReference(canonical, slots)
  const bytes = Buffer.from(canonical.buffer, canonical.byteOffset, canonical.length)
  const text = (place: number | undefined): string | undefined =>
    place === undefined || places[place] === -1
      ? undefined
      : bytes.toString('latin1', places[place], places[place + 1])
  return {
    id: text(placeOf.id)!,
    seq: Number(text(placeOf.seq)),
    action: text(placeOf.action)!,
    service: text(placeOf.service),
    role: text(placeOf.role),
    issuer: text(placeOf.issuer),
    observedBy: text(placeOf.observedBy),
    commitments: slots.map((slot) => text(placeOfSlots.get(slot))),
    committed: slotNames.filter((slot) => text(placeOfSlots.get(slot)) !== undefined),
  }
}

function factsByReference(canonical: Uint8Array, slots: readonly SlotName[]): RecordFacts {
  const { attributes, slots: committed } = openRecord(canonical)
  const text = (name: string): string | undefined => {
    const value = attributes.get(name)
    return value === undefined ? undefined : String(value)
  }
  return {
    id: text(ATTR.AUDIT_RECORD_ID)!,
    seq: Number(attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER)),
    action: text(ATTR.AUDIT_ACTION)!,
    service: text(ATTR.AUDIT_PRODUCER_SERVICE),
    role: text(ATTR.OAUTH_ROLE),
    issuer: text(ATTR.OAUTH_ISSUER),
    observedBy: text(ATTR.AUDIT_OBSERVED_BY),
    commitments: slots.map((slot) => committed.get(slot)),
    committed: [...committed.keys()],
  }
}

/** The slot that an opening's fields belong to; throws RecordError. */
export function slotOf(opening: Uint8Array): SlotName {
  return scanSlot(opening) ?? openSlot(opening).slot
}

/** b64u of the digest of a canonical form, and of an opening's commitment. */
export const digestText: Hasher = hasher('grantlog-span-v1\n')
export const commitmentText: Hasher = hasher('grantlog-slot-v1\n')

type Hasher = (bytes: Uint8Array) => string

/** The domain stands in the buffer already: one copy, and Node hashes and encodes by itself. */
function hasher(domain: string): Hasher {
  const prefix = utf8(domain)
  let buffer = new Uint8Array(4096)
  buffer.set(prefix)
  return (bytes) => {
    const length = prefix.length + bytes.length
    if (length > buffer.length) {
      buffer = new Uint8Array(length * 2)
      buffer.set(prefix)
    }
    buffer.set(bytes, prefix.length)
    return hash('sha256', buffer.subarray(0, length), 'base64url')
  }
}
