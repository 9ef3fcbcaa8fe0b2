// Holds each receipt of a core against those before: else an edge would stay green above a core
// that was restored from a backup, and has no more what it signed for. At the start the last ones
// kept are read; all of them are for `grantlog receipts` to compare. See core-forked.test.ts.
import {
  ed25519Verify,
  type LogReceipt,
  openLogReceipt,
  openReceipt,
  type Receipt,
  sha256,
} from '@grantlog/ledger'
import { ed25519Verifier } from '@grantlog/tlog'
import { MAX_CORE_RUNS } from '../../limits.ts'
import type { Log } from '../../flow.ts'
import type { KeptReceipt, KeptReceipts } from './kept.ts'
import { type CorePlaces, corePlaces, type PlacedRun } from './places.ts'
import type { Kept } from './receipts.ts'

export interface CoreWatchOptions {
  readonly sink: string
  /** Vkey; notes of other keys say nothing. */
  readonly receiptKey: string
  readonly kept: Pick<KeptReceipts, 'last'>
  readonly log: Log
}

export interface CoreWatch {
  /** Notes that are kept now. */
  see(kept: Kept): void
  /** Records that the core signed for and has no more. */
  readonly lost: number
}

/** Errors: JournalError. */
export async function watchCore({
  kept,
  log,
  receiptKey,
  sink,
}: CoreWatchOptions): Promise<CoreWatch> {
  const places = corePlaces(MAX_CORE_RUNS)
  const tell = (index: number | null): void => {
    if (index !== null) log({ code: 'CORE_FORKED', level: 'error', sink, index, lost: places.lost })
  }
  const opened = openerOf(receiptKey)
  let first: number | null = null
  for await (const { note } of kept.last(MAX_CORE_RUNS)) {
    const signed = opened(note)
    if (signed !== null) first = putAll(places, placedBy(signed)) ?? first
  }
  if (places.lost > 0) tell(first)
  return {
    see(all) {
      for (const signed of all.keys()) {
        if (!('parts' in signed)) tell(putAll(places, placedBy(signed)))
      }
    },
    get lost() {
      return places.lost
    },
  }
}

/** Where a receipt says that records are. */
export function placedBy(signed: Receipt | LogReceipt): PlacedRun[] {
  if ('logs' in signed) {
    return signed.logs.map(({ digest, index }) => {
      return { hash: digest, firstSeq: 0, firstIndex: index, count: 1 }
    })
  }
  const { firstIndex, firstSeq, lastIndex, root } = signed
  return [{ hash: root, firstSeq, firstIndex, count: lastIndex - firstIndex + 1 }]
}

/** The lowest index that was cut at. */
function putAll(places: CorePlaces, runs: readonly PlacedRun[]): number | null {
  const cuts = runs.map((run) => places.put(run)).filter((index) => index !== null)
  return cuts.length === 0 ? null : Math.min(...cuts)
}

/** Gives null for what is no receipt of this key. */
function openerOf(receiptKey: string): (note: KeptReceipt['note']) => Receipt | LogReceipt | null {
  const verifier = ed25519Verifier(receiptKey, sha256, ed25519Verify)
  return (note) => {
    const open = note.startsWith('grantlog-log-receipt-') ? openLogReceipt : openReceipt
    try {
      return open(Buffer.from(note), verifier)
    } catch {
      return null
    }
  }
}
