import { concat, utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { nameBytesMax, attributeBytesMax } from '../limits.ts'
import {
  ATTR,
  type AttributeDefinition,
  attributeDefinitions,
  REGISTRY_VERSION,
  type SlotName,
  slotNames,
} from '../names.ts'
import type { AttributeValue, JsonValue, Sha256, Span } from '../span.ts'
import { jcsBytes } from './jcs.ts'
import { checkCommitment, commitmentOf, sealSlot } from './slot.ts'
import { checkValue, tagValue } from './value.ts'

const domain = utf8('grantlog-span-v1\n')
const traceIdForm = /^[0-9a-f]{32}$/
const spanIdForm = /^[0-9a-f]{16}$/
const noTraceId = '0'.repeat(32)
const noSpanId = '0'.repeat(16)
const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/
const required = [ATTR.AUDIT_ACTION, ATTR.AUDIT_OUTCOME, ATTR.AUDIT_PRODUCER_SERVICE]
const timeMax = 2n ** 64n - 1n
const countMax = BigInt(Number.MAX_SAFE_INTEGER)

/** A slot of a record: its commitment, and the bytes that open it, null where it is withheld. */
export interface SlotPart {
  readonly slot: SlotName
  readonly commitment: string
  readonly opening: Uint8Array | null
}

/** A record in the bytes that are hashed, signed, stored and proved. */
export interface CanonicalRecord {
  readonly canonical: Uint8Array
  readonly digest: Uint8Array
  readonly slots: readonly SlotPart[]
}

/**
 * The canonical form and digest of a span under one registry version (FORMAT.md 1.4). Attributes
 * that this version does not list are left out, whatever they are.
 *
 * Throws RecordError: REGISTRY_UNKNOWN, RECORD_MALFORMED, RECORD_ATTRIBUTE_MALFORMED or
 * RECORD_SLOT_MALFORMED.
 */
export function canonicalize(
  span: Span,
  options: { readonly registry: number; readonly sha256: Sha256 },
): CanonicalRecord {
  const { registry, sha256 } = options
  if (!Number.isInteger(registry) || registry < 1 || registry > REGISTRY_VERSION) {
    throw new RecordError('REGISTRY_UNKNOWN', `registry version ${registry} is not known here`)
  }
  checkProfile(span)
  const { plain, personal } = coveredAttributes(span, registry)
  const slots = slotNames.flatMap((slot) => slotPart(span, slot, personal.get(slot), sha256))
  const canonical = jcsBytes({
    attributes: plain,
    endTimeUnixNano: span.endTimeUnixNano.toString(),
    kind: span.kind,
    name: span.name,
    parentSpanId: span.parentSpanId,
    slots: Object.fromEntries(slots.map(({ slot, commitment }) => [slot, commitment])),
    spanId: span.spanId,
    startTimeUnixNano: span.startTimeUnixNano.toString(),
    status: { code: span.status.code, message: span.status.message },
    traceId: span.traceId,
  })
  return { canonical, digest: digestOf(canonical, sha256), slots }
}

/** `SHA-256('grantlog-span-v1\n' ‖ canonical form)`, 32 bytes. */
export function digestOf(canonical: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concat(domain, canonical))
}

/**
 * The attribute that holds a disclosed slot's salt, and the one that stands for a withheld slot.
 */
export function saltAttribute(slot: SlotName): string {
  return `audit.slot.${slot}.salt`
}

export function commitmentAttribute(slot: SlotName): string {
  return `audit.slot.${slot}.commitment`
}

function coveredAttributes(
  span: Span,
  registry: number,
): {
  plain: { [name: string]: JsonValue }
  personal: Map<SlotName, Map<string, AttributeValue>>
} {
  const plain: { [name: string]: JsonValue } = {}
  const personal = new Map<SlotName, Map<string, AttributeValue>>()
  for (const [name, value] of span.attributes) {
    const definition = attributeDefinitions.get(name)
    if (!definition || definition.since > registry) continue
    if (definition.slot === null) {
      checkValue(value, definition)
      plain[name] = tagValue(value)
    } else {
      addPersonal(personal, definition, value)
    }
  }
  return { plain, personal }
}

function addPersonal(
  personal: Map<SlotName, Map<string, AttributeValue>>,
  definition: AttributeDefinition,
  value: AttributeValue,
): void {
  const slot = definition.slot as SlotName
  const fields = personal.get(slot) ?? new Map<string, AttributeValue>()
  checkValue(value, definition)
  personal.set(slot, fields.set(definition.name, value))
}

function slotPart(
  span: Span,
  slot: SlotName,
  fields: Map<string, AttributeValue> | undefined,
  sha256: Sha256,
): SlotPart[] {
  const salt = span.attributes.get(saltAttribute(slot))
  const commitment = span.attributes.get(commitmentAttribute(slot))
  if (salt !== undefined && commitment !== undefined) {
    throw new RecordError('RECORD_SLOT_MALFORMED', `slot ${slot} has a salt and a commitment`)
  }
  if (salt !== undefined) {
    if (typeof salt !== 'string' || !fields) {
      throw new RecordError('RECORD_SLOT_MALFORMED', `slot ${slot} has a salt but no fields`)
    }
    const opening = sealSlot({ salt, fields })
    return [{ slot, commitment: commitmentOf(opening, sha256), opening }]
  }
  if (commitment === undefined) return []
  if (typeof commitment !== 'string') {
    throw new RecordError('RECORD_SLOT_MALFORMED', `slot ${slot} has a malformed commitment`)
  }
  checkCommitment(commitment)
  return [{ slot, commitment, opening: null }]
}

/**
 * The profile of FORMAT.md 1.2, but for the values of single attributes, which are checked where
 * they are read. Throws RECORD_MALFORMED.
 */
export function checkProfile(span: Span): void {
  const { attributes, status, startTimeUnixNano: start, endTimeUnixNano: end } = span
  rule(traceIdForm.test(span.traceId) && span.traceId !== noTraceId, 'trace id')
  rule(spanIdForm.test(span.spanId) && span.spanId !== noSpanId, 'span id')
  rule(span.parentSpanId === '' || spanIdForm.test(span.parentSpanId), 'parent span id')
  rule(span.name !== '' && fits(span.name, nameBytesMax), 'name')
  rule(Number.isInteger(span.kind) && span.kind >= 0 && span.kind <= 5, 'kind')
  rule(status.code === 1 || status.code === 2, 'status code (1 or 2)')
  rule(fits(status.message, attributeBytesMax), 'status message')
  rule(start > 0n && end > start && end <= timeMax, 'start and end (end > start > 0)')
  rule(start % 1000n === 0n && end % 1000n === 0n, 'start and end (whole microseconds)')
  const sequence = attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER)
  rule(typeof sequence === 'bigint' && sequence >= 0n && sequence <= countMax, 'sequence number')
  rule(uuidV7.test(String(attributes.get(ATTR.AUDIT_RECORD_ID))), 'record id (UUIDv7)')
  for (const name of required) rule(attributes.has(name), `${name} is missing`)
}

function fits(text: string, bytesMax: number): boolean {
  if (!text.isWellFormed()) return false
  // Three bytes for a UTF-16 unit at most.
  return text.length * 3 <= bytesMax || utf8(text).length <= bytesMax
}

function rule(holds: boolean, what: string): void {
  if (!holds) throw new RecordError('RECORD_MALFORMED', `record breaks the profile: ${what}`)
}
