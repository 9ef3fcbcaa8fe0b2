// What a backend holds, against the ledger: every record is looked up by its trace, and what claims
// to be a record is looked for. The ledger is read twice: for what there is, then batch by batch.
// See verify.test.ts, and test/peers/backend.test.ts with a real Jaeger.
import { type Frame, isRecordLeaf } from '@grantlog/ledger'
import { ATTR, openRecord } from '@grantlog/record'
import {
  BATCH_RECORDS,
  CONCURRENT_REQUESTS,
  MAX_TOLD,
  MAX_TOLD_FIELDS,
  SEARCH_MARGIN_NS,
} from '../limits.ts'
import { assurancesIn, type LedgerRecord, recordsIn } from '../records.ts'
import type { Backend } from './backend.ts'
import { type Alteration, compareSpan, cut } from './compare.ts'
import { expectedSpan } from './expected.ts'
import { type BackendSpan, claimsToBeRecord, spanKey } from './span.ts'

export type Verdict = 'exact' | 'changed as known' | 'altered' | 'missing' | 'foreign'

/** What is told of a record that is not exact, or of a foreign span. */
export interface BackendFinding {
  readonly verdict: Exclude<Verdict, 'exact'>
  /** Place in the log; null for what is foreign. */
  readonly index: number | null
  /** `audit.record.id`; of a foreign span what it says. */
  readonly id: string
  readonly action: string
  readonly traceId: string
  readonly spanId: string
  /** Names of known changes. */
  readonly known: readonly string[]
  readonly fields: readonly Alteration[]
}

export interface BackendReport {
  readonly backend: string
  readonly records: number
  readonly counts: { readonly [verdict in Verdict]: number }
  /** The first so many; `counts` has all. */
  readonly findings: readonly BackendFinding[]
  /** False when the search for foreign spans met a limit. */
  readonly searchedAll: boolean
  /** Nothing altered, missing or foreign. */
  readonly agrees: boolean
}

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
  const known = await survey(frames())
  const assurances = await assurancesIn(frames())
  const tally = new Tally(backend.table.name, known.ids)
  let done = 0
  for await (const batch of batchesOf(recordsIn(frames()))) {
    const traces = await fetchTraces(backend, batch, known.ids)
    for (const record of batch) {
      const spans = traces.get(record.view.traceId) ?? []
      const held = spans.filter((span) => isOf(record, span, known.ids))
      const expected = expectedSpan(record, origin, assurances.get(record.leaf.kid) ?? [])
      const comparisons = held.map((span) => compareSpan(expected, span, backend.table))
      tally.addRecord(record, comparisons)
    }
    for (const spans of traces.values()) tally.addClaims(spans)
    onProgress?.((done += batch.length), known.records)
  }
  if (known.window === null) return tally.report(true)
  let searchedAll = true
  for await (const { complete, spans } of backend.claims({ ...known.window, names: known.names })) {
    tally.addClaims(spans)
    searchedAll &&= complete
  }
  return tally.report(searchedAll)
}

/** Ids of records by the keys of their spans, those of streams too. Nearly always one. */
type RecordIds = ReadonlyMap<string, readonly string[]>

interface Survey {
  readonly records: number
  readonly ids: RecordIds
  readonly names: ReadonlySet<string>
  readonly window: { readonly from: bigint; readonly to: bigint } | null
}

