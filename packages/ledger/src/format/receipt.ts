// Receipts: the signed promise that records are durable and will be published (FORMAT.md 3.5).
import { type NoteSigner, type NoteVerifier, openNote, signNoteText } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { publishPromiseMs } from '../limits.ts'

/** What a receipt says: these numbers of this batch are these leaves of this log. */
export interface Receipt {
  readonly origin: string
  /** Standard base64 of the batch root. */
  readonly root: string
  readonly firstSeq: number
  readonly lastSeq: number
  readonly firstIndex: number
  readonly lastIndex: number
  /** Unix milliseconds. */
  readonly receivedAt: number
}

/** Name of the receipt key of a log. */
export function receiptKeyName(origin: string): string {
  return `${origin}/receipt`
}

/** A receipt as a signed note; its text, as answers have it. Reverse: {@link openReceipt}. */
export function signReceipt(receipt: Receipt, signer: NoteSigner): string {
  const { origin, root, firstSeq, lastSeq, firstIndex, lastIndex, receivedAt } = receipt
  const lines = [
    'grantlog-receipt-v1',
    origin,
    root,
    `${firstSeq}-${lastSeq}`,
    `${firstIndex}-${lastIndex}`,
    String(receivedAt),
    String(receivedAt + publishPromiseMs),
  ]
  return signNoteText(`${lines.join('\n')}\n`, [signer])
}

/** Reads and verifies a receipt; throws LEDGER_FORMAT, or a TlogError for its signature. */
export function openReceipt(note: Uint8Array, verifier: NoteVerifier): Receipt {
  const { text } = openNote(note, [verifier])
  const [title, origin, root, seqs, indexes, receivedAt, publishBy, last] = text.split('\n')
  const [firstSeq, lastSeq] = range(seqs)
  const [firstIndex, lastIndex] = range(indexes)
  const received = Number(receivedAt)
  const sound =
    title === 'grantlog-receipt-v1' &&
    last === '' &&
    publishBy === String(received + publishPromiseMs) &&
    lastSeq - firstSeq === lastIndex - firstIndex
  if (!sound) throw new LedgerError('LEDGER_FORMAT', 'malformed receipt')
  const where = { firstSeq, lastSeq, firstIndex, lastIndex }
  return { origin: origin!, root: root!, ...where, receivedAt: received }
}

function range(text = ''): [number, number] {
  const [, first, last] = /^(0|[1-9]\d{0,15})-(0|[1-9]\d{0,15})$/.exec(text) ?? []
  if (first === undefined || Number(first) > Number(last)) {
    throw new LedgerError('LEDGER_FORMAT', 'malformed receipt')
  }
  return [Number(first), Number(last)]
}
