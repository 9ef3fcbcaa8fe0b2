// What a failed commit means. See commit-log.test.ts.
import { RecordError } from '@grantlog/record'
import { LedgerError, type LedgerErrorCode } from '../codes.ts'

const ofAllItems: ReadonlySet<LedgerErrorCode> = new Set(['LEDGER_FULL', 'LEDGER_POISONED'])

/** Failures of the disk: they are no item's own, and trying each alone would not help. */
export function isOfAllItems({ code }: LedgerError): boolean {
  return ofAllItems.has(code)
}

/**
 * What a failed commit means for the caller. Whatever failed while writing leaves the disk in
 * doubt, and ends the process.
 */
export function asLedgerError(cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause
  if (cause instanceof RecordError) {
    return new LedgerError('LEDGER_FORMAT', 'a record cannot be stored', { cause })
  }
  const { code } = cause as { code?: string }
  if (code === 'JOURNAL_TOO_LARGE') return new LedgerError('LEDGER_LIMIT', 'commit too large')
  const full = code === 'JOURNAL_FULL'
  return new LedgerError(full ? 'LEDGER_FULL' : 'LEDGER_POISONED', 'commit failed', { cause })
}
