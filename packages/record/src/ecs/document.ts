// One record as one document. Every attribute stands under its own name, and what ECS calls
// otherwise stands there as well; nothing else does. FORMAT.md 5.
import { decodeList } from '../list.ts'
import { ATTR, listAttributes } from '../names.ts'
import type { AttributeValue, Span } from '../span.ts'
import { categoriesOf, outcomeOf } from './category.ts'
import {
  addressFields,
  type EcsDocument,
  type Field,
  integer,
  type Leaf,
  nest,
  rfc3339,
} from './fields.ts'
import { ECS_VERSION, RECORD_PLACE } from './names.ts'

/** What a sink sees of a record. */
export interface EcsInput {
  /** With the slots that may be shown, and our marks (`grantlog.*`). */
  readonly span: Span
  /** `audit.producer.service`, `.environment` and `.version`; empty when there is none. */
  readonly service: string
  readonly environment: string
  readonly version: string
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']
const statuses = ['unset', 'ok', 'error']
const names: ReadonlySet<string> = new Set(Object.values(ATTR))

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
    ...addressFields(textOf(attributes, ATTR.CLIENT_ADDRESS)),
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
    ['@timestamp', rfc3339(span.startTimeUnixNano)],
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
    ['event.start', rfc3339(start)],
    ['event.end', rfc3339(end)],
    ['event.duration', integer(end - start)],
    ['event.module', 'grantlog'],
    ['event.dataset', RECORD_PLACE.dataset],
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

/** A list as an array. Our mark for the index is text in a span, and a number here. */
function leafOf(name: string, value: AttributeValue): Leaf {
  if (typeof value === 'bigint') return integer(value)
  if (typeof value === 'boolean') return value
  if (name === ATTR.GRANTLOG_INDEX && /^(0|[1-9][0-9]*)$/.test(value)) return integer(BigInt(value))
  return listAttributes.has(name) ? decodeList(value) : value
}

function textOf(attributes: Span['attributes'], name: string): string | undefined {
  const value = attributes.get(name)
  return typeof value === 'string' ? value : undefined
}
