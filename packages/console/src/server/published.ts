// What the published checkpoint says, as far as it can be read: it is not verified here.
import type { LedgerReader } from '@grantlog/ledger'
import { type Checkpoint, decodeCheckpoint, decodeNote, TlogError } from '@grantlog/tlog'

export function checkpointOf({ published }: LedgerReader): Checkpoint | null {
  return published === null ? null : decodeCheckpoint(decodeNote(published).text)
}

/** Leaves under it. */
export function publishedOf(reader: LedgerReader): number {
  return checkpointOf(reader)?.size ?? 0
}

/** The same; null for a checkpoint that cannot be read. */
export function publishedOrNull(reader: LedgerReader): number | null {
  try {
    return publishedOf(reader)
  } catch (error) {
    if (error instanceof TlogError) return null
    throw error
  }
}
