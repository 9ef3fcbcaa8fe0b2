// One audit log record as one document, in the same fields as a record where both have them.
// FORMAT.md 5.1; see log-document.test.ts.
import { isObject, jcs } from '../canonical/jcs.ts'
import type { LogSlotName, LogView } from '../canonical/log.ts'
import { type JsonObject, textOf } from '../log.ts'
import { ATTR, type AttributeType, attributeDefinitions } from '../names.ts'
import type { JsonValue } from '../span.ts'
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
import { ECS_VERSION, LOG_PLACE } from './names.ts'

/** What a sink sees of an audit log record. */
export interface EcsLogInput extends LogView {
  /** Fields and salts of the slots that may be shown. */
  readonly shown: ReadonlyMap<LogSlotName, { readonly fields: JsonObject; readonly salt: string }>
  /** Our marks, `grantlog.*`. */
  readonly marks: ReadonlyMap<string, string>
  /** Of the leaf, Unix milliseconds. */
  readonly receivedAt: number
}

/** What a `date_nanos` holds: until the year 2262. */
const nanosMax = 2n ** 63n - 1n

/**
 * The document of an audit log record. The same one makes the same document, always and everywhere.
 * Left out is what has no value, what the registry does not have, and a value of another type than
 * the registry's: who wrote it never heard of ours.
 */
export function ecsLogDocument(input: EcsLogInput): EcsDocument {
  const { form, marks } = input
  const attributes = shownAttributes(input)
  const own = Object.entries(attributes).map(([name, value]): Field => [name, leafOf(name, value)])
  const text = (name: string): string | undefined => textOf(attributes[name]) || undefined
  return nest([
    ...own,
    ...slotFields(input),
    ...[...marks].map(([name, value]): Field => [name, markOf(name, value)]),
    ...timeFields(input),
    ...eventFields(input, text),
    ...serviceFields(form.resource.attributes),
    ...addressFields(text(ATTR.CLIENT_ADDRESS)),
    ['trace.id', form.traceId || undefined],
    ['span.id', form.spanId || undefined],
    ['log.level', form.severityText || undefined],
    ['log.logger', form.scope.name || undefined],
    ['message', messageOf(input)],
    ['error.code', text(ATTR.OAUTH_ERROR_CODE)],
    ['ecs.version', ECS_VERSION],
  ])
}

/** `_id`: one that is sent twice is one document. */
export function logDocumentId({ id }: Pick<EcsLogInput, 'id'>): string {
  return id
}

/** Those of the form, and of the slots that are shown. */
function shownAttributes({ form, shown }: EcsLogInput): JsonObject {
  const slots = [...shown].filter(([slot]) => slot !== 'body' && slot !== 'unregistered')
  return Object.assign({}, form.attributes, ...slots.map(([, { fields }]) => fields)) as JsonObject
}

function slotFields({ commitments, shown }: EcsLogInput): Field[] {
  return [...commitments].map(([slot, commitment]): Field => {
    const salt = shown.get(slot)?.salt
    if (salt === undefined) return [`audit.slot.${slot}.commitment`, commitment]
    return [`audit.slot.${slot}.salt`, salt]
  })
}

/** Its own time or, without one, when it was seen first, or when the receiver took it in. */
function timeFields({ form, receivedAt }: EcsLogInput): Field[] {
  const received = BigInt(receivedAt) * 1_000_000n
  const said = timeOf(form.timeUnixNano)
  const observed = timeOf(form.observedTimeUnixNano)
  return [
    ['@timestamp', rfc3339(said ?? observed ?? received)],
    ['event.created', observed === undefined ? undefined : rfc3339(observed)],
    ['event.ingested', rfc3339(received)],
  ]
}

function timeOf(decimal: string): bigint | undefined {
  const nanos = BigInt(decimal)
  return nanos > 0n && nanos <= nanosMax ? nanos : undefined
}

function eventFields(
  { form, id }: EcsLogInput,
  text: (name: string) => string | undefined,
): Field[] {
  const action = text(ATTR.AUDIT_ACTION) ?? form.eventName
  const outcome = text(ATTR.AUDIT_OUTCOME) ?? ''
  const { category, type } = categoriesOf(action, outcome)
  return [
    ['event.kind', 'event'],
    ['event.category', category.length > 0 ? category : undefined],
    ['event.type', type],
    ['event.action', action || undefined],
    ['event.outcome', outcomeOf(outcome)],
    ['event.id', text(ATTR.AUDIT_RECORD_ID) ?? id],
    ['event.severity', form.severityNumber || undefined],
    ['event.module', 'grantlog'],
    ['event.dataset', LOG_PLACE.dataset],
    ['event.provider', text(ATTR.OAUTH_LIBRARY_NAME)],
    ['event.reason', text(ATTR.OAUTH_ERROR_REASON) ?? text(ATTR.OAUTH_REVOCATION_REASON)],
  ]
}

/** By OpenTelemetry's names for a resource, the old one of the environment too. */
function serviceFields(resource: JsonObject): Field[] {
  const text = (name: string): string | undefined => textOf(resource[name]) || undefined
  const environment = text('deployment.environment.name') ?? text('deployment.environment')
  return [
    ['service.name', text('service.name')],
    ['service.environment', environment],
    ['service.version', text('service.version')],
  ]
}

/** The body, if it is shown; one that is no text in its tagged form. */
function messageOf({ shown }: EcsLogInput): string | undefined {
  const body = shown.get('body')?.fields['body']
  return body === undefined ? undefined : (textOf(body) ?? jcs(body))
}

function markOf(name: string, value: string): Leaf {
  return name === ATTR.GRANTLOG_INDEX ? integer(BigInt(value)) : value
}

function leafOf(name: string, tagged: JsonValue): Leaf | undefined {
  const type = attributeDefinitions.get(name)?.type
  return type === undefined || !isObject(tagged) ? undefined : valuesOf[type](tagged)
}

const valuesOf: Readonly<Record<AttributeType, (tagged: JsonObject) => Leaf | undefined>> = {
  boolean: ({ boolValue }) => (typeof boolValue === 'boolean' ? boolValue : undefined),
  int: ({ intValue }) => (typeof intValue === 'string' ? integer(BigInt(intValue)) : undefined),
  string: (tagged) => textOf(tagged) ?? textsOf(tagged),
}

/** A list of nothing but texts; we write lists as one text. */
function textsOf({ arrayValue }: JsonObject): readonly string[] | undefined {
  if (!Array.isArray(arrayValue)) return undefined
  const texts = (arrayValue as readonly JsonValue[]).map(textOf)
  return texts.every((text) => text !== undefined) ? texts : undefined
}
