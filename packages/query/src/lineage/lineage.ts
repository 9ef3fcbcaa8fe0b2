/**
 * The life of a grant across services and processes: log-in, consent, authorization, code, tokens,
 * refreshes, use, introspection, revocation, expiry. Pure over records; see lineage.test.ts.
 */
import type { LedgerRecord } from '../records.ts'
import { edgesOf, issuersIn, type LineageEdge } from './edges.ts'
import { flagsOf } from './flags.ts'
import { lifetimesIn } from './lifetimes.ts'
import { type LineageNode, nodeOf } from './node.ts'
import { type Reuse, reusesIn } from './reuse.ts'
import { type Records, selectRecords } from './select.ts'
import { twinsIn } from './twins.ts'

export interface LineageOptions {
  /** Reads all records, from the first; called a few times. */
  readonly records: Records
  /** An index, a record id, or a hash of a grant, token, refresh token, family or session. */
  readonly target: string
  /** Names users and addresses too, not only pseudonyms. */
  readonly showPersonal?: boolean
  /** `records` are not all that belong to it. */
  readonly isCut?: boolean
  /** When it is asked, Unix milliseconds: what has expired by then. */
  readonly now?: number
}

export interface Lineage {
  /** In order of time: by the producers' clocks, then by the log. */
  readonly nodes: readonly LineageNode[]
  readonly edges: readonly LineageEdge[]
  /** Refresh tokens that came again, and what they gave away; in order of time. */
  readonly reuses: readonly Reuse[]
  /** The grant has more records than are shown. */
  readonly cut: boolean
}

/** Throws LINEAGE_NOT_FOUND when no record has this id, index or hash. */
export async function lineageOf(options: LineageOptions): Promise<Lineage> {
  const { isCut = false, now = Date.now(), records, showPersonal = false, target } = options
  const selection = await selectRecords(records, target)
  const ordered = selection.records.toSorted(byTime)
  const issuers = issuersIn(ordered)
  const twins = twinsIn(ordered)
  const lifetimes = lifetimesIn(ordered, { issuers, twins })
  const flags = flagsOf(ordered, { issuers, lifetimes, twins })
  const node = (record: LedgerRecord): LineageNode => {
    const of = { flags: flags.get(record.index) ?? [], twin: twins.get(record.index) }
    return nodeOf(record, { ...of, lifetimes, now, showPersonal })
  }
  const nodes = ordered.map(node)
  return {
    nodes,
    edges: edgesOf(ordered, { issuers, twins }),
    reuses: reusesIn(ordered, { issuers, nodes, twins }),
    cut: isCut || selection.cut,
  }
}

function byTime(a: LedgerRecord, b: LedgerRecord): number {
  const [timeA, timeB] = [a.view.startTimeUnixNano, b.view.startTimeUnixNano]
  if (timeA !== timeB) return timeA < timeB ? -1 : 1
  return a.index - b.index
}
