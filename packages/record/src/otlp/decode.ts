import { includesBytes, utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { defaultOtlpLimits, type OtlpLimits } from '../limits.ts'
import { ATTR } from '../names.ts'
import type { JsonValue } from '../span.ts'
import { type DecodedAttribute, decodeAttribute } from './any-value.ts'
import { type DecodedSpan, decodeSpan } from './decode-span.ts'
import { mentionsReserved, stripReserved } from './pass-through.ts'
import { expectWire, wireBytes, wireFields, wireText, WireWriter } from './wire.ts'

/** The instrumentation scope of audit spans, with the batch evidence it carries. */
export interface AuditScope {
  readonly name: string
  readonly version: string
  /** The batch's JWS; null when the scope has none. Attacker-controlled. */
  readonly jws: string | null
  /** The batch's digests, concatenated; null when the scope has none. Attacker-controlled. */
  readonly digests: Uint8Array | null
}

/** An audit span, or what is wrong with it; a malformed span harms no other. */
export type AuditSpan = DecodedSpan | { readonly error: RecordError }

/** The audit spans of one scope of one resource. */
export interface AuditGroup {
  readonly resource: { readonly [name: string]: JsonValue }
  readonly scope: AuditScope
  readonly spans: readonly AuditSpan[]
}

/** An OTLP `ExportTraceServiceRequest`, split. */
export interface TraceRequest {
  readonly groups: readonly AuditGroup[]
  readonly auditSpans: number
  /** A request with all that is not audit, its spans' bytes untouched; null when there is none. */
  readonly passThrough: Uint8Array | null
  readonly passThroughSpans: number
}

interface Splitting {
  readonly limits: OtlpLimits
  readonly strip: boolean
  readonly groups: AuditGroup[]
  /** JWS seen so far: counting them anew for each scope would be quadratic. */
  readonly batches: Set<string | null>
  readonly rest: WireWriter
  spans: number
  passThroughSpans: number
}

const scopePrefix = '@grantlog/'
const recordIdName = utf8(ATTR.AUDIT_RECORD_ID)

/**
 * Splits a request into audit spans, read strictly, and everything else, which is not read at all
 * beyond what tells them apart. An audit span is one from a scope `@grantlog/*` or with an
 * attribute `audit.record.id`.
 *
 * Throws OTLP_MALFORMED or OTLP_LIMIT_EXCEEDED when the request as a whole cannot be read; what is
 * wrong with a single audit span is said in its place.
 */
export function decodeTraceRequest(
  body: Uint8Array,
  limits: OtlpLimits = defaultOtlpLimits,
): TraceRequest {
  const splitting: Splitting = {
    limits,
    strip: mentionsReserved(body),
    groups: [],
    batches: new Set(),
    rest: new WireWriter(),
    spans: 0,
    passThroughSpans: 0,
  }
  for (const field of wireFields(body)) {
    if (field.number !== 1) continue
    expectWire(field, wireBytes, 'resource spans')
    splitResource(field.bytes, splitting)
  }
  const { groups, passThroughSpans, rest, spans } = splitting
  const passThrough = passThroughSpans > 0 ? rest.finish() : null
  return { groups, auditSpans: spans - passThroughSpans, passThrough, passThroughSpans }
}

/** `ResourceSpans`: 1 resource, 2 scope_spans, 3 schema_url. */
function splitResource(message: Uint8Array, splitting: Splitting): void {
  const rest = new WireWriter()
  const before = splitting.passThroughSpans
  let resource: { [name: string]: JsonValue } = {}
  for (const field of wireFields(message)) {
    if (field.number === 1) {
      expectWire(field, wireBytes, 'resource')
      resource = attributesJson(field.bytes, splitting.limits)
    }
  }
  for (const field of wireFields(message)) {
    if (field.number !== 2) {
      rest.raw(message.subarray(field.start, field.end))
      continue
    }
    expectWire(field, wireBytes, 'scope spans')
    const kept = splitScope(field.bytes, resource, splitting)
    if (kept) rest.bytes(2, kept)
  }
  if (splitting.passThroughSpans > before) splitting.rest.bytes(1, rest.finish())
}

/** `ScopeSpans`: 1 scope, 2 spans, 3 schema_url. Returns what passes through, null if nothing. */
function splitScope(
  message: Uint8Array,
  resource: { [name: string]: JsonValue },
  splitting: Splitting,
): Uint8Array | null {
  const { limits } = splitting
  const scope = scopeIn(message, limits)
  const ours = scope.name.startsWith(scopePrefix)
  const rest = new WireWriter()
  const spans: AuditSpan[] = []
  let kept = 0
  for (const field of wireFields(message)) {
    if (field.number !== 2) {
      rest.raw(message.subarray(field.start, field.end))
      continue
    }
    expectWire(field, wireBytes, 'span')
    if (++splitting.spans > limits.spansMax) {
      throw limit(`a request has more than ${limits.spansMax} spans`)
    }
    if (ours || hasRecordId(field.bytes, limits)) {
      spans.push(auditSpan(field.bytes, limits))
    } else {
      kept++
      rest.bytes(2, splitting.strip ? stripReserved(field.bytes, limits) : field.bytes)
    }
  }
  if (spans.length > 0) addGroup({ resource, scope, spans }, splitting)
  splitting.passThroughSpans += kept
  return kept > 0 ? rest.finish() : null
}

function addGroup(group: AuditGroup, splitting: Splitting): void {
  splitting.groups.push(group)
  splitting.batches.add(group.scope.jws)
  const { batchesMax } = splitting.limits
  if (splitting.batches.size > batchesMax)
    throw limit(`a request has more than ${batchesMax} batches`)
}

function auditSpan(message: Uint8Array, limits: OtlpLimits): AuditSpan {
  try {
    return decodeSpan(message, limits)
  } catch (error) {
    if (error instanceof RecordError) return { error }
    throw error
  }
}

function hasRecordId(span: Uint8Array, limits: OtlpLimits): boolean {
  // Almost no span of others has the name anywhere: then its attributes need not be read.
  if (!includesBytes(span, recordIdName)) return false
  for (const field of wireFields(span)) {
    if (field.number !== 9 || field.wireType !== wireBytes) continue
    if (decodeAttribute(field.bytes, limits).key === ATTR.AUDIT_RECORD_ID) return true
  }
  return false
}

/** `InstrumentationScope`: 1 name, 2 version, 3 attributes. */
function scopeIn(scopeSpans: Uint8Array, limits: OtlpLimits): AuditScope {
  let name = ''
  let version = ''
  const evidence = new Map<string, DecodedAttribute>()
  let seen = false
  for (const outer of wireFields(scopeSpans)) {
    if (outer.number !== 1) continue
    expectWire(outer, wireBytes, 'scope')
    if (seen) throw new RecordError('OTLP_MALFORMED', 'malformed protobuf: scope is repeated')
    seen = true
    for (const field of wireFields(outer.bytes)) {
      if (field.number === 1) name = wireText(field, 'scope name')
      else if (field.number === 2) version = wireText(field, 'scope version')
      else if (field.number === 3) {
        const attribute = decodeAttribute(field.bytes, limits)
        if (evidence.has(attribute.key)) {
          throw new RecordError('OTLP_MALFORMED', 'malformed protobuf: scope attribute is repeated')
        }
        evidence.set(attribute.key, attribute)
        if (evidence.size > limits.attributesMax) {
          throw limit(`a scope has more than ${limits.attributesMax} attributes`)
        }
      }
    }
  }
  const jws = evidence.get(ATTR.AUDIT_INTEGRITY_VALUE)?.scalar
  const digests = evidence.get(ATTR.AUDIT_INTEGRITY_DIGESTS)?.bytes ?? null
  return { name, version, jws: typeof jws === 'string' ? jws : null, digests }
}

/** The attributes of a `Resource` (field 1) as JSON; unsigned, so the last of a name may win. */
function attributesJson(message: Uint8Array, limits: OtlpLimits): { [name: string]: JsonValue } {
  const entries: [string, JsonValue][] = []
  for (const field of wireFields(message)) {
    if (field.number !== 1 || field.wireType !== wireBytes) continue
    const attribute = decodeAttribute(field.bytes, limits)
    entries.push([attribute.key, attribute.json()])
    if (entries.length > limits.attributesMax) {
      throw limit(`a resource has more than ${limits.attributesMax} attributes`)
    }
  }
  return Object.fromEntries(entries)
}

function limit(message: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', message)
}
