import { RecordError } from '../codes.ts'
import { attributeDefinitions, type SlotName } from '../names.ts'
import type { AttributeValue, JsonValue, Span } from '../span.ts'
import { isObject, readJcs } from './jcs.ts'
import { checkProfile, commitmentAttribute, saltAttribute } from './record.ts'
import { checkCommitment, isSlotName, openSlot } from './slot.ts'
import { untagValue } from './value.ts'

const members =
  'attributes,endTimeUnixNano,kind,name,parentSpanId,slots,spanId,startTimeUnixNano,status,traceId'
const decimal = /^[1-9][0-9]{0,19}$/

/** What a stored canonical form says: the span without its slots, and the slots' commitments. */
export interface RecordView extends Span {
  readonly slots: ReadonlyMap<SlotName, string>
}

/**
 * Reads a canonical form strictly: the reverse of `canonicalize`. Any bytes it accepts are the
 * canonical form of the view it returns. Throws RecordError.
 */
export function openRecord(canonical: Uint8Array): RecordView {
  const json = readJcs(canonical, 'RECORD_MALFORMED', 'record')
  if (!isObject(json) || Object.keys(json).join() !== members) throw malformed('members')
  const { status } = json
  if (!isObject(status) || Object.keys(status).join() !== 'code,message') throw malformed('status')
  const view: RecordView = {
    traceId: text(json.traceId),
    spanId: text(json.spanId),
    parentSpanId: text(json.parentSpanId),
    name: text(json.name),
    kind: number(json.kind),
    startTimeUnixNano: time(json.startTimeUnixNano),
    endTimeUnixNano: time(json.endTimeUnixNano),
    status: { code: number(status.code), message: text(status.message) },
    attributes: attributesIn(json.attributes),
    slots: slotsIn(json.slots),
  }
  checkProfile(view)
  return view
}

/**
 * The span of a record again, as sinks get it: disclosed slots with their fields and salt, the
 * others with their commitment only. Its digest is the record's. Openings that do not belong to
 * the record throw RECORD_SLOT_MALFORMED only when their slot is unknown to it or another one.
 */
export function spanFrom(
  view: RecordView,
  openings: readonly { readonly slot: SlotName; readonly opening: Uint8Array }[],
): Span {
  const attributes = new Map(view.attributes)
  const disclosed = new Set<SlotName>()
  for (const { slot, opening } of openings) {
    if (!view.slots.has(slot)) {
      throw new RecordError('RECORD_SLOT_MALFORMED', `the record has no slot ${slot}`)
    }
    const { slot: own, salt, fields } = openSlot(opening)
    if (own !== slot) throw new RecordError('RECORD_SLOT_MALFORMED', `fields of another slot`)
    attributes.set(saltAttribute(slot), salt)
    for (const [name, value] of fields) attributes.set(name, value)
    disclosed.add(slot)
  }
  for (const [slot, commitment] of view.slots) {
    if (!disclosed.has(slot)) attributes.set(commitmentAttribute(slot), commitment)
  }
  const { slots: _, ...span } = view
  return { ...span, attributes }
}

function attributesIn(json: JsonValue | undefined): Map<string, AttributeValue> {
  if (!isObject(json)) throw malformed('attributes')
  const attributes = new Map<string, AttributeValue>()
  for (const [name, tagged] of Object.entries(json)) {
    const definition = attributeDefinitions.get(name)
    if (!definition || definition.slot !== null) throw malformed('attributes')
    attributes.set(name, untagValue(tagged, definition))
  }
  return attributes
}

function slotsIn(json: JsonValue | undefined): Map<SlotName, string> {
  if (!isObject(json)) throw malformed('slots')
  const slots = new Map<SlotName, string>()
  for (const [name, commitment] of Object.entries(json)) {
    if (!isSlotName(name) || typeof commitment !== 'string') throw malformed('slots')
    checkCommitment(commitment)
    slots.set(name, commitment)
  }
  return slots
}

function text(value: JsonValue | undefined): string {
  if (typeof value !== 'string') throw malformed('a member is not a string')
  return value
}

function number(value: JsonValue | undefined): number {
  if (typeof value !== 'number') throw malformed('a member is not a number')
  return value
}

function time(value: JsonValue | undefined): bigint {
  if (typeof value !== 'string' || !decimal.test(value)) throw malformed('time')
  return BigInt(value)
}

function malformed(what: string): RecordError {
  return new RecordError('RECORD_MALFORMED', `malformed canonical form: ${what}`)
}
