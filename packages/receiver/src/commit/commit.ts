// commit: verified batches become leaves, and their sender gets receipts. Nothing is acknowledged
// before the ledger says that it is durable. See commit.test.ts.
import type { Ledger } from '@grantlog/ledger'
import type { Work } from '@grantlog/record/otlp'
import { toBase64 } from '../base64.ts'
import type { Refusal, RefusedPlace, VerifiedBatch } from '../flow.ts'
import type { Pace } from '../turns.ts'
import { addToRuns, type OpenRun } from './runs.ts'

export type CommitLedger = Pick<Ledger, 'commit' | 'signReceipt'>

export interface Committed {
  readonly receipts: readonly string[]
  /** Spans whose number another record has already. */
  readonly conflicts: readonly Refusal[]
  /** Where they say they are. */
  readonly refused: readonly RefusedPlace[]
  readonly committed: number
  readonly duplicates: number
}

/** What a request brought, and how its batches are taken up: one after the other, in turns. */
export interface CommitOptions {
  readonly ledger: CommitLedger
  readonly maxReceipts: number
  readonly pace: Pace
}

/**
 * Commits all batches side by side, so that they share a group commit. Rejects when any of them is
 * not durable: the sender comes again, and what was durable is answered as duplicate.
 */
async function commitBatches(
  batches: readonly VerifiedBatch[],
  { ledger, maxReceipts, pace }: CommitOptions,
): Promise<Committed> {
  const [first] = batches
  if (batches.length === 1) return atMost(maxReceipts, await commitBatch(first!, ledger))
  const begun: Promise<Committed>[] = []
  function* beginning(): Work<void> {
    for (const batch of batches) {
      if (begun.length > 0) yield
      const committing = commitBatch(batch, ledger)
      // Looked at below, with all others.
      committing.catch(() => undefined)
      begun.push(committing)
    }
  }
  await pace(beginning(), 0)
  const outcomes = await Promise.allSettled(begun)
  const done = outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason
    return outcome.value
  })
  return atMost(maxReceipts, {
    receipts: done.flatMap(({ receipts }) => receipts),
    conflicts: done.flatMap(({ conflicts }) => conflicts),
    refused: done.flatMap(({ refused }) => refused),
    committed: done.reduce((sum, { committed }) => sum + committed, 0),
    duplicates: done.reduce((sum, { duplicates }) => sum + duplicates, 0),
  })
}

function atMost(maxReceipts: number, committed: Committed): Committed {
  const { receipts } = committed
  if (receipts.length <= maxReceipts) return committed
  return { ...committed, receipts: receipts.slice(0, maxReceipts) }
}

/** The same of what was verified; its memory is given back, whatever happens. */
export async function commitVerified<Verified extends WithBatches>(
  verified: Verified,
  options: CommitOptions,
): Promise<{ readonly committed: Committed; readonly verified: Verified }> {
  try {
    return { committed: await commitBatches(verified.batches, options), verified }
  } finally {
    verified.release()
  }
}

interface WithBatches {
  readonly batches: readonly VerifiedBatch[]
  readonly release: () => void
}

async function commitBatch(batch: VerifiedBatch, ledger: CommitLedger): Promise<Committed> {
  const { kid, jws, digests, statement, records } = batch
  const { instance } = statement
  // Signed while the disk works; nobody gets them before it has.
  let signed: Signed | undefined
  const onPlaced = (places: Places): void => {
    try {
      signed = { places, receipts: receiptsOf(batch, places, ledger) }
    } catch {
      // Signed again below, where a failure is of this request alone.
    }
  }
  const evidence = { jws, digests }
  const places = await ledger.commit({ kid, instance, evidence, records, onPlaced })
  // What was there already needed no place.
  const isSigned = signed?.places === places
  const conflicts = numberOf('conflict', places)
  return {
    receipts: isSigned ? signed!.receipts : receiptsOf(batch, places, ledger),
    conflicts: conflicts > 0 ? [{ code: 'CONFLICT', sender: kid, instance, spans: conflicts }] : [],
    refused: conflicts > 0 ? conflictsOf(batch, places) : [],
    committed: numberOf('committed', places),
    duplicates: numberOf('duplicate', places),
  }
}

type Places = Awaited<ReturnType<CommitLedger['commit']>>

interface Signed {
  readonly places: Places
  readonly receipts: readonly string[]
}

function receiptsOf(
  { records, statement }: VerifiedBatch,
  places: Places,
  ledger: CommitLedger,
): string[] {
  const runs: OpenRun[] = []
  for (let at = 0; at < places.length; at++) {
    const { index, outcome, receivedAt } = places[at]!
    if (outcome !== 'conflict') addToRuns(runs, { seq: records[at]!.seq, index, receivedAt })
  }
  const root = toBase64(statement.root)
  return runs.map((run) => ledger.signReceipt({ ...run, root }))
}

function conflictsOf({ records, statement }: VerifiedBatch, places: Places): RefusedPlace[] {
  const { root } = statement
  return places.flatMap(({ outcome }, at) =>
    outcome === 'conflict' ? [{ code: 'CONFLICT', root, seq: records[at]!.seq }] : [],
  )
}

function numberOf(wanted: Places[number]['outcome'], places: Places): number {
  let count = 0
  for (const { outcome } of places) if (outcome === wanted) count++
  return count
}
