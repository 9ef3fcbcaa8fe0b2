import { utf8, utf8Text } from '../bytes.ts'
import { RecordError, type RecordErrorCode } from '../codes.ts'
import type { JsonValue } from '../span.ts'

/**
 * RFC 8785 (JCS) text of a JSON value. JavaScript's own string escaping and number format are what
 * the RFC prescribes (§3.2.2); what is left is the order of members. Throws RangeError for a lone
 * surrogate, NaN or an infinity, which JCS forbids.
 */
export function jcs(value: JsonValue): string {
  if (typeof value === 'string') return quoted(value)
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new RangeError('JCS: number is not finite')
    return JSON.stringify(value)
  }
  if (value === null || typeof value === 'boolean') return String(value)
  if (isArray(value)) return `[${value.map(jcs).join(',')}]`
  // Array#sort without a comparer orders by UTF-16 code units, as §3.2.3 asks.
  const names = Object.keys(value)
  if (names.length > 1) names.sort()
  let text = ''
  for (const name of names) text += `${text === '' ? '' : ','}${quoted(name)}:${jcs(value[name]!)}`
  return `{${text}}`
}

/** Nothing in it needs an escape, as in most strings. */
const plainForm = /^[ !#-[\]-~]*$/
/** Characters that are looked at one by one; a regular expression's call costs more than these. */
const shortMax = 64

/** A string as JCS has it. Throws RangeError for a lone surrogate. */
export function quoted(text: string): string {
  const isPlain = text.length > shortMax ? plainForm.test(text) : isPlainText(text)
  if (isPlain) return `"${text}"`
  if (!text.isWellFormed()) throw new RangeError('JCS: lone surrogate')
  return JSON.stringify(text)
}

function isPlainText(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    // '"' is 0x22, '\\' is 0x5c.
    if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false
  }
  return true
}

export function jcsBytes(value: JsonValue): Uint8Array {
  return utf8(jcs(value))
}

/**
 * Reads JSON that must already be in JCS form, and throws a RecordError with the given code when it
 * is not: duplicate members, white space and other spellings of the same value cannot pass.
 */
export function readJcs(bytes: Uint8Array, code: RecordErrorCode, what: string): JsonValue {
  return readJcsText(utf8Text(bytes, code, what), code, what)
}

/** The same of its text. */
export function readJcsText(text: string, code: RecordErrorCode, what: string): JsonValue {
  try {
    const value = JSON.parse(text) as JsonValue
    if (jcs(value) === text) return value
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error
  }
  throw new RecordError(code, `${what} is not JSON in canonical form (RFC 8785)`)
}

/** True for a JSON object (not an array, not null). */
export function isObject(value: JsonValue | undefined): value is { [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !isArray(value)
}

function isArray(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value)
}
