// A span as Jaeger 2 keeps it in Elasticsearch and OpenSearch: a document of its own model (seen on
// 2.13 with OpenSearch 2.19 and Elasticsearch 7.10). What it does to a span has an exact inverse,
// so that a record is `exact` here or altered:
//
//   times            startTime and duration in microseconds, which is what records have (FORMAT.md
//                    1.2), and the start once more in milliseconds, for searches
//   parent           the only reference, CHILD_OF in the same trace
//   attributes       tags with a type; some, or all, in `tag` instead, by name with @ for the dots
//   kind             the tag span.kind; none when unspecified
//   status           the tag error = true, or otel.status_code = OK; otel.status_description
//   scope            the tags otel.scope.name and otel.scope.version
//   resource         process: serviceName, and its other attributes as tags
//
// Read defensively, as in otlp-json.ts: nothing in a document is refused, and what cannot be undone
// is kept as it is told. See jaeger-document.test.ts, and test/peers/search-verify.test.ts.
import type { BackendSpan, BackendValue, SpanField } from './span.ts'

type Json = { readonly [name: string]: unknown }
type Attributes = Map<string, BackendValue>

const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer']

const members = new Set([
  ...['traceID', 'spanID', 'operationName', 'references', 'startTime', 'startTimeMillis'],
  ...['duration', 'tags', 'tag', 'process'],
])

/** The span of a document's `_source`. */
export function spanInJaegerDocument(source: unknown): BackendSpan {
  const document = objectOr(source)
  const { attributes, repeated } = attributesIn(document)
  const process = attributesIn(objectOr(document.process))
  const times = timesIn(document)
  // Taken out of the attributes one by one, and what is left are the span's own.
  const fields = new Map<SpanField, BackendValue>([
    ['parentSpanId', parentIn(document)],
    ['name', textOr(document.operationName)],
    ['kind', takeKind(attributes)],
    ['startTimeUnixNano', times.start],
    ['endTimeUnixNano', times.end],
    ['status.code', takeCode(attributes)],
    ['status.message', takeText(attributes, 'otel.status_description')],
  ])
  const scope = {
    name: takeText(attributes, 'otel.scope.name'),
    version: takeText(attributes, 'otel.scope.version'),
  }
  return {
    traceId: text(document.traceID),
    spanId: text(document.spanID),
    fields,
    attributes,
    repeated: [...repeated, ...process.repeated.map((name) => `resource ${name}`)],
    resource: resourceOf(document.process, process.attributes),
    scope,
    extra: extraIn(document),
  }
}

/** Microseconds, as nanoseconds. The end is where the duration leads. */
function timesIn({ duration, startTime }: Json): { start: BackendValue; end: BackendValue } {
  const [start, length] = [integer(startTime), integer(duration)]
  return {
    start: start === null ? { other: startTime } : start * 1_000n,
    end: start === null || length === null ? { other: duration } : (start + length) * 1_000n,
  }
}

function parentIn({ references, traceID }: Json): BackendValue {
  if (references === undefined || references === null) return ''
  if (!Array.isArray(references) || references.length > 1) return { other: references }
  if (references.length === 0) return ''
  const reference = objectOr(references[0])
  const isParent = reference.refType === 'CHILD_OF' && reference.traceID === traceID
  const others = Object.keys(reference).length > 3
  return isParent && !others && typeof reference.spanID === 'string'
    ? reference.spanID
    : { other: references }
}

/** Tags in a list and by name: the first of each, and the names that came again. */
function attributesIn({ tag, tags }: Json): { attributes: Attributes; repeated: string[] } {
  const listed = Array.isArray(tags) ? tags.map((item: unknown) => pairOf(objectOr(item))) : []
  const named = Object.entries(objectOr(tag)).map(([name, value]) => {
    return [name.replaceAll('@', '.'), untyped(value)] as const
  })
  const attributes: Attributes = new Map()
  const repeated: string[] = []
  for (const [name, value] of [...listed, ...named]) {
    if (attributes.has(name)) repeated.push(name)
    else attributes.set(name, value)
  }
  return { attributes, repeated }
}

/** A tag has a key, a type and a value of it, and nothing else. */
function pairOf(item: Json): readonly [string, BackendValue] {
  const { key, type, value, ...others } = item
  const typed = { string: 'string', bool: 'boolean', int64: 'bigint' }[String(type)]
  const read = untyped(value)
  const fits = typeof read === typed && Object.keys(others).length === 0
  return [text(key), fits ? read : { other: item }]
}

function untyped(value: unknown): BackendValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  return integer(value) ?? { other: value }
}

function takeKind(attributes: Attributes): BackendValue {
  const kind = take(attributes, 'span.kind') ?? ''
  const number = typeof kind === 'string' ? kinds.indexOf(kind) : -1
  return number < 0 ? { other: kind } : BigInt(number)
}

/** `error` is the truth, as for Jaeger's reader; a status code beside it stays, to be judged. */
function takeCode(attributes: Attributes): BackendValue {
  if (attributes.get('error') === true) {
    attributes.delete('error')
    return 2n
  }
  if (attributes.get('otel.status_code') !== 'OK') return 0n
  attributes.delete('otel.status_code')
  return 1n
}

/** What is no text stays where it is, and is no attribute of a record. */
function takeText(attributes: Attributes, name: string): string {
  return typeof attributes.get(name) === 'string' ? (take(attributes, name) as string) : ''
}

function take(attributes: Attributes, name: string): BackendValue | undefined {
  const value = attributes.get(name)
  attributes.delete(name)
  return value
}

function resourceOf(process: unknown, attributes: Attributes): Attributes {
  const { serviceName, tag: _, tags: __, ...others } = objectOr(process)
  const service = serviceName === undefined ? [] : [['service.name', textOr(serviceName)] as const]
  const rest = Object.entries(others).map(([name, other]) => [name, { other }] as const)
  return new Map([...attributes, ...rest, ...service])
}

/** What no record has: logs, flags, further members, and a second start that is another. */
function extraIn(document: Json): Attributes {
  const extra: Attributes = new Map()
  for (const [name, value] of Object.entries(document)) {
    if (!members.has(name) && !isEmpty(value)) extra.set(name, { other: value })
  }
  for (const name of ['tags', 'tag'] as const) {
    const value = document[name]
    const isRead = name === 'tags' ? Array.isArray(value) : isObject(value)
    if (!isRead && !isEmpty(value)) extra.set(name, { other: value })
  }
  const start = integer(document.startTime)
  const again = integer(document.startTimeMillis)
  if (start === null || again !== start / 1_000n) {
    extra.set('startTimeMillis', { other: document.startTimeMillis })
  }
  return extra
}

function isEmpty(value: unknown): boolean {
  const isNothing = value === undefined || value === null || value === '' || value === 0
  return isNothing || (Array.isArray(value) && value.length === 0)
}

function integer(value: unknown): bigint | null {
  if (typeof value === 'bigint') return value
  return typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : null
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function textOr(value: unknown): BackendValue {
  return typeof value === 'string' ? value : { other: value }
}

function objectOr(value: unknown): Json {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
