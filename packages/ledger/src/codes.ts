/**
 * Everything that can go wrong in a ledger, closed: each has one thing a caller can do about it.
 */
export type LedgerErrorCode =
  | 'LEDGER_EXISTS'
  | 'LEDGER_MISSING'
  | 'LEDGER_LOCKED'
  | 'LEDGER_ROLLED_BACK'
  | 'LEDGER_DAMAGED'
  | 'LEDGER_FENCED'
  | 'LEDGER_FULL'
  | 'LEDGER_POISONED'
  | 'LEDGER_CLOSED'
  | 'LEDGER_FORMAT'
  | 'LEDGER_LIMIT'
  | 'LEDGER_NOT_FOUND'
  | 'KEY_REFUSED'
  | 'KEYSTORE_DAMAGED'
  | 'ENROLLED_BUSY'
  | 'ENROLLED_MALFORMED'
  | 'RESUME_UNUSABLE'
  | 'AUDIT_STOPPED'

/** What an operator can do, by code. Printed as `fix:` by the command line. */
export const ledgerFixes: { readonly [code in LedgerErrorCode]: string } = {
  LEDGER_EXISTS: 'Use another --data folder, or open the ledger that is there.',
  LEDGER_MISSING:
    'Check the path of --data. A new ledger is made there by the first start of the receiver.',
  LEDGER_LOCKED: 'Stop the other receiver that uses this data folder, or choose another folder.',
  LEDGER_ROLLED_BACK:
    'Put back the newest ledger folder, or run `grantlog mend` if only tiles are gone. If it is ' +
    'lost, keep everything and start a new log.',
  LEDGER_DAMAGED:
    'Run `grantlog verify` on a copy; restore the named files from a mirror or backup.',
  LEDGER_FENCED: 'Another process took over this ledger. Stop this one.',
  LEDGER_FULL: 'Free disk space; producers keep their records and send them again.',
  LEDGER_POISONED: 'A write or sync failed. Check the disk and restart; the log is replayed.',
  LEDGER_CLOSED: 'Open the ledger again.',
  LEDGER_FORMAT: 'The bytes are not of the format that FORMAT.md tells; compare the versions.',
  LEDGER_LIMIT: 'Send less at once; the message names the limit.',
  LEDGER_NOT_FOUND: 'Check the record id or index; `grantlog search` lists them.',
  KEY_REFUSED: 'Make a new Ed25519 key with `grantlog keys new`.',
  KEYSTORE_DAMAGED:
    'Restore the keys folder from its own backup; records stay unreadable without it.',
  ENROLLED_BUSY: 'Wait for the other change; if none is under way, remove the lock file.',
  ENROLLED_MALFORMED: 'Restore keys/enrolled.json, or move it away and enrol each service anew.',
  RESUME_UNUSABLE: 'Remove the file, or give another one: the audit then begins anew.',
  AUDIT_STOPPED: 'Run the same command with the same file: it goes on from there.',
}

/** The one error class of this package. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode

  constructor(code: LedgerErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LedgerError'
    this.code = code
  }

  /** What an operator can do about it. */
  get fix(): string {
    return ledgerFixes[this.code]
  }
}
