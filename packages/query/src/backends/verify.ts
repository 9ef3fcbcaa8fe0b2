// What a backend holds, against the ledger: every record is looked up, and what claims to be a
// record is looked for. The ledger is read twice: for what there is, then batch by batch. See
// verify.test.ts, and test/peers/{backend,search-verify}.test.ts with real ones.
import { type Frame, isRecordLeaf } from '@grantlog/ledger'
import { openRecord } from '@grantlog/record'
import { BATCH_RECORDS, SEARCH_MARGIN_NS } from '../limits.ts'
import { assurancesIn, type LedgerRecord, recordsIn } from '../records.ts'
import type { Backend, Held, Sought } from './backend.ts'
import { type BackendReport, type RecordIds, Tally } from './tally.ts'

export interface BackendOptions {
  readonly backend: Backend
  /** Reads the ledger from its start; called more than once. */
  readonly frames: () => AsyncIterable<Frame>
  /** The log's origin, as marks of the receiver name it. */
  readonly origin: string
  readonly onProgress?: (done: number, total: number) => void
}

/** Throws QueryError when the backend cannot be asked, RecordError when the ledger is damaged. */
export async function verifyBackend(options: BackendOptions): Promise<BackendReport> {
  const { backend, frames, onProgress, origin } = options
  const known = await survey(frames(), backend)
  const assurances = await assurancesIn(frames())
  const tally = new Tally(backend.name, known.ids)
  let done = 0
  for await (const batch of batchesOf(recordsIn(frames()))) {
    const held = await backend.heldOf(batch.map(soughtOf))
    const byKey = Map.groupBy(held, ({ key }) => key)
    for (const record of batch) {
      const marks = { origin, assurances: assurances.get(record.leaf.kid) ?? [] }
      const under = byKey.get(backend.keyOf(soughtOf(record))) ?? []
      const copies = under.filter((one) => isOf(record, one, known.ids))
      const compared = copies.map((one) => ({ ...one.compare(record, marks), place: one.place }))
      tally.addRecord(record, compared)
    }
    tally.addClaims(held)
    onProgress?.((done += batch.length), known.records)
  }
  if (known.window === null) return tally.report(true)
  let searchedAll = true
  for await (const { complete, told } of backend.claims({ ...known.window, names: known.names })) {
    tally.addClaims(told)
    searchedAll &&= complete && !tally.isFull
    if (tally.isFull) break
  }
  return tally.report(searchedAll)
}

function soughtOf({ leaf, view }: LedgerRecord): Sought {
  return { id: leaf.id, traceId: view.traceId, spanId: view.spanId }
}

interface Survey {
  readonly records: number
  readonly ids: RecordIds
  readonly names: ReadonlySet<string>
  /** From the first to the last time in the ledger, and a margin; null when it is empty. */
  readonly window: { readonly from: bigint; readonly to: bigint } | null
}

async function survey(frames: AsyncIterable<Frame>, { keyOf }: Backend): Promise<Survey> {
  const ids = new Map<string, string[]>()
  const names = new Set<string>()
  const bounds: { from?: bigint; to?: bigint } = {}
  const widen = (time: bigint): void => {
    if (bounds.from === undefined || time < bounds.from) bounds.from = time
    if (bounds.to === undefined || time > bounds.to) bounds.to = time
  }
  let records = 0
  for await (const { entries } of frames) {
    for (const { leaf, stored } of entries) {
      widen(BigInt(leaf.receivedAt) * 1_000_000n)
      if (!isRecordLeaf(leaf) || stored.kind !== 'record') continue
      const view = openRecord(stored.canonical)
      const key = keyOf({ id: leaf.id, traceId: view.traceId, spanId: view.spanId })
      ids.set(key, [...(ids.get(key) ?? []), leaf.id])
      names.add(view.name)
      widen(view.startTimeUnixNano)
      if (leaf.type === 'record') records++
    }
  }
  const { from, to } = bounds
  if (from === undefined || to === undefined) return { records, ids, names, window: null }
  const window = { from: from - SEARCH_MARGIN_NS, to: to + SEARCH_MARGIN_NS }
  return { records, ids, names, window }
}

async function* batchesOf(
  records: AsyncIterable<LedgerRecord>,
): AsyncGenerator<LedgerRecord[], void, void> {
  let batch: LedgerRecord[] = []
  for await (const record of records) {
    batch.push(record)
    if (batch.length < BATCH_RECORDS) continue
    yield batch
    batch = []
  }
  if (batch.length > 0) yield batch
}

/**
 * Two records share the ids of their spans when a producer wills it. Then each has the spans that
 * name it, and all have those that name none of them.
 */
function isOf({ leaf }: LedgerRecord, { key, recordId }: Held, known: RecordIds): boolean {
  return recordId === leaf.id || !(known.get(key) ?? []).includes(recordId)
}
