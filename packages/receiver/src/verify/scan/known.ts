// What the scanner knows of each attribute that a record may have: where it goes, and the bytes
// around its value in the canonical form.
import {
  ATTR,
  type AttributeDefinition,
  attributeDefinitions,
  saltAttribute,
  type SlotName,
  slotNames,
} from '@grantlog/record'
import { shownSlot } from '../../flow.ts'

export type ValueKind = 'string' | 'int' | 'boolean'

export interface Known {
  readonly name: string
  readonly type: ValueKind
  /** The registry version that added it. */
  readonly since: number
  /** Position in `slotNames` of the slot that it belongs to; -1 for none. */
  readonly slot: number
  /** It is not covered itself: it is the salt of its slot. */
  readonly isSalt: boolean
  /** Its position in `claimNames`; -1: nothing is decided by it. */
  readonly claim: number
  /** It, or the salt, is of a slot that sinks are shown only the commitment of. */
  readonly isHidden: boolean
  /** `"name":{"stringValue":"`: what stands before its value. */
  readonly head: string
}

/** Attributes that something is decided by: what the record is, whose it is, who may sign it. */
export const claimNames: readonly string[] = [
  ATTR.AUDIT_RECORD_ID,
  ATTR.AUDIT_SEQUENCE_NUMBER,
  ATTR.AUDIT_ACTION,
  ATTR.AUDIT_OUTCOME,
  ATTR.AUDIT_PRODUCER_SERVICE,
  ATTR.OAUTH_ROLE,
  ATTR.OAUTH_ISSUER,
  ATTR.USER_HASH,
  ATTR.USER_ID,
  ATTR.SESSION_ID,
  ATTR.OAUTH_ACTOR_ID,
  ATTR.AUDIT_TARGET_ID,
  ATTR.AUDIT_PRODUCER_ENVIRONMENT,
  ATTR.AUDIT_PRODUCER_VERSION,
  ATTR.AUDIT_OBSERVED_BY,
]

/** What stands around a value, by its type. */
export const around: Readonly<Record<ValueKind, readonly [string, string]>> = {
  string: ['{"stringValue":"', '"}'],
  int: ['{"intValue":"', '"}'],
  boolean: ['{"boolValue":', '}'],
}

/** Registered attributes and the salts of slots, in the order of JCS. */
export const known: readonly Known[] = [
  ...Array.from(attributeDefinitions.values(), (one) => knownOf(one, false)),
  ...slotNames.map((slot) => knownOf(saltOf(slot), true)),
].sort((a, b) => (a.name < b.name ? -1 : 1))

function saltOf(slot: SlotName): AttributeDefinition {
  return { name: saltAttribute(slot), type: 'string', slot, since: 1 }
}

function knownOf({ name, since, slot, type }: AttributeDefinition, isSalt: boolean): Known {
  return {
    ...{ name, type, since, isSalt, claim: claimNames.indexOf(name) },
    isHidden: slot !== null && slot !== shownSlot,
    slot: slot === null ? -1 : slotNames.indexOf(slot),
    head: `"${name}":${around[type][0]}`,
  }
}
