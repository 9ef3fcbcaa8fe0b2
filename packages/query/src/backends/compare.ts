// One record against one span of a backend: every difference, and whether the table knows it.
// Values of personal slots are never told. See compare.test.ts.
import { sha256 } from '@grantlog/ledger'
import {
  ATTR,
  attributeDefinitions,
  type AttributeValue,
  commitmentAttribute,
  commitmentOf,
  isSlotName,
  RecordError,
  saltAttribute,
  sealSlot,
  type SlotName,
  slotNames,
} from '@grantlog/record'
import { MAX_TOLD_CHARACTERS } from '../limits.ts'
import type { ExpectedSpan } from './expected.ts'
import { type BackendSpan, type BackendValue, spanFields } from './span.ts'
import type { BackendTable, KnownChange } from './table.ts'

/** A field that is neither the ledger's nor what the backend is known to make of it. */
export interface Alteration {
  readonly field: string
  /** null: the ledger has no such field. Absent with `backend` for personal slots. */
  readonly ledger?: string | null
  /** null: the backend has no such field. */
  readonly backend?: string | null
}

export interface Comparison {
  readonly altered: readonly Alteration[]
  /** Names of known changes and additions. */
  readonly known: readonly string[]
}

export function compareSpan(
  expected: ExpectedSpan,
  span: BackendSpan,
  table: BackendTable,
): Comparison {
  const altered: Alteration[] = []
  const known = new Set<string>()
  const check = (field: string, pair: Pair, changes: readonly KnownChange[]): void => {
    const change = equalOrKnown(pair, changes)
    if (change === null) altered.push(told(field, pair))
    else if (change !== '') known.add(`${field}: ${change}`)
  }
  for (const field of spanFields) {
    const pair = { ledger: expected.fields.get(field), backend: span.fields.get(field) }
    check(field, pair, table.fields[field] ?? [])
  }
  for (const [name, ledger] of expected.attributes) {
    check(name, { ledger, backend: span.attributes.get(name) }, table.attributes)
  }
  const verdict = span.attributes.get(ATTR.GRANTLOG_VERDICT)
  if (typeof verdict !== 'string' || !expected.verdicts.has(verdict)) {
    const ledger = [...expected.verdicts].join(' or ')
    altered.push(told(ATTR.GRANTLOG_VERDICT, { ledger, backend: verdict }))
  }
  altered.push(...alteredSlots(expected, span))
  for (const [name, value] of span.attributes) {
    if (isAccountedFor(name, expected)) continue
    if (table.added.get(name)?.(expected, value)) known.add(`+${name}`)
    else altered.push(told(name, { ledger: undefined, backend: value }))
  }
  for (const field of span.repeated) altered.push({ field: cut(field), backend: 'more than once' })
  for (const [name, backend] of span.extra) altered.push(told(name, { ledger: undefined, backend }))
  altered.push(...alteredAround(expected, span))
  return { altered, known: [...known].toSorted() }
}

interface Pair {
  readonly ledger: AttributeValue | undefined
  readonly backend: BackendValue | undefined
}

/** The name of the known change, '' when the two are equal, null when they are not. */
function equalOrKnown({ backend, ledger }: Pair, changes: readonly KnownChange[]): string | null {
  if (backend === ledger) return ''
  if (ledger === undefined) return null
  return changes.find(({ of }) => of(ledger) === backend)?.name ?? null
}

/** Attributes that are compared elsewhere: by name, as the verdict, or as parts of a slot. */
function isAccountedFor(name: string, { attributes }: ExpectedSpan): boolean {
  if (attributes.has(name) || name === ATTR.GRANTLOG_VERDICT) return true
  const [, slot = ''] = /^audit\.slot\.(\w+)\.(?:salt|commitment)$/.exec(name) ?? []
  return isSlotName(slot) || (attributeDefinitions.get(name)?.slot ?? null) !== null
}

/** A slot is shown whole, and opens its commitment, or is withheld behind an equal one. */
function alteredSlots({ slots }: ExpectedSpan, { attributes }: BackendSpan): Alteration[] {
  const altered: Alteration[] = []
  for (const slot of slotNames) {
    const commitment = attributes.get(commitmentAttribute(slot))
    const salt = attributes.get(saltAttribute(slot))
    const fields = fieldsOf(slot, attributes)
    const shown = salt !== undefined || fields.size > 0
    const said = shown && commitment === undefined ? openedCommitment(salt, fields) : commitment
    const both = shown && commitment !== undefined
    if (both || said !== slots.get(slot)) altered.push({ field: `slot ${slot}` })
  }
  return altered
}

function fieldsOf(
  slot: SlotName,
  attributes: BackendSpan['attributes'],
): Map<string, BackendValue> {
  return new Map([...attributes].filter(([name]) => attributeDefinitions.get(name)?.slot === slot))
}

/** The commitment that a shown slot opens; null when it cannot be one. */
function openedCommitment(
  salt: BackendValue | undefined,
  fields: ReadonlyMap<string, BackendValue>,
): string | null {
  const opening = openingOf(salt, fields)
  return opening === null ? null : commitmentOf(opening, sha256)
}

/** The opening of a slot that is shown; null when it cannot be one. */
export function openingOf(
  salt: BackendValue | undefined,
  shown: ReadonlyMap<string, BackendValue>,
): Uint8Array | null {
  const fields = new Map<string, AttributeValue>()
  for (const [name, value] of shown) {
    if (typeof value === 'object') return null
    fields.set(name, value)
  }
  if (typeof salt !== 'string') return null
  try {
    return sealSlot({ salt, fields })
  } catch (error) {
    // A salt of another length; text with half a surrogate pair, which has no canonical form.
    if (error instanceof RecordError || error instanceof RangeError) return null
    throw error
  }
}

/** Resource and scope: not covered by the signature, and made from what is. */
function alteredAround(expected: ExpectedSpan, span: BackendSpan): Alteration[] {
  const altered: Alteration[] = []
  for (const name of new Set([...expected.resource.keys(), ...span.resource.keys()])) {
    const pair = { ledger: expected.resource.get(name), backend: span.resource.get(name) }
    if (pair.backend !== pair.ledger) altered.push(told(`resource ${name}`, pair))
  }
  for (const part of ['name', 'version'] as const) {
    const pair = { ledger: expected.scope[part], backend: span.scope[part] }
    if (pair.backend !== pair.ledger) altered.push(told(`scope ${part}`, pair))
  }
  return altered
}

function told(field: string, { backend, ledger }: Pair): Alteration {
  return { field: cut(field), ledger: tell(ledger), backend: tell(backend) }
}

function tell(value: BackendValue | undefined): string | null {
  if (value === undefined) return null
  return cut(typeof value === 'object' ? jsonOf(value.other) : String(value))
}

/** Numbers beyond what JSON holds exactly are bigints here. */
export function jsonOf(value: unknown): string {
  const plain = (_: string, item: unknown): unknown =>
    typeof item === 'bigint' ? String(item) : item
  try {
    return JSON.stringify(value, plain) ?? ''
  } catch (error) {
    // Nested deeper than the stack is.
    if (error instanceof RangeError) return '…'
    throw error
  }
}

/** What a backend says may be as long as it likes. */
export function cut(text: string): string {
  return text.length > MAX_TOLD_CHARACTERS ? `${text.slice(0, MAX_TOLD_CHARACTERS)}…` : text
}
