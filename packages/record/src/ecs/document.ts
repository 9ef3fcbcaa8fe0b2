// One record as one document. Every attribute stands under its own name, and what ECS calls
// otherwise stands there as well; nothing else does. FORMAT.md 5.
import { decodeList } from '../list.ts'
import { ATTR, listAttributes } from '../names.ts'
import type { AttributeValue, JsonValue, Span } from '../span.ts'
import { categoriesOf, outcomeOf } from './category.ts'
import { isIp } from './ip.ts'
import { DATASET, ECS_VERSION } from './names.ts'

/** What a sink sees of a record. */
export interface EcsInput {
  /** With the slots that may be shown, and our marks (`grantlog.*`). */
  readonly span: Span
  /** `audit.producer.service`, `.environment` and `.version`; empty when there is none. */
  readonly service: string
  readonly environment: string
  readonly version: string
}

/** Objects nested by the dots of field names; leaves are strings, numbers, booleans, lists. */
export interface EcsDocument {
  readonly [name: string]: JsonValue
}

type Leaf = string | number | boolean | readonly string[]
type Field = readonly [name: string, value: Leaf | undefined]

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const statuses = ['unset', 'ok', 'error']
const names: ReadonlySet<string> = new Set(Object.values(ATTR))
/** Names by their parts: there are few, and splitting them was most of the work. */
const paths = new Map<string, readonly string[]>()

/**
 * The document of a record. The same record makes the same document, always and everywhere. Fields
 * without a value are left out, and so are attributes that the registry does not have.
 */
export function ecsDocument(input: EcsInput): EcsDocument {
  const { attributes } = input.span
  const own = Array.from(attributes, ([name, value]): Field => [name, leafOf(name, value)])
  return nest([
    ...own.filter(([name]) => names.has(name)),
    ...spanFields(input.span),
    ...eventFields(input.span),
    ...serviceFields(input),
    ...addressFields(attributes),
    ['error.code', textOf(attributes, ATTR.OAUTH_ERROR_CODE)],
    ['ecs.version', ECS_VERSION],
  ])
}

/** `_id`: a record that is sent twice is one document. */
export function documentId({ span }: Pick<EcsInput, 'span'>): string {
  return textOf(span.attributes, ATTR.AUDIT_RECORD_ID) ?? ''
}

function spanFields(span: Span): Field[] {
  return [
    ['@timestamp', timeOf(span.startTimeUnixNano)],
    ['trace.id', span.traceId],
    ['span.id', span.spanId],
    ['parent.id', span.parentSpanId || undefined],
    ['span.name', span.name],
    ['span.kind', kinds[span.kind]],
    ['span.status.code', statuses[span.status.code]],
    ['span.status.message', span.status.message || undefined],
  ]
}

function eventFields(span: Span): Field[] {
  const { attributes, endTimeUnixNano: end, startTimeUnixNano: start } = span
  const text = (name: string): string | undefined => textOf(attributes, name)
  const action = text(ATTR.AUDIT_ACTION) ?? ''
  const outcome = text(ATTR.AUDIT_OUTCOME) ?? ''
  const { category, type } = categoriesOf(action, outcome)
  const sequence = attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER)
  return [
    ['event.kind', 'event'],
    ['event.category', category.length > 0 ? category : undefined],
    ['event.type', type],
    ['event.action', action || undefined],
    ['event.outcome', outcomeOf(outcome)],
    ['event.id', text(ATTR.AUDIT_RECORD_ID)],
    ['event.start', timeOf(start)],
    ['event.end', timeOf(end)],
    ['event.duration', integer(end - start)],
    ['event.module', 'grantlog'],
    ['event.dataset', DATASET],
    ['event.provider', text(ATTR.OAUTH_LIBRARY_NAME)],
    ['event.reason', text(ATTR.OAUTH_ERROR_REASON) ?? text(ATTR.OAUTH_REVOCATION_REASON)],
    ['event.sequence', typeof sequence === 'bigint' ? integer(sequence) : undefined],
  ]
}

function serviceFields({ environment, service, version }: EcsInput): Field[] {
  return [
    ['service.name', service || undefined],
    ['service.environment', environment || undefined],
    ['service.version', version || undefined],
  ]
}

/** ECS wants an address once more, by what it is; its detections look for `source.ip`. */
function addressFields(attributes: Span['attributes']): Field[] {
  const address = textOf(attributes, ATTR.CLIENT_ADDRESS)
  if (address === undefined || !isIp(address)) return []
  return [
    ['client.ip', address],
    ['source.ip', address],
  ]
}

/** A list as an array. Our mark for the index is text in a span, and a number here. */
function leafOf(name: string, value: AttributeValue): Leaf {
  if (typeof value === 'bigint') return integer(value)
  if (typeof value === 'boolean') return value
  if (name === ATTR.GRANTLOG_INDEX && /^(0|[1-9][0-9]*)$/.test(value)) return integer(BigInt(value))
  return listAttributes.has(name) ? decodeList(value) : value
}

/** A JSON number while every reader takes it for the same one, else its decimal digits. */
function integer(value: bigint): number | string {
  const safe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
  return safe ? Number(value) : value.toString()
}

/** RFC 3339 in UTC, always with six digits of microseconds, which is what records have. */
function timeOf(unixNano: bigint): string {
  const micros = unixNano / 1_000n
  const whole = new Date(Number(micros / 1_000n)).toISOString().slice(0, -1)
  return `${whole}${(micros % 1_000n).toString().padStart(3, '0')}Z`
}

function textOf(attributes: Span['attributes'], name: string): string | undefined {
  const value = attributes.get(name)
  return typeof value === 'string' ? value : undefined
}

interface Branch {
  [name: string]: JsonValue | Branch
}

/** No name is the namespace of another: document.test.ts holds for all of them together. */
function nest(fields: readonly Field[]): EcsDocument {
  const root: Branch = {}
  for (const [name, value] of fields) {
    if (value === undefined) continue
    const path = pathOf(name)
    const last = path.length - 1
    let branch = root
    for (let at = 0; at < last; at++) branch = (branch[path[at]!] ??= {}) as Branch
    branch[path[last]!] = value
  }
  return root as EcsDocument
}

function pathOf(name: string): readonly string[] {
  const known = paths.get(name)
  if (known !== undefined) return known
  const path = name.split('.')
  paths.set(name, path)
  return path
}
