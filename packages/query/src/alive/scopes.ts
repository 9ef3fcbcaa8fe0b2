// What each client, or each role of users, may do, asked for, got and used, scope by scope. See
// alive.test.ts.
import { ATTR, decodeList } from '@grantlog/record'
import type { RecordIndex } from '../columns/record-index.ts'
import { MAX_SCOPE_ROWS } from '../limits.ts'
import type { Prepared } from '../search/matcher.ts'
import { type Found, sweep } from '../search/sweep.ts'

/** Records by what they say of a scope. */
export interface ScopeUse {
  readonly scope: string
  readonly allowed: number
  readonly requested: number
  readonly granted: number
  /** Needed by a request that was let in. */
  readonly used: number
  /** Missing in a request that was refused. */
  readonly missing: number
}

export interface ScopeRow {
  readonly name: string
  readonly records: number
  readonly denied: number
  readonly privileged: number
  readonly scopes: readonly ScopeUse[]
}

type Part = Exclude<keyof ScopeUse, 'scope'>

const parts: readonly (readonly [Part, string])[] = [
  ['allowed', ATTR.OAUTH_SCOPE_ALLOWED],
  ['requested', ATTR.OAUTH_SCOPE_REQUESTED],
  ['granted', ATTR.OAUTH_SCOPE_GRANTED],
  ['used', ATTR.OAUTH_SCOPE_REQUIRED],
  ['missing', ATTR.OAUTH_SCOPE_MISSING],
]
const groupColumns = { client: ATTR.OAUTH_CLIENT_ID, role: ATTR.USER_ROLES } as const

interface Row {
  records: number
  denied: number
  privileged: number
  readonly scopes: Map<string, Record<Part, number>>
}

/** The clients or roles with most records first; `cut` when there are more than are told. */
export async function scopesBy(
  index: RecordIndex,
  prepared: Prepared,
  by: 'client' | 'role',
): Promise<{ readonly rows: readonly ScopeRow[]; readonly cut: boolean }> {
  const column = groupColumns[by]
  const counts = new Map<number, Group>()
  for await (const found of sweep(index, prepared)) countFound(found, { column, counts, index })
  const rows = new Map<string, Row>()
  for (const [id, group] of counts) {
    const word = index.dictionary(column).term(id)
    for (const name of by === 'role' ? decodeList(word) : [word])
      addTo(rows, name, { group, index })
  }
  const sorted = [...rows].toSorted(([a, x], [b, y]) => y.records - x.records || (a < b ? -1 : 1))
  const told = sorted.slice(0, MAX_SCOPE_ROWS).map(([name, { scopes, ...row }]) => {
    const uses = Array.from(scopes, ([scope, use]) => ({ scope, ...use }))
    return { name, ...row, scopes: uses.toSorted((a, b) => (a.scope < b.scope ? -1 : 1)) }
  })
  return { rows: told, cut: sorted.length > MAX_SCOPE_ROWS }
}

/** Counts of one word of the grouping column, lists not yet taken apart. */
interface Group {
  records: number
  denied: number
  privileged: number
  /** By part, then by the id of the list. */
  readonly lists: readonly Map<number, number>[]
}

function countFound(
  { chunk, count, rows }: Found,
  {
    column,
    counts,
    index,
  }: {
    readonly column: string
    readonly counts: Map<number, Group>
    readonly index: RecordIndex
  },
): void {
  const groups = chunk.column(column)
  if (groups === undefined) return
  const columns = parts.map(([, name]) => chunk.column(name))
  const outcomes = chunk.column(ATTR.AUDIT_OUTCOME)
  const privileged = chunk.column(ATTR.AUDIT_PRIVILEGED)
  const words = index.dictionary(ATTR.AUDIT_OUTCOME)
  for (let n = 0; n < count; n++) {
    const row = rows[n]!
    const id = groups[row]!
    if (id === 0) continue
    let group = counts.get(id)
    if (group === undefined) {
      group = { records: 0, denied: 0, privileged: 0, lists: parts.map(() => new Map()) }
      counts.set(id, group)
    }
    const outcome = words.term(outcomes?.[row] ?? 0)
    group.records++
    if (outcome === 'denied') group.denied++
    if (privileged !== undefined && privileged[row] !== 0) group.privileged++
    for (const [part, lists] of group.lists.entries()) {
      const list = columns[part]?.[row] ?? 0
      // What a refused request would have needed was not used.
      if (list === 0 || (parts[part]?.[0] === 'used' && outcome !== 'success')) continue
      lists.set(list, (lists.get(list) ?? 0) + 1)
    }
  }
}

function addTo(
  rows: Map<string, Row>,
  name: string,
  { group, index }: { readonly group: Group; readonly index: RecordIndex },
): void {
  const row = rows.get(name) ?? { records: 0, denied: 0, privileged: 0, scopes: new Map() }
  rows.set(name, row)
  row.records += group.records
  row.denied += group.denied
  row.privileged += group.privileged
  for (const [n, lists] of group.lists.entries()) {
    const [part, column] = parts[n] ?? ['granted', '']
    for (const [id, count] of lists) {
      for (const scope of decodeList(index.dictionary(column).term(id))) {
        const none = { allowed: 0, requested: 0, granted: 0, used: 0, missing: 0 }
        const use = row.scopes.get(scope) ?? none
        use[part] += count
        row.scopes.set(scope, use)
      }
    }
  }
}
