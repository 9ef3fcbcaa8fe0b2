// The attributes of an audit log record (FORMAT.md 6) in the shape of a record's: what is searched
// and shown of it, and what a page compares with the bytes. See log-attributes.test.ts.
import { isObject } from './canonical/jcs.ts'
import { encodeList } from './list.ts'
import { type JsonObject, type LogForm, textOf } from './log.ts'
import { ATTR, listAttributes } from './names.ts'
import type { AttributeValue, JsonValue } from './span.ts'

/** Attributes of a resource that say what those of a producer say. */
const ofResource = [
  ['service.name', ATTR.AUDIT_PRODUCER_SERVICE],
  ['deployment.environment.name', ATTR.AUDIT_PRODUCER_ENVIRONMENT],
  ['deployment.environment', ATTR.AUDIT_PRODUCER_ENVIRONMENT],
  ['service.version', ATTR.AUDIT_PRODUCER_VERSION],
] as const

/**
 * Its own, those of the slots that are open, and what the resource says of the producer. Empty
 * ones say nothing, and are left out; what is no scalar is told as JSON.
 */
export function logAttributes(
  { attributes: own, eventName, resource }: LogForm,
  fields: readonly JsonObject[],
): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>()
  for (const tagged of [own, ...fields]) {
    for (const [name, value] of Object.entries(tagged)) {
      const plain = plainOf(name, value)
      if (plain !== '') attributes.set(name, plain)
    }
  }
  for (const [from, to] of ofResource) {
    const text = textOf(resource.attributes[from])
    if (text && !attributes.has(to)) attributes.set(to, text)
  }
  if (eventName !== '' && !attributes.has(ATTR.AUDIT_ACTION)) {
    attributes.set(ATTR.AUDIT_ACTION, eventName)
  }
  return attributes
}

function plainOf(name: string, tagged: JsonValue): AttributeValue {
  if (!isObject(tagged)) return ''
  const { arrayValue, boolValue, doubleValue, intValue, stringValue } = tagged
  if (typeof stringValue === 'string') return stringValue
  if (typeof boolValue === 'boolean') return boolValue
  if (typeof intValue === 'string') return BigInt(intValue)
  if (typeof doubleValue === 'string') return numberOf(doubleValue)
  if (Array.isArray(arrayValue) && listAttributes.has(name)) {
    return encodeList((arrayValue as JsonValue[]).map((item) => String(plainOf('', item))))
  }
  return Object.keys(tagged).length === 0 ? '' : JSON.stringify(readable(tagged))
}

/** Without tags, for people. */
function readable(tagged: JsonValue): JsonValue {
  if (!isObject(tagged)) return tagged
  const [[tag, value] = ['', null]] = Object.entries(tagged)
  if (Array.isArray(value)) return (value as JsonValue[]).map(readable)
  if (tag === 'doubleValue' && typeof value === 'string') {
    const text = numberOf(value)
    return Number.isFinite(Number(text)) ? Number(text) : text
  }
  if (tag !== 'kvlistValue' || !isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, readable(inner)]))
}

/** `bits`: 16 hexadecimal digits of a double. */
function numberOf(bits: string): string {
  const view = new DataView(new ArrayBuffer(8))
  view.setBigUint64(0, BigInt(`0x${bits}`))
  return String(view.getFloat64(0))
}
