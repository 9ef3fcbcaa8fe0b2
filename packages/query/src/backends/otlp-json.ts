// Traces in the JSON form of OTLP (opentelemetry-proto, "OTLP/JSON"), as Jaeger's /api/v3 answers.
// Read defensively: the shape must be right down to the spans; inside a span nothing is refused,
// because a span that cannot be read is a finding and no excuse. See otlp-json.test.ts.
import type { AttributeValue } from '@grantlog/record'
import { QueryError } from '../codes.ts'
import { MAX_ANSWER_SPANS } from '../limits.ts'
import type { BackendSpan, BackendValue, SpanField } from './span.ts'

type Json = { readonly [name: string]: unknown }

/** The spans of a TracesData object. Throws BACKEND_ANSWER_MALFORMED, BACKEND_ANSWER_TOO_LARGE. */
export function spansInTraces(traces: unknown): BackendSpan[] {
  const spans: BackendSpan[] = []
  for (const group of listIn(object(traces), 'resourceSpans')) {
    const resource = attributesIn(objectIn(group, 'resource')).attributes
    for (const scoped of listIn(group, 'scopeSpans')) {
      const scope = objectIn(scoped, 'scope')
      for (const span of listIn(scoped, 'spans')) {
        if (spans.length === MAX_ANSWER_SPANS) {
          throw new QueryError('BACKEND_ANSWER_TOO_LARGE', `more than ${MAX_ANSWER_SPANS} spans`)
        }
        spans.push(spanOf(span, resource, { name: text(scope.name), version: text(scope.version) }))
      }
    }
  }
  return spans
}

function spanOf(
  span: Json,
  resource: BackendSpan['resource'],
  scope: BackendSpan['scope'],
): BackendSpan {
  const status = objectOr(span.status)
  const fields = new Map<SpanField, BackendValue>([
    ['parentSpanId', textValue(span.parentSpanId)],
    ['name', textValue(span.name)],
    ['kind', numberValue(span.kind)],
    ['startTimeUnixNano', numberValue(span.startTimeUnixNano)],
    ['endTimeUnixNano', numberValue(span.endTimeUnixNano)],
    ['status.code', numberValue(status.code)],
    ['status.message', textValue(status.message)],
  ])
  const { traceId, spanId } = { traceId: text(span.traceId), spanId: text(span.spanId) }
  return { traceId, spanId, fields, resource, scope, extra: extraIn(span), ...attributesIn(span) }
}

const known = new Set([
  ...['traceId', 'spanId', 'parentSpanId', 'name', 'kind', 'startTimeUnixNano', 'endTimeUnixNano'],
  ...['attributes', 'status'],
])

/** Members that records have nothing in: events, links, trace state, whatever is not empty. */
function extraIn(span: Json): Map<string, BackendValue> {
  const others = Object.entries(span).filter(([name, value]) => !known.has(name) && !isEmpty(value))
  return new Map(others.map(([name, other]) => [name, { other }]))
}

/** What protobuf's JSON may as well leave out. */
function isEmpty(value: unknown): boolean {
  return value === null || value === '' || value === 0 || (Array.isArray(value) && !value.length)
}

/** `attributes` of a span or resource: the first of each key, and the keys that came again. */
function attributesIn(holder: Json): Pick<BackendSpan, 'attributes' | 'repeated'> {
  const attributes = new Map<string, BackendValue>()
  const repeated: string[] = []
  for (const pair of listIn(holder, 'attributes')) {
    const key = text(pair.key)
    if (attributes.has(key)) repeated.push(key)
    else attributes.set(key, valueOf(pair.value))
  }
  return { attributes, repeated }
}

function valueOf(tagged: unknown): BackendValue {
  const value = objectOr(tagged)
  if (Object.keys(value).length === 1) {
    const { boolValue, intValue, stringValue } = value
    if (typeof stringValue === 'string') return stringValue
    if (typeof boolValue === 'boolean') return boolValue
    if (intValue !== undefined) return numberValue(intValue)
  }
  return { other: tagged }
}

/** An int is a decimal string in OTLP/JSON; a number only when it can be exact. Absent: 0. */
function numberValue(value: unknown): BackendValue {
  if (value === undefined) return 0n
  if (typeof value === 'bigint') return value
  if (typeof value === 'number' && Number.isSafeInteger(value)) return BigInt(value)
  if (typeof value === 'string' && /^-?[0-9]{1,20}$/.test(value)) return BigInt(value)
  return { other: value }
}

function textValue(value: unknown): AttributeValue | { other: unknown } {
  if (value === undefined) return ''
  return typeof value === 'string' ? value : { other: value }
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The objects of a list; absent is empty, as protobuf's JSON leaves out what is empty. */
function listIn(holder: Json, name: string): Json[] {
  const list = holder[name] ?? []
  if (!Array.isArray(list)) throw malformed(name)
  return list.map((item: unknown) => object(item, name))
}

function objectIn(holder: Json, name: string): Json {
  return object(holder[name] ?? {}, name)
}

function object(value: unknown, name = 'traces'): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(name)
  return value as Json
}

function objectOr(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

function malformed(name: string): QueryError {
  return new QueryError('BACKEND_ANSWER_MALFORMED', `${name} has another shape`)
}
