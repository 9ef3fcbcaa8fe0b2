// What a record says of its own stream (FORMAT.md 2.3). See words.test.ts.
import { ATTR, decodeList, openRecord } from '@grantlog/record'
import type { StreamWord } from './stream.ts'

/**
 * The counts of a start, heartbeat or stop. What is not there or no number counts as nothing: a
 * producer's word is told, never relied on. Throws RecordError for what is no canonical form.
 */
export function wordOf(canonical: Uint8Array): StreamWord {
  const { attributes } = openRecord(canonical)
  const counts = attributes.get(ATTR.AUDIT_STREAM_COUNTS)
  const items = typeof counts === 'string' ? decodeList(counts) : []
  const assigned = items.reduce((sum, item) => sum + countIn(item), 0)
  const dropped = attributes.get(ATTR.AUDIT_STREAM_DROPPED)
  return {
    assigned: Number.isSafeInteger(assigned) ? assigned : 0,
    dropped: typeof dropped === 'bigint' ? safe(Number(dropped)) : 0,
  }
}

/** The number in `action=number`. */
function countIn(item: string): number {
  return safe(Number(/=([0-9]{1,15})$/.exec(item)?.[1] ?? 0))
}

function safe(number: number): number {
  return Number.isSafeInteger(number) && number >= 0 ? number : 0
}
