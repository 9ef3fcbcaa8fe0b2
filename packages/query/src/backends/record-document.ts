// A record as our sink writes it to Elasticsearch and OpenSearch (FORMAT.md 5). The document is an
// exact function of the record and of which slots are shown, so it is made again from the ledger
// and compared field by field. Values of personal slots are never told. See
// record-document.test.ts.
import { sha256 } from '@grantlog/ledger'
import {
  ATTR,
  type AttributeDefinition,
  attributeDefinitions,
  commitmentAttribute,
  commitmentOf,
  encodeList,
  listAttributes,
  saltAttribute,
  type SlotName,
  slotNames,
  type Span,
  spanFrom,
} from '@grantlog/record'
import { ecsDocument } from '@grantlog/record/ecs'
import type { LedgerRecord } from '../records.ts'
import type { Held } from './backend.ts'
import type { Marks } from './expected.ts'
import { type Alteration, type Comparison, cut, jsonOf, openingOf } from './compare.ts'
import { expectedSpan } from './expected.ts'
import type { BackendValue } from './span.ts'

/** Values by dotted name, in the order of the document. Lists and empty objects are values. */
interface Leaves {
  readonly values: ReadonlyMap<string, unknown>
  /** Names that came again: `a.b` may stand as a member of `a`, and as a member `a.b`. */
  readonly repeated: readonly string[]
}

type Opening = LedgerRecord['openings'][number]

const uuidV7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** What is made of the personal address, so it is told as little as that. */
const madeOfSlots: ReadonlyMap<string, SlotName> = new Map([
  ['client.ip', 'network'],
  ['source.ip', 'network'],
])

/**
 * The document of a `_source`. Its key is the record's id: by the document's own, which no update
 * can change, or what it says, when it was put there under another.
 */
export function heldDocument(
  source: unknown,
  { id, index }: { readonly id: string; readonly index: string },
): Held {
  const leaves = leavesIn(source)
  const text = (name: string): string => {
    const value = leaves.values.get(name)
    return typeof value === 'string' ? value : ''
  }
  const recordId = text(ATTR.AUDIT_RECORD_ID)
  return {
    key: uuidV7.test(id) ? id : recordId || id,
    traceId: text('trace.id'),
    spanId: text('span.id'),
    recordId,
    action: text(ATTR.AUDIT_ACTION),
    claims: true,
    place: `${index}/${id}`,
    compare: (record, marks) => compareDocument(record, marks, leaves),
  }
}

function compareDocument(record: LedgerRecord, marks: Marks, held: Leaves): Comparison {
  const { closed, openings } = openingsShown(record, held)
  const expected = expectedLeaves(record, marks, { openings, held })
  const altered: Alteration[] = []
  const slots = new Set(closed)
  for (const name of new Set([...expected.keys(), ...held.values.keys()])) {
    const [ledger, backend] = [expected.get(name), held.values.get(name)]
    if (isEqual(ledger, backend)) continue
    const slot = slotOf(name)
    if (slot === null)
      altered.push({ field: cut(name), ledger: tell(ledger), backend: tell(backend) })
    else slots.add(slot)
  }
  for (const slot of slots) altered.push({ field: `slot ${slot}` })
  for (const name of held.repeated) altered.push({ field: cut(name), backend: 'more than once' })
  return { altered, known: [] }
}

interface Shown {
  readonly openings: readonly Opening[]
  /** Slots that are shown, and do not open their commitments. */
  readonly closed: readonly SlotName[]
}

/** A slot is shown as the ledger has it, or, if it was erased there, as it opens its commitment. */
function openingsShown({ openings, view }: LedgerRecord, { values }: Leaves): Shown {
  const shown: Opening[] = []
  const closed: SlotName[] = []
  for (const slot of slotNames) {
    const fields = fieldsOf(slot, values)
    if (fields.size === 0 && !values.has(saltAttribute(slot))) continue
    const own = openings.find((one) => one.slot === slot)?.opening
    const opening = own ?? openingOf(values.get(saltAttribute(slot)) as BackendValue, fields)
    if (opening !== null && commitmentOf(opening, sha256) === view.slots.get(slot)) {
      shown.push({ slot, opening })
    } else closed.push(slot)
  }
  return { openings: shown, closed }
}

