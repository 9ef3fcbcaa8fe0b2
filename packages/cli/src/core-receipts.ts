// What a core receiver has signed: its kept receipts and refusals, compared with this ledger. A
// note counts for a record when it names the root of the record's batch, and its number; for a log
// record when it names the digest of its leaf. See test/core.test.ts.
import {
  ed25519Verify,
  type FrameEntry,
  isRecordLeaf,
  type LedgerReader,
  type LogReceipt,
  openRefusal,
  type Receipt,
  sha256,
} from '@grantlog/ledger'
import {
  batchRootOf,
  corePlaces,
  type CorePlaces,
  type KeptReceipt,
  openKept,
  placedBy,
  readKeptReceipts,
} from '@grantlog/receiver'
import { ed25519Verifier, type NoteVerifier, parseVkey } from '@grantlog/tlog'

/** Where a record is in the core's log. */
export interface CorePlace {
  readonly index: number
  readonly origin: string
  readonly coreIndex: number
  /** Unix milliseconds; of a log record, when its receipt was signed. */
  readonly receivedAt: number
  /** True when its log was cut there since. */
  readonly isLost: boolean
}

/** That the core does not take it. */
export interface CoreRefusal {
  readonly index: number
  readonly origin: string
  readonly code: string
  /** Unix milliseconds. */
  readonly refusedAt: number
}

export interface CoreReport {
  readonly origin: string
  /** Log records, too. */
  readonly records: number
  readonly receipted: number
  /** Records that the core has signed a refusal of: how many, and the first of them. */
  readonly refused: number
  readonly firstRefused: readonly CoreRefusal[]
  /**
   * Records that the core signed for and has no more: a later receipt names another record for
   * that place, or for one before it. How many, and the first of them.
   */
  readonly lost: number
  readonly firstLost: readonly CorePlace[]
  /** Records of which nothing is signed that holds: how many, and the first of them. */
  readonly missing: number
  readonly firstMissing: readonly number[]
  /** Notes that this key did not sign. */
  readonly foreign: number
  /** Of the last record that is receipted; null without one. */
  readonly last: CorePlace | null
}

/** Records that a report names. */
const shownRecords = 10

/** What one note says of a run of records here. */
interface Run {
  readonly index: number
  readonly count: number
  readonly wordOn: WordOn
}

/** All that is signed of a core's log. */
interface SignedLog {
  readonly runs: readonly Run[]
  /** Where everything is, by the receipts that came last. */
  readonly places: CorePlaces
  readonly foreign: number
}

/** What a note says of a record; null when it is not about it. */
type WordOn = (record: RecordHere) => Omit<CorePlace, 'isLost'> | CoreRefusal | null

/** A record by what notes name. */
interface RecordHere {
  readonly index: number
  /** Standard base64 of the batch root, or of the digest of a log record. */
  readonly hash: string
  /** Null for a log record. */
  readonly seq: number | null
}

export interface CoreRequest {
  readonly reader: LedgerReader
  readonly queueFolder: string
  readonly sink: string
  /** The core's receipt.vkey, from elsewhere. */
  readonly receiptKey: string
}

/** Compares all; `told` gets each record that something is signed of. Errors: TlogError. */
export async function checkCoreReceipts(
  { queueFolder, reader, receiptKey, sink }: CoreRequest,
  told: (word: CorePlace | CoreRefusal) => void = () => undefined,
): Promise<CoreReport> {
  const signed = await signedLog(queueFolder, sink, receiptKey)
  const firstMissing: number[] = []
  const firstRefused: CoreRefusal[] = []
  const firstLost: CorePlace[] = []
  const counts = { records: 0, receipted: 0, refused: 0, lost: 0, missing: 0 }
  let last: CorePlace | null = null
  for await (const { entries } of reader.frames(0)) {
    for (const entry of entries) {
      const record = recordHere(entry)
      if (record === null) continue
      counts.records++
      const word = wordOn(record, signed)
      if (word === null) {
        counts.missing++
        if (firstMissing.length < shownRecords) firstMissing.push(record.index)
        continue
      }
      told(word)
      if ('coreIndex' in word && word.isLost) {
        counts.lost++
        if (firstLost.length < shownRecords) firstLost.push(word)
      } else if ('coreIndex' in word) {
        counts.receipted++
        last = word
      } else {
        counts.refused++
        if (firstRefused.length < shownRecords) firstRefused.push(word)
      }
    }
  }
  const origin = parseVkey(receiptKey, sha256).name.replace(/\/receipt$/, '')
  const { foreign } = signed
  return { origin, ...counts, firstRefused, firstLost, firstMissing, foreign, last }
}

