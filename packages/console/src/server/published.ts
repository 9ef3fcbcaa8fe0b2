// What the published checkpoint says, as far as it can be read: it is not verified here.
import type { LedgerReader } from '@grantlog/ledger'
import { type Checkpoint, decodeCheckpoint, decodeNote } from '@grantlog/tlog'

export function checkpointOf({ published }: LedgerReader): Checkpoint | null {
  return published === null ? null : decodeCheckpoint(decodeNote(published).text)
}

/** Leaves under it. */
export function publishedOf(reader: LedgerReader): number {
  return checkpointOf(reader)?.size ?? 0
}
