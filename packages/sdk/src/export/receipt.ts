// Receipts (FORMAT.md 3.5): the receiver's signed word that it holds these records. Everything in
// an answer is the sender's: a Collector, a proxy or an attacker may stand where the receiver
// should.
import { openNote, type NoteVerifier } from '@grantlog/tlog'
import { receiptsMax } from '../limits.ts'
import type { Outgoing } from './outgoing.ts'

const hash = '([A-Za-z0-9+/]{43}=)'
const number = '\\d{1,16}'
const form = new RegExp(
  [
    '^grantlog-receipt-v1',
    '(.+)',
    hash,
    `(${number})-(${number})`,
    `(${number})-(${number})`,
    `(${number})`,
    `${number}\n$`,
  ].join('\n'),
)

/** What a verified receipt covers. */
export interface Receipt {
  readonly origin: string
  /** b64u. */
  readonly root: string
  readonly firstSequence: number
  readonly lastSequence: number
  /** Place of the last of them in the log. */
  readonly lastIndex: number
  /** By the receiver's clock, Unix ms. */
  readonly receivedAt: number
}

/** What the receipts of one answer say together. */
export interface Coverage {
  /** How many of the batch's records they cover. */
  readonly records: number
  /** The smallest last index of a receipt; null without a receipt. */
  readonly lastIndex: number | null
  /** The latest time of a receipt, Unix ms by the receiver's clock; null without a receipt. */
  readonly receivedAt: number | null
}

/** Verifies one `Grantlog-Receipt` value (b64 of a note); null for anything but a valid receipt. */
export function openReceipt(base64: string, verifier: NoteVerifier): Receipt | null {
  let text: string
  try {
    text = openNote(Buffer.from(base64, 'base64'), [verifier]).text
  } catch {
    return null
  }
  const [, origin, root, first, last, firstIndex, lastIndex, at] = form.exec(text) ?? []
  if (origin === undefined || root === undefined) return null
  const receipt = {
    origin,
    root: Buffer.from(root, 'base64').toString('base64url'),
    firstSequence: Number(first),
    lastSequence: Number(last),
    lastIndex: Number(lastIndex),
    receivedAt: Number(at),
  }
  const isInOrder = Number(firstIndex) <= receipt.lastIndex
  return isInOrder && receipt.firstSequence <= receipt.lastSequence ? receipt : null
}

/** What the receipts of one answer cover of the batch; forged ones count nothing. */
export function coveredBy(
  header: string,
  batch: Pick<Outgoing, 'root' | 'firstSequence' | 'count'>,
  trust: { readonly verifier: NoteVerifier; readonly origin: string },
): Coverage {
  const lastSequence = batch.firstSequence + batch.count - 1
  const covered = new Uint8Array(batch.count)
  let lastIndex: number | null = null
  let receivedAt: number | null = null
  const root64 = Buffer.from(batch.root, 'base64url').toString('base64')
  for (const base64 of header.split(',', receiptsMax)) {
    // Those of other batches of the request are not worth a verification.
    if (!Buffer.from(base64, 'base64').includes(root64)) continue
    const receipt = openReceipt(base64.trim(), trust.verifier)
    if (receipt === null || receipt.origin !== trust.origin || receipt.root !== batch.root) continue
    const first = Math.max(receipt.firstSequence, batch.firstSequence)
    const last = Math.min(receipt.lastSequence, lastSequence)
    if (first <= last) covered.fill(1, first - batch.firstSequence, last + 1 - batch.firstSequence)
    lastIndex = Math.min(lastIndex ?? Infinity, receipt.lastIndex)
    receivedAt = Math.max(receivedAt ?? 0, receipt.receivedAt)
  }
  const records = covered.reduce((sum, one) => sum + one, 0)
  return { records, lastIndex, receivedAt }
}
