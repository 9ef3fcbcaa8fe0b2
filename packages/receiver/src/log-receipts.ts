// Receipts for audit log records: what a record's sender gets, in the same form, where the batch is
// what one request brought and a number is a place in it (FORMAT.md 6.5). See
// log-receipts.test.ts.
import { type Ledger, sha256 } from '@grantlog/ledger'
import { logsRoot } from '@grantlog/record'
import { runsOf } from './commit/runs.ts'
import type { Taken } from './logs/take.ts'

/** Signed notes, at most so many; the rest of the records get theirs when they come again. */
export function logReceipts(
  { ids, placed }: Pick<Taken, 'ids' | 'placed'>,
  ledger: Pick<Ledger, 'signReceipt'>,
  maxReceipts: number,
): string[] {
  if (placed.length === 0) return []
  const root = Buffer.from(logsRoot(ids, sha256)).toString('base64')
  const runs = runsOf(placed.map(({ at, index, receivedAt }) => ({ seq: at, index, receivedAt })))
  return runs.slice(0, maxReceipts).map((run) => ledger.signReceipt({ ...run, root }))
}
