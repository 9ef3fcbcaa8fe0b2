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
  readonly bytes: Uint8Array
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
  /** Its place in the order of JCS among all attributes. */
  readonly rank: number
  /** `"name":{"stringValue":"`, and what closes it. */
  readonly head: Uint8Array
  readonly tail: Uint8Array
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
]

/** The first so many of them every record has. */
export const requiredClaims = 5

/** Registered attributes and the salts of slots, by name. */
export const known: ReadonlyMap<string, Known> = knownAttributes()

function knownAttributes(): Map<string, Known> {
  const salts = slotNames.map((slot) => saltOf(slot))
  const names = [...attributeDefinitions.keys(), ...salts.map(({ name }) => name)].sort()
  const ranks = new Map(names.map((name, rank) => [name, rank]))
  const all = [
    ...[...attributeDefinitions.values()].map((one) => ({ ...one, isSalt: false })),
    ...salts,
  ]
  return new Map(all.map((one) => [one.name, knownOf(one, ranks.get(one.name)!)]))
}

function saltOf(slot: SlotName): AttributeDefinition & { readonly isSalt: boolean } {
  return { name: saltAttribute(slot), type: 'string', slot, since: 1, isSalt: true }
}

function knownOf(
  { isSalt, name, since, slot, type }: AttributeDefinition & { readonly isSalt: boolean },
  rank: number,
): Known {
  const [head, tail] = {
    string: ['{"stringValue":"', '"}'],
    int: ['{"intValue":"', '"}'],
    boolean: ['{"boolValue":', '}'],
  }[type] as [string, string]
  return {
    ...{ name, type, since, isSalt, rank, claim: claimNames.indexOf(name) },
    isHidden: slot !== null && slot !== shownSlot,
    bytes: latin1(name),
    slot: slot === null ? -1 : slotNames.indexOf(slot),
    head: latin1(`"${name}":${head}`),
    tail: latin1(tail),
  }
}

export function latin1(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}
