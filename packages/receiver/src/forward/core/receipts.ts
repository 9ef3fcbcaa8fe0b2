// Receipts of a core receiver (FORMAT.md, 3.5). All in an answer is the sender's, whoever that is:
// only what the pinned key signed about this batch counts.
import { ed25519Verify, openReceipt, type Receipt, receiptKeyName, sha256 } from '@grantlog/ledger'
import { ed25519Verifier, type NoteVerifier, parseVkey } from '@grantlog/tlog'
import { MAX_CORE_RECEIPTS } from '../../limits.ts'
import type { CoreUnit } from './evidence.ts'

/** Whose receipts count. */
export interface CoreKey {
  readonly origin: string
  readonly verifier: NoteVerifier
}

/** Of a receipt vkey, `<origin>/receipt+…`. Throws a TlogError, or RangeError for another name. */
export function coreKeyOf(receiptKey: string): CoreKey {
  const { name } = parseVkey(receiptKey, sha256)
  const origin = name.slice(0, -receiptKeyName('').length)
  if (receiptKeyName(origin) !== name) throw new RangeError('no key of receipts')
  return { origin, verifier: ed25519Verifier(receiptKey, sha256, ed25519Verify) }
}

/** A receipt with its note, for others to check. */
export interface HeldReceipt extends Receipt {
  readonly note: string
}

/** Those of a `Grantlog-Receipt` header that the core signed; what is none is left out. */
export function receiptsIn(header: string | string[] | undefined, key: CoreKey): HeldReceipt[] {
  const text = Array.isArray(header) ? header.join() : (header ?? '')
  return text.split(',', MAX_CORE_RECEIPTS).flatMap((value) => {
    const note = Buffer.from(value.trim(), 'base64')
    try {
      const receipt = openReceipt(note, key.verifier)
      return receipt.origin === key.origin ? [{ ...receipt, note: note.toString() }] : []
    } catch {
      return []
    }
  })
}

/** Records by the receipt that covers them. */
export type Covered = ReadonlyMap<HeldReceipt, readonly CoreUnit[]>

/** A receipt covers a record of its batch whose number it names. */
export function coveredBy(units: readonly CoreUnit[], receipts: readonly HeldReceipt[]): Covered {
  const ofRoot = Map.groupBy(receipts, ({ root }) => root)
  const covered = new Map<HeldReceipt, CoreUnit[]>()
  const batches = Map.groupBy(units, ({ record }) => record.evidence.jws)
  for (const [jws, ofBatch] of batches) {
    const candidates = ofRoot.get(rootOf(jws)) ?? []
    for (const unit of ofBatch) {
      const { seq } = unit.record.leaf
      const found = candidates.find(({ firstSeq, lastSeq }) => firstSeq <= seq && seq <= lastSeq)
      if (found === undefined) continue
      const of = covered.get(found) ?? []
      covered.set(found, of)
      of.push(unit)
    }
  }
  return covered
}

/** The batch's root in base64, as receipts have it. It was verified when the record came. */
export function rootOf(jws: string): string {
  const payload = Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString()
  const { root } = JSON.parse(payload) as { root: string }
  return Buffer.from(root, 'base64url').toString('base64')
}