function recordHere({ evidence, index, leaf }: FrameEntry): RecordHere | null {
  if (leaf.type === 'log') {
    return { index, hash: Buffer.from(leaf.digest, 'base64url').toString('base64'), seq: null }
  }
  if (!isRecordLeaf(leaf) || evidence === undefined) return null
  return { index, hash: batchRootOf(evidence.jws), seq: leaf.seq }
}

async function signedLog(
  queueFolder: string,
  sink: string,
  receiptKey: string,
): Promise<SignedLog> {
  const verifier = ed25519Verifier(receiptKey, sha256, ed25519Verify)
  const places = corePlaces()
  const runs: Run[] = []
  let foreign = 0
  for await (const kept of readKeptReceipts(queueFolder, sink)) {
    try {
      const wordOn = openNote(kept, verifier, places)
      for (const [index, , count] of kept.records) runs.push({ index, count, wordOn })
    } catch {
      foreign++
    }
  }
  return { runs: runs.toSorted((a, b) => a.index - b.index), places, foreign }
}

/** By the first line of the note. Throws for one that the key did not sign. */
function openNote({ note }: KeptReceipt, verifier: NoteVerifier, places: CorePlaces): WordOn {
  if (note.startsWith('grantlog-refusal-')) return refusalWord(Buffer.from(note), verifier)
  const signed = openKept(note, verifier)
  for (const run of placedBy(signed)) places.put(run)
  return 'logs' in signed ? logReceiptWord(signed) : receiptWord(signed)
}

function receiptWord({ firstIndex, firstSeq, lastSeq, origin, receivedAt, root }: Receipt): WordOn {
  return ({ hash, index, seq }) => {
    if (seq === null || hash !== root || seq < firstSeq || seq > lastSeq) return null
    return { index, origin, coreIndex: firstIndex + seq - firstSeq, receivedAt }
  }
}

function logReceiptWord({ logs, origin, signedAt: receivedAt }: LogReceipt): WordOn {
  const at = new Map(logs.map(({ digest, index }) => [digest, index]))
  return ({ hash, index, seq }) => {
    const coreIndex = seq === null ? at.get(hash) : undefined
    return coreIndex === undefined ? null : { index, origin, coreIndex, receivedAt }
  }
}

function refusalWord(bytes: Uint8Array, verifier: NoteVerifier): WordOn {
  const { origin, parts, refusedAt } = openRefusal(bytes, verifier)
  return ({ hash, index, seq }) => {
    const part = parts.find((one) => {
      if ('digest' in one) return seq === null && one.digest === hash
      return seq !== null && one.root === hash && one.firstSeq <= seq && seq <= one.lastSeq
    })
    return part === undefined ? null : { index, origin, code: part.code, refusedAt }
  }
}

/**
 * A receipt, if there is one: what was refused may have been taken later. One that still holds, if
 * there is one: what was lost may have come again.
 */
function wordOn(record: RecordHere, { places, runs }: SignedLog): CorePlace | CoreRefusal | null {
  let other: CorePlace | CoreRefusal | null = null
  for (let at = lastAtOrBefore(runs, record.index); at >= 0; at--) {
    const { count, index: first, wordOn: ask } = runs[at]!
    if (first + count <= record.index) break
    const word = ask(record)
    if (word === null) continue
    if ('coreIndex' in word) {
      const isLost = !places.has(record.hash, record.seq ?? 0, word.coreIndex)
      other = { ...word, isLost }
      if (!isLost) return other
    } else other ??= word
  }
  return other
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
