import { utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { attributeBytesMax } from '../limits.ts'
import type { AttributeDefinition } from '../names.ts'
import type { AttributeValue, JsonValue } from '../span.ts'
import { isObject } from './jcs.ts'

const int64Min = -(2n ** 63n)
const int64Max = 2n ** 63n - 1n
const decimal = /^(0|-?[1-9][0-9]{0,18})$/

/** The OTLP/JSON tag of a value: `{"stringValue": …}`, `{"intValue": "…"}`, `{"boolValue": …}`. */
export function tagValue(value: AttributeValue): JsonValue {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'bigint') return { intValue: value.toString() }
  return { boolValue: value }
}

/** Reads a tagged value of the registered type; throws RECORD_ATTRIBUTE_MALFORMED. */
export function untagValue(tagged: JsonValue, definition: AttributeDefinition): AttributeValue {
  const value = isObject(tagged) ? valueIn(tagged) : undefined
  if (value === undefined) throw malformed(definition.name, 'is not a tagged value')
  checkValue(value, definition)
  return value
}

function valueIn(tagged: { [name: string]: JsonValue }): AttributeValue | undefined {
  const names = Object.keys(tagged)
  if (names.length !== 1) return undefined
  const { stringValue, intValue, boolValue } = tagged
  if (typeof stringValue === 'string') return stringValue
  if (typeof boolValue === 'boolean') return boolValue
  if (typeof intValue === 'string' && decimal.test(intValue)) return BigInt(intValue)
  return undefined
}

/** Checks a value against its registered type and the profile of FORMAT.md 1.2. */
export function checkValue(value: AttributeValue, definition: AttributeDefinition): void {
  const { name, type } = definition
  if (type === 'string') {
    if (typeof value !== 'string') throw malformed(name, 'must be a string')
    if (value === '') throw malformed(name, 'must not be empty')
    if (!value.isWellFormed()) throw malformed(name, 'is not well-formed Unicode')
    // Three bytes for a UTF-16 unit at most: most strings need no encoding to be measured.
    if (value.length * 3 > attributeBytesMax && utf8(value).length > attributeBytesMax) {
      throw malformed(name, `is longer than ${attributeBytesMax} bytes`)
    }
  } else if (type === 'int') {
    if (typeof value !== 'bigint') throw malformed(name, 'must be an int')
    // Comparing bigints takes longer.
    const isSafe = Number.isSafeInteger(Number(value))
    if (!isSafe && (value < int64Min || value > int64Max)) throw malformed(name, 'is out of int64')
  } else if (typeof value !== 'boolean') {
    throw malformed(name, 'must be a boolean')
  }
}

function malformed(name: string, rule: string): RecordError {
  return new RecordError('RECORD_ATTRIBUTE_MALFORMED', `attribute ${name} ${rule}`)
}