async function survey(frames: AsyncIterable<Frame>): Promise<Survey> {
  const ids = new Map<string, string[]>()
  const names = new Set<string>()
  let records = 0
  let window: { from: bigint; to: bigint } | null = null
  for await (const { entries } of frames) {
    for (const { leaf, stored } of entries) {
      if (!isRecordLeaf(leaf) || stored.kind !== 'record') continue
      const view = openRecord(stored.canonical)
      const received = BigInt(leaf.receivedAt) * 1_000_000n
      const key = spanKey(view)
      ids.set(key, [...(ids.get(key) ?? []), leaf.id])
      names.add(view.name)
      if (leaf.type === 'record') records++
      window ??= { from: received, to: received }
      for (const time of [view.startTimeUnixNano, received]) {
        if (time < window.from) window.from = time
        if (time > window.to) window.to = time
      }
    }
  }
  if (window === null) return { records, ids, names, window }
  const from = window.from - SEARCH_MARGIN_NS
  return { records, ids, names, window: { from, to: window.to + SEARCH_MARGIN_NS } }
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
 * Spans of the records' traces that are, or claim to be, records. A few requests at once; the first
 * that fails ends it.
 */
async function fetchTraces(
  backend: Backend,
  records: readonly LedgerRecord[],
  known: RecordIds,
): Promise<Map<string, readonly BackendSpan[]>> {
  const traces = new Map<string, readonly BackendSpan[]>()
  const wanted = new Set(records.map(({ view }) => view.traceId)).values()
  const isOurs = (span: BackendSpan): boolean => known.has(spanKey(span)) || claimsToBeRecord(span)
  let failed = false
  const worker = async (): Promise<void> => {
    // One iterator for all workers: each takes the next id.
    for (const traceId of wanted) {
      if (failed) return
      try {
        const spans = await backend.trace(traceId)
        traces.set(traceId, spans.filter(isOurs))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, worker))
  return traces
}

/**
 * Two records share the ids of their spans when a producer wills it. Then each has the spans that
 * name it, and all have those that name none of them.
 */
function isOf({ leaf, view }: LedgerRecord, span: BackendSpan, known: RecordIds): boolean {
  const key = spanKey(view)
  if (spanKey(span) !== key) return false
  const id = textIn(span, ATTR.AUDIT_RECORD_ID)
  return id === leaf.id || !(known.get(key) ?? []).includes(id)
}

function textIn({ attributes }: BackendSpan, name: string): string {
  const value = attributes.get(name)
  return typeof value === 'string' ? value : ''
}

/** Counts, and what is told. */
class Tally {
  readonly #backend: string
  readonly #known: RecordIds
  readonly #counts = { exact: 0, 'changed as known': 0, altered: 0, missing: 0, foreign: 0 }
  readonly #findings: BackendFinding[] = []
  readonly #foreign = new Set<string>()

  constructor(backend: string, known: RecordIds) {
    this.#backend = backend
    this.#known = known
  }

  /** A span that was forwarded twice is there twice; one copy altered is one too many. */
  addRecord(record: LedgerRecord, held: readonly ReturnType<typeof compareSpan>[]): void {
    const { index, leaf, view } = record
    const altered = held.find((one) => one.altered.length > 0)
    const known = [...new Set(held.flatMap((one) => one.known))]
    const verdict = verdictOf(held.length, altered !== undefined, known.length)
    this.#counts[verdict]++
    if (verdict === 'exact') return
    const action = String(view.attributes.get(ATTR.AUDIT_ACTION) ?? '')
    const { traceId, spanId } = view
    const fields = altered?.altered.slice(0, MAX_TOLD_FIELDS) ?? []
    this.#tell({ verdict, index, id: leaf.id, action, traceId, spanId, known, fields })
  }

  /** Spans of which some may claim to be records; the same again is not counted again. */
  addClaims(spans: readonly BackendSpan[]): void {
    for (const span of spans) {
      const key = spanKey(span)
      if (this.#known.has(key) || this.#foreign.has(key) || !claimsToBeRecord(span)) continue
      this.#foreign.add(key)
      this.#counts.foreign++
      const id = cut(textIn(span, ATTR.AUDIT_RECORD_ID))
      const action = cut(textIn(span, ATTR.AUDIT_ACTION))
      const [traceId, spanId] = [cut(span.traceId), cut(span.spanId)]
      const verdict = 'foreign'
      this.#tell({ verdict, index: null, id, action, traceId, spanId, known: [], fields: [] })
    }
  }

  report(searchedAll: boolean): BackendReport {
    const { foreign, ...ofRecords } = this.#counts
    const records = Object.values(ofRecords).reduce((sum, count) => sum + count, 0)
    const agrees = ofRecords.altered + ofRecords.missing + foreign === 0
    const counts = { ...this.#counts }
    const findings = this.#findings
    return { backend: this.#backend, records, counts, findings, searchedAll, agrees }
  }

  #tell(finding: BackendFinding): void {
    if (this.#findings.length < MAX_TOLD) this.#findings.push(finding)
  }
}

function verdictOf(held: number, altered: boolean, known: number): Exclude<Verdict, 'foreign'> {
  if (held === 0) return 'missing'
  if (altered) return 'altered'
  return known > 0 ? 'changed as known' : 'exact'
}