/** The fields of a slot as the record has them: the reverse of what the document makes of them. */
function fieldsOf(slot: SlotName, values: ReadonlyMap<string, unknown>): Map<string, BackendValue> {
  const fields = new Map<string, BackendValue>()
  for (const definition of attributeDefinitions.values()) {
    const { name } = definition
    if (definition.slot !== slot || !values.has(name)) continue
    fields.set(name, valueOf(definition, values.get(name)))
  }
  return fields
}

function valueOf({ name, type }: AttributeDefinition, value: unknown): BackendValue {
  if (listAttributes.has(name)) {
    const isList = Array.isArray(value) && value.every((item) => typeof item === 'string')
    // One by one: some lists have an order of their own.
    return isList ? value.map((item) => encodeList([item])).join(' ') : { other: value }
  }
  if (type !== 'int') return typeof value === type ? (value as string | boolean) : { other: value }
  const digits = Number.isSafeInteger(value) ? String(value) : value
  return typeof digits === 'string' && /^-?[0-9]+$/.test(digits) ? BigInt(digits) : { other: value }
}

/** The document that there should be, with as much shown as is shown. */
function expectedLeaves(
  record: LedgerRecord,
  marks: Marks,
  { held, openings }: { readonly held: Leaves; readonly openings: readonly Opening[] },
): ReadonlyMap<string, unknown> {
  const { attributes, verdicts } = expectedSpan(record, marks)
  const said = held.values.get(ATTR.GRANTLOG_VERDICT)
  const verdict = typeof said === 'string' && verdicts.has(said) ? said : [...verdicts].join(' or ')
  const projected = spanFrom(record.view, openings)
  const span: Span = {
    ...projected,
    attributes: new Map([
      ...projected.attributes,
      ...attributes,
      [ATTR.GRANTLOG_VERDICT, verdict] as const,
    ]),
  }
  const text = (name: string): string => String(attributes.get(name) ?? '')
  const document = ecsDocument({
    span,
    service: text(ATTR.AUDIT_PRODUCER_SERVICE),
    environment: text(ATTR.AUDIT_PRODUCER_ENVIRONMENT),
    version: text(ATTR.AUDIT_PRODUCER_VERSION),
  })
  return leavesIn(document).values
}

/** Without recursion: a server may nest as deep as it likes. */
function leavesIn(source: unknown): Leaves {
  const values = new Map<string, unknown>()
  const repeated: string[] = []
  const stack: (readonly [name: string, value: unknown])[] = membersOf('', source).toReversed()
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [name, value] = next
    const members = membersOf(`${name}.`, value)
    if (members.length > 0) stack.push(...members.toReversed())
    else if (values.has(name)) repeated.push(name)
    else values.set(name, value)
  }
  return { values, repeated }
}

function membersOf(prefix: string, value: unknown): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).map(([name, member]) => [`${prefix}${name}`, member])
}

function slotOf(name: string): SlotName | null {
  const named = slotNames.find((slot) => {
    return name === saltAttribute(slot) || name === commitmentAttribute(slot)
  })
  return named ?? attributeDefinitions.get(name)?.slot ?? madeOfSlots.get(name) ?? null
}

/** Lists are equal in the same order. */
function isEqual(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b
  return a.length === b.length && a.every((item, at) => item === b[at])
}

function tell(value: unknown): string | null {
  if (value === undefined) return null
  const isPlain = typeof value === 'string' || typeof value === 'bigint'
  return cut(isPlain ? String(value) : jsonOf(value))
}
