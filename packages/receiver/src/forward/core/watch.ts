// Holds each receipt of a core against those before: else an edge would stay green above a core
// that was restored from a backup, and has no more what it signed for. At the start the last ones
// kept are read; all of them are for `grantlog receipts` to compare. See core-forked.test.ts.
import type { LogReceipt, Receipt } from '@grantlog/ledger'
import { MAX_CORE_RUNS } from '../../limits.ts'
import type { Log } from '../../flow.ts'
import type { KeptReceipts } from './kept.ts'
import { type CorePlaces, corePlaces, type PlacedRun } from './places.ts'
import { type CoreKey, type Kept, openKept } from './receipts.ts'

export interface CoreWatchOptions {
  readonly sink: string
  /** Notes of other keys say nothing. */
  readonly key: CoreKey
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
export async function watchCore({ kept, key, log, sink }: CoreWatchOptions): Promise<CoreWatch> {
  const places = corePlaces(MAX_CORE_RUNS)
  const tell = (index: number | null): void => {
    if (index !== null) log({ code: 'CORE_FORKED', level: 'error', sink, index, lost: places.lost })
  }
  let first: number | null = null
  for await (const { note } of kept.last(MAX_CORE_RUNS)) {
    const signed = opened(note, key)
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

/** Null for what is no receipt of this key. */
function opened(note: string, { verifier }: CoreKey): Receipt | LogReceipt | null {
  try {
    return openKept(note, verifier)
  } catch {
    return null
  }
}
