// What only somebody can do who has the keys: seal a changed record again, or write a whole history
// anew.
import { rm } from 'node:fs/promises'
import { fromBase64url } from '@grantlog/record'
import type { BatchToCommit, RecordToCommit } from '../commit/items.ts'
import { type Folders, foldersUnder } from '../folders.ts'
import { decodeFrame, encodeFrame, openFrame, sealFrame } from '../format/frame.ts'
import { type ContentType, isRecordLeaf } from '../format/leaf.ts'
import { decodePlaintext, encodePlaintext } from '../format/plaintext.ts'
import { openKeystore } from '../io/keystore.ts'
import { readRootKey } from '../io/log-keys.ts'
import type { Ledger } from '../ledger.ts'
import { openLedger } from '../open.ts'
import { openReader } from '../reader.ts'
import type { Target } from './target.ts'

/** Opens the target's commit with the keystore, changes the record, and seals it again. */
export async function resealed(
  copy: string,
  payloads: Uint8Array[],
  { frame: number, index }: Target,
): Promise<Uint8Array[]> {
  const { keys } = foldersUnder(copy)
  const keystore = openKeystore(keys, await readRootKey(keys))
  const { frame, entries } = decodeFrame(payloads[number]!)
  const key = keystore.frameKeyById(frame.fields.key)
  const { batches, entries: stored } = decodePlaintext(openFrame(frame, key))
  const at = index - frame.fields.first
  const old = stored[at]!
  if (old.kind !== 'record') throw new TypeError('the target is no record')
  const canonical = swapOutcome(old.canonical)
  const changed = stored.with(at, { ...old, canonical })
  const again = sealFrame(frame.fields, encodePlaintext({ batches, entries: changed }), key)
  keystore.close()
  return payloads.with(number, Buffer.concat(encodeFrame(again, entries)))
}

/** Both words have seven letters. */
function swapOutcome(canonical: Uint8Array): Uint8Array {
  const text = Buffer.from(canonical).toString()
  const other: Record<string, string> = { '"success"': '"failure"', '"failure"': '"success"' }
  return Buffer.from(text.replace(/"success"|"failure"/, (word) => other[word]!))
}

/** A new ledger under the old keys: everything consistent, but another history. */
export async function rewrittenWithout(copy: string, { index }: Target): Promise<void> {
  const folders = foldersUnder(copy)
  const history = await readHistory(folders, index)
  for (const folder of [folders.ledger, folders.lock]) await rm(folder, { recursive: true })
  const ledger = await openLedger(folders)
  for (const again of history) await again(ledger)
  await ledger.close()
}

type Again = (ledger: Ledger) => Promise<unknown>

/** What commits everything again, in its order, but the leaf `without`. */
async function readHistory(folders: Folders, without: number): Promise<Again[]> {
  const history: Again[] = []
  const reader = await openReader(folders)
  for await (const { entries } of reader.frames(0)) {
    for (const { evidence, index, leaf, openings, stored } of entries) {
      if (index === without) continue
      if (stored.kind === 'content') {
        const { id, type } = leaf as { id: string; type: ContentType }
        history.push((ledger) => ledger.commitContent({ type, id, content: stored.content }))
      } else if (isRecordLeaf(leaf) && evidence && stored.kind === 'record') {
        const { id, instance, kid, seq, type } = leaf
        const digest = fromBase64url(leaf.digest)!
        const rest = { canonical: stored.canonical, unsigned: stored.unsigned }
        const record: RecordToCommit = { type, id, seq, digest, ...rest, openings: openings() }
        const batch: BatchToCommit = { kid, instance, evidence, records: [record] }
        history.push((ledger) => ledger.commit(batch))
      }
    }
  }
  await reader.close()
  return history
}
