/**
 * The life of a grant across services and processes: authorization, code, tokens, refreshes, use,
 * revocation. Pure over records; see lineage.test.ts.
 */
import type { LedgerRecord } from '../records.ts'
import { edgesOf, type LineageEdge } from './edges.ts'
import { flagsOf } from './flags.ts'
import { type LineageNode, nodeOf } from './node.ts'
import { type Records, selectRecords } from './select.ts'

export interface LineageOptions {
  /** Reads all records, from the first; called three times. */
  readonly records: Records
  /** An index, a record id, or a hash of a grant, token, refresh token, family or session. */
  readonly target: string
  /** Names users and addresses too, not only pseudonyms. */
  readonly showPersonal?: boolean
}

export interface Lineage {
  /** In order of time: by the producers' clocks, then by the log. */
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
  /** The grant has more records than are shown. */
  readonly cut: boolean
}

/** Throws LINEAGE_NOT_FOUND when no record has this id, index or hash. */
export async function lineageOf(options: LineageOptions): Promise<Lineage> {
  const { records, showPersonal = false, target } = options
  const selection = await selectRecords(records, target)
  const ordered = selection.records.toSorted(byTime)
  const flags = flagsOf(ordered)
  return {
    nodes: ordered.map((record) => nodeOf(record, flags.get(record.index) ?? [], showPersonal)),
    edges: edgesOf(ordered),
    cut: selection.cut,
  }
}

function byTime(a: LedgerRecord, b: LedgerRecord): number {
  const [timeA, timeB] = [a.view.startTimeUnixNano, b.view.startTimeUnixNano]
  if (timeA !== timeB) return timeA < timeB ? -1 : 1
  return a.index - b.index
}
