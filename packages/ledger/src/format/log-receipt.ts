// Receipts for log records that another receiver observed first (FORMAT.md 6.6): which of its
// leaves is where in this log. See refusal.test.ts.
import { type NoteSigner, type NoteVerifier, openNote, signNote } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { publishPromiseMs, receiptedLogsMax } from '../limits.ts'

/** A log record by the leaf that the edge has of it. */
export interface ReceiptedLog {
  /** Standard base64 of the digest in the edge's leaf. */
  readonly digest: string
  /** Its index in this log. */
  readonly index: number
}

export interface LogReceipt {
  readonly origin: string
  /** Unix milliseconds; all of them were durable then. */
  readonly signedAt: number
  /** One to `receiptedLogsMax`. */
  readonly logs: readonly ReceiptedLog[]
}

export const logReceiptTitle = 'grantlog-log-receipt-v1'

export function signLogReceipt(
  { logs, origin, signedAt }: LogReceipt,
  signer: NoteSigner,
): Uint8Array {
  const times = [String(signedAt), String(signedAt + publishPromiseMs)]
  const lines = logs.map(({ digest, index }) => `${digest} ${index}`)
  return signNote(`${[logReceiptTitle, origin, ...times, ...lines].join('\n')}\n`, [signer])
}

/** Reads and verifies it; throws LEDGER_FORMAT, or a TlogError for its signature. */
export function openLogReceipt(note: Uint8Array, verifier: NoteVerifier): LogReceipt {
  const { text } = openNote(note, [verifier])
  const [title, origin = '', at = '', publishBy, ...lines] = text.split('\n')
  const signedAt = Number(at)
  const isWhole =
    title === logReceiptTitle &&
    lines.pop() === '' &&
    /^(0|[1-9]\d{0,15})$/.test(at) &&
    publishBy === String(signedAt + publishPromiseMs)
  if (!isWhole || lines.length === 0 || lines.length > receiptedLogsMax) throw malformed()
  return { origin, signedAt, logs: lines.map(logIn) }
}

function logIn(line: string): ReceiptedLog {
  const [, digest, index] = /^([A-Za-z0-9+/]{43}=) (0|[1-9]\d{0,15})$/.exec(line) ?? []
  if (digest === undefined) throw malformed()
  return { digest, index: Number(index) }
}

function malformed(): LedgerError {
  return new LedgerError('LEDGER_FORMAT', 'malformed receipt of log records')
}
