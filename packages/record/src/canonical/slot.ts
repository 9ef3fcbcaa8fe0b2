import { base64url, concat, fromBase64url, utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { attributeDefinitions, type SlotName, slotNames } from '../names.ts'
import type { AttributeValue, JsonValue, Sha256 } from '../span.ts'
import { isObject, jcsBytes, readJcs } from './jcs.ts'
import { tagValue, untagValue } from './value.ts'

const domain = utf8('grantlog-slot-v1\n')
const saltBytes = 16
const commitmentBytes = 32

/** A disclosed slot: its fields, and the salt that keeps its commitment from being guessed. */
export interface SlotContent {
  readonly salt: string
  readonly fields: ReadonlyMap<string, AttributeValue>
}

/** The bytes that a slot's commitment hashes: JCS `{"fields": …, "salt": …}` (FORMAT.md 1.3). */
export function sealSlot(content: SlotContent): Uint8Array {
  checkSalt(content.salt)
  const fields: { [name: string]: JsonValue } = {}
  for (const [name, value] of content.fields) fields[name] = tagValue(value)
  return jcsBytes({ fields, salt: content.salt })
}

/**
 * Reads an opening strictly; the reverse of {@link sealSlot}. `slot` is the one that its fields
 * belong to, which the caller compares with the one it is said to open. Throws
 * RECORD_SLOT_MALFORMED.
 */
export function openSlot(opening: Uint8Array): SlotContent & { readonly slot: SlotName } {
  const json = readJcs(opening, 'RECORD_SLOT_MALFORMED', 'slot opening')
  if (!isObject(json) || Object.keys(json).join() !== 'fields,salt') throw malformed('members')
  const { fields: tagged, salt } = json
  if (typeof salt !== 'string' || !isObject(tagged)) throw malformed('members')
  checkSalt(salt)
  const fields = new Map<string, AttributeValue>()
  const slots = new Set<SlotName>()
  for (const [name, value] of Object.entries(tagged)) {
    const definition = attributeDefinitions.get(name)
    if (!definition?.slot) throw malformed(`field ${name} belongs to no slot`)
    slots.add(definition.slot)
    fields.set(name, untagValue(value, definition))
  }
  const [slot] = slots
  if (slot === undefined || slots.size > 1) throw malformed('fields of one slot, at least one')
  return { slot, salt, fields }
}

/** `b64u(SHA-256('grantlog-slot-v1\n' ‖ opening))`. */
export function commitmentOf(opening: Uint8Array, sha256: Sha256): string {
  return base64url(sha256(concat(domain, opening)))
}

export function isSlotName(name: string): name is SlotName {
  return (slotNames as readonly string[]).includes(name)
}

/** Throws RECORD_SLOT_MALFORMED unless the text is b64u of 32 bytes. */
export function checkCommitment(commitment: string): void {
  if (fromBase64url(commitment)?.length !== commitmentBytes) throw malformed('commitment')
}

function checkSalt(salt: string): void {
  if (fromBase64url(salt)?.length !== saltBytes) throw malformed('salt')
}

function malformed(what: string): RecordError {
  return new RecordError('RECORD_SLOT_MALFORMED', `malformed slot: ${what}`)
}
