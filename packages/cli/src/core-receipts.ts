// What a core receiver has signed for: its kept receipts, compared with this ledger. A receipt
// counts for a record when it names the root of the record's batch, and its number. See test/core.test.ts.
import {
  ed25519Verify,
  isRecordLeaf,
  type LedgerReader,
  openReceipt,
  type Receipt,
  sha256,
} from '@grantlog/ledger'
import { batchRootOf, readKeptReceipts } from '@grantlog/receiver'
import { ed25519Verifier, parseVkey } from '@grantlog/tlog'

/** Where a record is in the core's log. */
export interface CorePlace {
  readonly index: number
  readonly origin: string
  readonly coreIndex: number
  /** Unix milliseconds. */
  readonly receivedAt: number
}

export interface CoreReport {
  readonly origin: string
  readonly records: number
  readonly receipted: number
  /** Records without a receipt that holds: how many, and the first of them. */
  readonly missing: number
  readonly firstMissing: readonly number[]
  /** Receipts that this key did not sign. */
  readonly foreign: number
  /** Of the last record that is receipted; null without one. */
  readonly last: CorePlace | null
}

/** Indexes that a report names. */
const shownMissing = 10

/** A run of records here that one receipt covers. */
interface Run {
  readonly index: number
  readonly count: number
  readonly receipt: Receipt
}

export interface CoreRequest {
  readonly reader: LedgerReader
  readonly queueFolder: string
  readonly sink: string
  /** The core's receipt.vkey, from elsewhere. */
  readonly receiptKey: string
}

/** Compares all; `told` gets each record that is receipted. Errors: TlogError for a key. */
export async function checkCoreReceipts(
  { queueFolder, reader, receiptKey, sink }: CoreRequest,
  told: (place: CorePlace) => void = () => undefined,
): Promise<CoreReport> {
  const { foreign, runs } = await runsOf(queueFolder, sink, receiptKey)
  const missing: number[] = []
  let [records, receipted, lacking] = [0, 0, 0]
  let last: CorePlace | null = null
  for await (const { entries } of reader.frames(0)) {
    for (const { evidence, index, leaf } of entries) {
      if (!isRecordLeaf(leaf) || evidence === undefined) continue
      records++
      const place = placeOf({ index, seq: leaf.seq, root: batchRootOf(evidence.jws) }, runs)
      if (place === null) {
        lacking++
        if (missing.length < shownMissing) missing.push(index)
        continue
      }
      receipted++
      last = place
      told(place)
    }
  }
  const origin = parseVkey(receiptKey, sha256).name.replace(/\/receipt$/, '')
  return { origin, records, receipted, missing: lacking, firstMissing: missing, foreign, last }
}

async function runsOf(
  queueFolder: string,
  sink: string,
  receiptKey: string,
): Promise<{ readonly runs: readonly Run[]; readonly foreign: number }> {
  const verifier = ed25519Verifier(receiptKey, sha256, ed25519Verify)
  const runs: Run[] = []
  let foreign = 0
  for await (const { note, records } of readKeptReceipts(queueFolder, sink)) {
    try {
      const receipt = openReceipt(Buffer.from(note), verifier)
      for (const [index, , count] of records) runs.push({ index, count, receipt })
    } catch {
      foreign++
    }
  }
  return { runs: runs.toSorted((a, b) => a.index - b.index), foreign }
}

function placeOf(
  record: { readonly index: number; readonly seq: number; readonly root: string },
  runs: readonly Run[],
): CorePlace | null {
  const { index, root, seq } = record
  for (let at = lastAtOrBefore(runs, index); at >= 0; at--) {
    const { count, receipt, index: first } = runs[at]!
    if (first + count <= index) break
    const { firstIndex, firstSeq, lastSeq, origin, receivedAt } = receipt
    if (receipt.root === root && firstSeq <= seq && seq <= lastSeq) {
      return { index, origin, coreIndex: firstIndex + seq - firstSeq, receivedAt }
    }
  }
  return null
}

/** Of sorted runs, the last that begins at or before an index; -1 for none. */
function lastAtOrBefore(runs: readonly Run[], index: number): number {
  let [low, high] = [0, runs.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (runs[middle]!.index <= index) low = middle + 1
    else high = middle
  }
  return low - 1
}
