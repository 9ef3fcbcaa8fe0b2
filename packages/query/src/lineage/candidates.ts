// The records that may belong to a lineage, by the index: the ledger itself is read for those only.
// Which of them do, `lineageOf` decides. See candidates.test.ts.
import { ATTR } from '@grantlog/record'
import type { RecordCache } from '../columns/record-cache.ts'
import type { RecordIndex } from '../columns/record-index.ts'
import { COLUMN } from '../language/fields.ts'
import { LATE_LOGIN_MS, LOGIN_LEAD_MS, MAX_LINEAGE_CANDIDATES } from '../limits.ts'
import type { LedgerRecord } from '../records.ts'
import { rowsWith } from '../search/rows-with.ts'
import {
  exchangeAttributes,
  grantAttributes,
  grantKeys,
  sessionAttributes,
  sessionsOf,
  textIn,
  tokenAttributes,
} from './keys.ts'

export interface Indexed {
  readonly index: RecordIndex
  readonly records: Pick<RecordCache, 'record'>
}

const grantColumns = [...new Set([...grantAttributes, ...tokenAttributes, ...exchangeAttributes])]
const targetColumns = [...grantColumns, ...sessionAttributes, COLUMN.RECORD]

export interface Candidates {
  /** In order of the log. */
  readonly records: readonly LedgerRecord[]
  /** There are more than MAX_LINEAGE_CANDIDATES of a kind. */
  readonly isCut: boolean
}

/**
 * `target` as for `lineageOf`. The grants of the target, what shares a session or a trace with
 * them; and of their users what names no grant, such as the log-in that they began with.
 */
export async function candidatesOf(source: Indexed, target: string): Promise<Candidates> {
  const gathered = new Gathered(source)
  if (/^[0-9]+$/.test(target)) await gathered.addIndex(Number(target))
  else await gathered.addWith(targetColumns, [target])
  await gathered.addGrants()
  // A target without a grant leads to the grants of its session or trace.
  await gathered.addSurroundings()
  await gathered.addGrants()
  await gathered.addSurroundings()
  await gathered.addOfUsers()
  return { records: gathered.records(), isCut: gathered.isCut }
}

class Gathered {
  readonly #source: Indexed
  readonly #byRow = new Map<number, LedgerRecord>()
  readonly #asked = new Set<string>()
  isCut = false

  constructor(source: Indexed) {
    this.#source = source
  }

  records(): LedgerRecord[] {
    return [...this.#byRow.values()].toSorted((a, b) => a.index - b.index)
  }

  async addIndex(place: number): Promise<void> {
    const { index } = this.#source
    const row = index.rowAt(place)
    if (row < index.rows && index.place(row).index === place) await this.#addRows([row])
  }

  /** Grants, families and tokens of what is there, until nothing new comes. */
  async addGrants(): Promise<void> {
    for (let before = -1; before < this.#byRow.size;) {
      before = this.#byRow.size
      await this.addWith(grantColumns, this.#valuesOf(grantKeys))
    }
  }

  async addSurroundings(): Promise<void> {
    const sessions = this.#valuesOf(sessionsOf)
    const traces = this.#valuesOf(({ view }) => [view.traceId])
    await this.addWith(sessionAttributes, sessions)
    await this.addWith([COLUMN.TRACE], traces)
  }

  /** A user may have any number of records: all but a few are of grants, or long before. */
  async addOfUsers(): Promise<void> {
    const { index } = this.#source
    const users = this.#valuesOf((record) => [textIn(record, ATTR.USER_HASH)].filter(Boolean))
    const times = Array.from(this.#byRow.values(), ({ leaf }) => leaf.receivedAt)
    const fromMs = Math.min(...times) - LOGIN_LEAD_MS - LATE_LOGIN_MS
    await this.addWith([ATTR.USER_HASH], users, (row) => {
      if (index.receivedAt(row) < fromMs) return false
      return grantColumns.every((column) => index.cell(row, column) === 0)
    })
  }

  async addWith(
    columns: readonly string[],
    values: Iterable<string>,
    where: (row: number) => boolean = () => true,
  ): Promise<void> {
    const fresh = [...values].filter((value) => !this.#asked.has(`${columns[0]} ${value}`))
    for (const value of fresh) this.#asked.add(`${columns[0]} ${value}`)
    const most = MAX_LINEAGE_CANDIDATES
    const request = { values: fresh, most, kept: 'oldest', where } as const
    const { isCut, rows } = await rowsWith(this.#source.index, columns, request)
    this.isCut ||= isCut
    await this.#addRows(rows)
  }

  #valuesOf(of: (record: LedgerRecord) => readonly string[]): Set<string> {
    return new Set([...this.#byRow.values()].flatMap(of))
  }

  async #addRows(rows: readonly number[]): Promise<void> {
    for (const row of rows) {
      if (this.#byRow.has(row)) continue
      if (this.#byRow.size >= MAX_LINEAGE_CANDIDATES) {
        this.isCut = true
        return
      }
      const record = await this.#source.records.record(this.#source.index.place(row))
      // What nobody's key vouches for proves no descent.
      if (record?.observed === null) this.#byRow.set(row, record)
    }
  }
}
