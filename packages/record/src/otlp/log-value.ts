// Values of log records, read strictly into tags (FORMAT.md 6.2). A span's covered values are
// scalars; somebody else's log record may have any value, and all of it is covered.
import { base64url, hex } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import type { JsonObject } from '../log.ts'
import type { JsonValue } from '../span.ts'
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

/** Limits of the values of one message. */
export interface ValueLimits {
  readonly attributesMax: number
  readonly depthMax: number
}

const doubleBytes = 8

/**
 * The attributes (fields `number`, each a `KeyValue`) of a message. Throws OTLP_MALFORMED for one
 * that is there twice, OTLP_LIMIT_EXCEEDED.
 */
export function attributesIn(
  message: Uint8Array,
  number: number,
  { attributesMax, depthMax }: ValueLimits,
): JsonObject {
  const pairs: WireField[] = []
  for (const field of wireFields(message)) {
    if (field.number !== number) continue
    pairs.push(field)
    if (pairs.length > attributesMax) {
      throw limit(`a log record has more than ${attributesMax} attributes in one place`)
    }
  }
  return pairsJson(pairs, depthMax)
}

/** The tagged value of an `AnyValue`; `{}` for an empty one. Throws RecordError. */
export function valueJson(message: Uint8Array, depth: number): JsonValue {
  if (depth === 0) throw limit('values of a log record are nested too deep')
  const [field, ...more] = wireFields(message)
  if (field === undefined) return {}
  if (more.length > 0) throw malformed('a value has two kinds')
  return taggedJson(field, depth)
}

function taggedJson(field: WireField, depth: number): JsonValue {
  const { bytes, integer, number } = field
  const expected = wireTypes[number - 1]
  if (expected === undefined) throw malformed('a value is of no known kind')
  expectWire(field, expected, 'a value')
  switch (number) {
    case 1:
      return { stringValue: wireText(field, 'a value') }
    case 2:
      return { boolValue: integer !== 0n }
    case 3:
      return { intValue: BigInt.asIntN(64, integer).toString() }
    case 4:
      return { doubleValue: bitsOf(integer) }
    case 5:
      return { arrayValue: itemsOf(bytes).map((item) => valueJson(item.bytes, depth - 1)) }
    case 6:
      return { kvlistValue: pairsJson(itemsOf(bytes), depth - 1) }
    default:
      return { bytesValue: base64url(bytes) }
  }
}

/** Of `AnyValue`: text, boolean, int, double, array, key-value list, bytes. */
const wireTypes = [
  wireBytes,
  wireVarint,
  wireVarint,
  wireFixed64,
  wireBytes,
  wireBytes,
  wireBytes,
] as const

/** What an `ArrayValue` or `KeyValueList` has: nothing but field 1. */
function itemsOf(message: Uint8Array): WireField[] {
  const items = [...wireFields(message)]
  for (const item of items) {
    if (item.number !== 1) throw malformed('a list has something besides its items')
    expectWire(item, wireBytes, 'an item')
  }
  return items
}

function pairsJson(pairs: readonly WireField[], depth: number): JsonObject {
  const entries = new Map<string, JsonValue>()
  for (const pair of pairs) {
    expectWire(pair, wireBytes, 'an attribute')
    const { key, value } = decodeKeyValue(pair.bytes)
    if (entries.has(key)) throw malformed('an attribute is repeated')
    entries.set(key, value === undefined ? {} : valueJson(value, depth))
  }
  // Defines members: a key named __proto__ is one like any other.
  return Object.fromEntries(entries)
}

/** The bits of a double: any other spelling would take two for the same, such as 0 and -0. */
function bitsOf(bits: bigint): string {
  const bytes = new Uint8Array(doubleBytes)
  new DataView(bytes.buffer).setBigUint64(0, bits)
  return hex(bytes)
}

function malformed(what: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed log record: ${what}`)
}

function limit(message: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', message)
}
