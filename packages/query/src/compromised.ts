// Whether a record was sealed under a key that was declared compromised from before it: the last
// `key` leaf of the log says so, whatever the record says. See compromised.test.ts.
import { decodeEnrolment, type FrameEntry, isCompromised } from '@grantlog/ledger'
import type { Reading } from './reading.ts'
import type { LedgerRecord } from './records.ts'

/** The newest entry of a key; null when the log has none. */
export async function lastKeyEntry(
  { index, reader }: Pick<Reading, 'index' | 'reader'>,
  kid: string,
): Promise<FrameEntry | null> {
  const key = index.keyBefore(kid, Infinity)
  if (key === null) return null
  const { entries } = await reader.frame(key.frame)
  return entries.find((one) => one.index === key.index) ?? null
}

/** Unix seconds; null: nothing was declared of it. Each key is looked up once. */
export function compromisedSince(
  reading: Pick<Reading, 'index' | 'reader'>,
): (record: Pick<LedgerRecord, 'leaf' | 'observed'>) => Promise<number | null> {
  const known = new Map<string, Promise<number | null>>()

  async function sinceOf(kid: string): Promise<number | null> {
    const entry = await lastKeyEntry(reading, kid)
    if (entry?.stored.kind !== 'content') return null
    return decodeEnrolment(entry.stored.content).since ?? null
  }

  return async ({ leaf, observed }) => {
    // Nobody's key of ours signed it.
    if (observed !== null) return null
    const looked = known.get(leaf.kid) ?? sinceOf(leaf.kid)
    known.set(leaf.kid, looked)
    const since = await looked
    return since !== null && isCompromised({ since }, leaf) ? since : null
  }
}
