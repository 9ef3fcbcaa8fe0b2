import { equalBytes } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { type OtlpLimits, resourceBytesMax, scopeBytesMax } from '../limits.ts'
import { ATTR } from '../names.ts'
import type { JsonValue } from '../span.ts'
import { type DecodedAttribute, decodeAttribute } from './any-value.ts'
import { expectWire, wireBytes, WireCursor, wireFields, wireText } from './wire.ts'

/** The instrumentation scope of audit spans, with the batch evidence it carries. */
export interface AuditScope {
  readonly name: string
  readonly version: string
  /** The batch's JWS; null when the scope has none. Attacker-controlled. */
  readonly jws: string | null
  /** The batch's digests, concatenated; null when the scope has none. Attacker-controlled. */
  readonly digests: Uint8Array | null
}

/**
 * The resource of a `ResourceSpans` with audit spans (field 1); one object may serve many requests.
 * Throws RecordError.
 */
export function resourceIn(resourceSpans: Uint8Array, limits: OtlpLimits): Resource {
  let resource: Resource = {}
  const field = new WireCursor(resourceSpans)
  while (field.next()) {
    if (field.number !== 1) continue
    expectWire(field, wireBytes, 'resource')
    const { bytes } = field
    resource = bytes.length > resourceBytesMax ? {} : resourceOf(bytes, limits)
  }
  return resource
}

type Resource = { readonly [name: string]: JsonValue }

/** The one that was read last: a producer sends the same with each request. */
let last:
  | { readonly bytes: Uint8Array; readonly limits: OtlpLimits; readonly resource: Resource }
  | undefined

function resourceOf(bytes: Uint8Array, limits: OtlpLimits): Resource {
  if (last === undefined || last.limits !== limits || !equalBytes(last.bytes, bytes)) {
    // A copy: `slice` of a Buffer would be a view of memory that serves the next request.
    last = { resource: attributesJson(bytes, limits), limits, bytes: new Uint8Array(bytes) }
  }
  return last.resource
}

/** `InstrumentationScope`: 1 name, 2 version, 3 attributes. */
export function scopeIn(scopeSpans: Uint8Array, limits: OtlpLimits): AuditScope {
  let name = ''
  let version = ''
  const evidence = new Map<string, DecodedAttribute>()
  let seen = false
  const outer = new WireCursor(scopeSpans)
  while (outer.next()) {
    if (outer.number !== 1) continue
    expectWire(outer, wireBytes, 'scope')
    if (seen) throw new RecordError('OTLP_MALFORMED', 'malformed protobuf: scope is repeated')
    seen = true
    if (outer.bytes.length > scopeBytesMax) {
      throw limit(`the scope of audit spans has more than ${scopeBytesMax} bytes`)
    }
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
