// What members of leaves, and of what belongs to them, may be.
import { fromBase64url, isObject, type JsonValue, readJcs, RecordError } from '@grantlog/record'

export type Members = { readonly [name: string]: JsonValue }

/** The members of one object in canonical JSON; null when the bytes are anything else. */
export function readMembers(bytes: Uint8Array): Members | null {
  try {
    const json = readJcs(bytes, 'RECORD_MALFORMED', 'members')
    return isObject(json) ? json : null
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
}

/** b64u of so many bytes. */
export function isBytes(value: JsonValue | undefined, length: number): value is string {
  return typeof value === 'string' && fromBase64url(value)?.length === length
}

/** A whole number from 0 on; times in Unix milliseconds are such numbers. */
export function isCount(value: JsonValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
