// What verification found in a backend: counts of all, and the first so many told one by one.
import { ATTR } from '@grantlog/record'
import { MAX_FOREIGN, MAX_TOLD, MAX_TOLD_FIELDS } from '../limits.ts'
import type { LedgerRecord } from '../records.ts'
import type { Told } from './backend.ts'
import { type Alteration, type Comparison, cut } from './compare.ts'

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
  /** Where the backend has it; of several copies where the altered one is. '' if not told. */
  readonly place: string
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

/** One thing that a backend holds of a record, compared. */
export interface Copy extends Comparison {
  readonly place: string
}

/** Ids of records by their keys, those of streams too. Nearly always one. */
export type RecordIds = ReadonlyMap<string, readonly string[]>

/** Counts, and what is told. */
export class Tally {
  readonly #backend: string
  readonly #known: RecordIds
  readonly #counts = { exact: 0, 'changed as known': 0, altered: 0, missing: 0, foreign: 0 }
  readonly #findings: BackendFinding[] = []
  readonly #foreign = new Set<string>()

  constructor(backend: string, known: RecordIds) {
    this.#backend = backend
    this.#known = known
  }

  /** What was forwarded twice is there twice; one copy altered is one too many. */
  addRecord(record: LedgerRecord, copies: readonly Copy[]): void {
    const { index, leaf, view } = record
    const altered = copies.find((one) => one.altered.length > 0)
    const known = [...new Set(copies.flatMap((one) => one.known))]
    const verdict = verdictOf(copies.length, altered !== undefined, known.length)
    this.#counts[verdict]++
    if (verdict === 'exact') return
    const action = String(view.attributes.get(ATTR.AUDIT_ACTION) ?? '')
    const { traceId, spanId } = view
    const fields = altered?.altered.slice(0, MAX_TOLD_FIELDS) ?? []
    const place = cut((altered ?? copies[0])?.place ?? '')
    this.#tell({ verdict, index, id: leaf.id, action, traceId, spanId, place, known, fields })
  }

  /** Of these some may claim to be records; the same again is not counted again. */
  addClaims(told: readonly Told[]): void {
    for (const { action, claims, key, place, recordId, spanId, traceId } of told) {
      if (!claims || this.isFull || this.#known.has(key) || this.#foreign.has(key)) continue
      this.#foreign.add(key)
      this.#counts.foreign++
      this.#tell({
        ...{ verdict: 'foreign', index: null, known: [], fields: [] },
        ...{ id: cut(recordId), action: cut(action), place: cut(place) },
        ...{ traceId: cut(traceId), spanId: cut(spanId) },
      })
    }
  }

  /** Has as many foreign ones as are counted. */
  get isFull(): boolean {
    return this.#foreign.size >= MAX_FOREIGN
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
