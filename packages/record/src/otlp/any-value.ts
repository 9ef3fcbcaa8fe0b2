import { base64url } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import type { OtlpLimits } from '../limits.ts'
import type { AttributeValue, JsonValue } from '../span.ts'
import { decodeKeyValue } from './key-value.ts'
import {
  expectWire,
  wireBytes,
  type WireField,
  wireFields,
  wireFixed64,
  wireText,
  wireVarint,
} from './wire.ts'

/** One attribute as sent. `scalar` is set when the value is one that a record may hold. */
export interface DecodedAttribute {
  readonly key: string
  readonly scalar: AttributeValue | undefined
  /** The value's raw bytes when it is an OTLP bytesValue. */
  readonly bytes: Uint8Array | undefined
  /** The tagged value, as OTLP/JSON has it; `{}` for an empty one. Read lazily: most need none. */
  readonly json: () => JsonValue
}

/** Reads a `KeyValue` and looks into its value. Throws OTLP_MALFORMED. */
export function decodeAttribute(message: Uint8Array, limits: OtlpLimits): DecodedAttribute {
  const { key, value } = decodeKeyValue(message)
  const only = value && onlyField(value)
  return {
    key,
    scalar: only && scalarIn(only),
    bytes: only?.number === 7 && only.wireType === wireBytes ? only.bytes : undefined,
    json: () => (value ? anyValueJson(value, limits.depthMax) : {}),
  }
}

/** The one field that an AnyValue has; undefined when it is empty. */
function onlyField(message: Uint8Array): WireField | undefined {
  let only: WireField | undefined
  for (const field of wireFields(message)) {
    if (field.number > 7) continue
    if (only) throw malformed('an attribute has two values')
    only = field
  }
  return only
}

function scalarIn(field: WireField): AttributeValue | undefined {
  if (field.number === 1) {
    expectWire(field, wireBytes, 'stringValue')
    return wireText(field, 'attribute value')
  }
  if (field.number === 2) {
    expectWire(field, wireVarint, 'boolValue')
    return field.integer !== 0n
  }
  if (field.number === 3) {
    expectWire(field, wireVarint, 'intValue')
    return BigInt.asIntN(64, field.integer)
  }
  return undefined
}

function anyValueJson(message: Uint8Array, depth: number): JsonValue {
  if (depth === 0) {
    throw new RecordError('OTLP_LIMIT_EXCEEDED', 'attribute values are nested too deep')
  }
  const field = onlyField(message)
  if (!field) return {}
  const scalar = scalarIn(field)
  if (typeof scalar === 'string') return { stringValue: scalar }
  if (typeof scalar === 'boolean') return { boolValue: scalar }
  if (typeof scalar === 'bigint') return { intValue: scalar.toString() }
  if (field.number === 4) {
    expectWire(field, wireFixed64, 'doubleValue')
    return { doubleValue: doubleJson(field.integer) }
  }
  expectWire(field, wireBytes, 'attribute value')
  if (field.number === 7) return { bytesValue: base64url(field.bytes) }
  const values = [...wireFields(field.bytes)].filter(({ number }) => number === 1)
  if (field.number === 5) {
    return { arrayValue: { values: values.map(({ bytes }) => anyValueJson(bytes, depth - 1)) } }
  }
  return { kvlistValue: { values: values.map(({ bytes }) => pairJson(bytes, depth - 1)) } }
}

function pairJson(message: Uint8Array, depth: number): JsonValue {
  let key = ''
  let value: JsonValue = {}
  for (const field of wireFields(message)) {
    if (field.number === 1) key = wireText(field, 'map key')
    else if (field.number === 2) value = anyValueJson(field.bytes, depth)
  }
  return { key, value }
}

/** JSON has no NaN and no infinities; OTLP/JSON writes them as strings. */
function doubleJson(bits: bigint): JsonValue {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, bits)
  const value = view.getFloat64(0)
  return Number.isFinite(value) ? value : String(value)
}

function malformed(what: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed protobuf: ${what}`)
}
