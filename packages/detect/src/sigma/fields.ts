// Which fields rules may ask for: the registry's attributes, and a few that are made of them.
import { isPersonal } from '@grantlog/query'
import {
  type AttributeValue,
  attributeDefinitions,
  decodeList,
  listAttributes,
} from '@grantlog/record'
import type { AuditEvent } from '../event.ts'
import { fieldOf, valueOf } from '../field.ts'
import { eventFields, ledgerFields } from '../ledger-fields.ts'

/** The values of a field in an event, in order; undefined: the event does not have it. */
export type FieldReader = (event: AuditEvent) => readonly AttributeValue[] | undefined

/** Items of `name` that are not among `others`; undefined where either list is not known. */
function without(name: string, others: string): FieldReader {
  return ({ attributes }) => {
    const [list, allowed] = [attributes.get(name), attributes.get(others)]
    if (typeof list !== 'string' || typeof allowed !== 'string') return undefined
    const known = new Set(decodeList(allowed))
    const rest = decodeList(list).filter((item) => !known.has(item))
    return rest.length === 0 ? undefined : rest
  }
}

/** Seconds; undefined where there are none. */
function secondsOf(value: AttributeValue | undefined): number | undefined {
  return typeof value === 'bigint' ? Number(value) : undefined
}

/** Fields that no record has, made of those that it has: what Sigma cannot say. See README.md. */
export const derivedFields: ReadonlyMap<string, FieldReader> = new Map<string, FieldReader>([
  ['event.scope.unallowed', without('oauth.scope.granted', 'oauth.scope.allowed')],
  ['event.scope.unrequested', without('oauth.scope.granted', 'oauth.scope.requested')],
  [
    'event.actor.depth',
    ({ attributes }) => {
      const chain = attributes.get('oauth.actor.chain')
      return typeof chain === 'string' ? [BigInt(decodeList(chain).length)] : undefined
    },
  ],
  [
    'event.token.overdue',
    ({ atMs, attributes }) => {
      const expires = secondsOf(attributes.get('oauth.token.expires_at'))
      return expires === undefined ? undefined : [BigInt(Math.floor(atMs / 1_000) - expires)]
    },
  ],
  ['event.late', ({ atMs, receivedMs }) => [BigInt(Math.floor((receivedMs - atMs) / 1_000))]],
])

/** Whether a field's values say who it was or from where; then findings name a record instead. */
export function isPersonalField(field: string): boolean {
  return !/^(?:event|ledger)\./.test(field) && isPersonal(field)
}

/** How a field is read; a list item by item. */
export function readerOf(field: string): FieldReader {
  const derived = derivedFields.get(field)
  if (derived !== undefined) return derived
  const [of, isList] = [fieldOf(field), listAttributes.has(field)]
  return (event) => {
    const value = valueOf(event, of)
    if (value === undefined) return undefined
    return isList && typeof value === 'string' ? decodeList(value) : [value]
  }
}

/** All names that a rule may use. */
export const fieldNames: readonly string[] = [
  ...attributeDefinitions.keys(),
  ...derivedFields.keys(),
  ...eventFields,
  ...ledgerFields,
]

const given: ReadonlySet<string> = new Set([
  ...attributeDefinitions.keys(),
  ...eventFields,
  ...ledgerFields,
])

/** Whether an event may have it as an attribute. */
export function isAttribute(name: string): boolean {
  return given.has(name)
}
