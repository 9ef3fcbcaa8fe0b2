// When each key's last record came, as a running receiver knows. See test/keys-lifecycle.test.ts.
import { ledgerExists } from '@grantlog/ledger'
import type { Place } from './check.ts'
import { askReceiver } from './stream-checkup.ts'

/** Unix milliseconds by kid; null when no receiver of this log answers: counting is not cheap. */
export async function lastRecords(
  place: Pick<Place, 'adminPort' | 'data' | 'folders'>,
): Promise<ReadonlyMap<string, number> | null> {
  if (!(await ledgerExists(place.folders))) return null
  const report = await askReceiver(place)
  if (report === null) return null
  const last = new Map<string, number>()
  for (const { kid, lastSeen } of report.streams) {
    last.set(kid, Math.max(lastSeen, last.get(kid) ?? 0))
  }
  return last
}
