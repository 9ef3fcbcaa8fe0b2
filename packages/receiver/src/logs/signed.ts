// What an edge gets for its log records that are sealed: one receipt. See
// forward/core-logs.test.ts.
import { type Ledger, receiptedLogsMax, type ReceiptedLog } from '@grantlog/ledger'
import { toBase64 } from '../base64.ts'
import type { PlacedLog } from './take.ts'

/** None when no edge says that it has any of them. */
export function receiptsFor(
  placed: readonly PlacedLog[],
  ledger: Pick<Ledger, 'signLogReceipt'>,
): string[] {
  const logs: ReceiptedLog[] = []
  for (const { index, log } of placed) {
    const { edge } = log.observation
    if (edge !== undefined) logs.push({ digest: toBase64(edge.digest), index })
  }
  if (logs.length === 0) return []
  return [Buffer.from(ledger.signLogReceipt(logs.slice(0, receiptedLogsMax))).toString()]
}
