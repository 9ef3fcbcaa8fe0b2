// What members of leaves, and of what belongs to them, may be.
import { fromBase64url, type JsonValue } from '@grantlog/record'

/** b64u of so many bytes. */
export function isBytes(value: JsonValue | undefined, length: number): value is string {
  return typeof value === 'string' && fromBase64url(value)?.length === length
}

/** A whole number from 0 on; times in Unix milliseconds are such numbers. */
export function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
