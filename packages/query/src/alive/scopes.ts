// What each client, or each role of users, may do, asked for, got and used, scope by scope. See
// alive.test.ts.
import { ATTR, decodeList } from '@grantlog/record'
import type { RecordIndex } from '../columns/record-index.ts'
import { MAX_SCOPE_ROWS } from '../limits.ts'
import { isRefused } from '../refused.ts'
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
  /** What somebody should look at, the worst first. */
  readonly findings: readonly ScopeFinding[]
}

export type ScopeFinding =
  | 'beyond' // needed by what was let in, and never granted
  | 'unallowed' // asked for, though the registration does not allow it
  | 'short' // refused for lack of it
  | 'idle' // granted, and never needed by what was let in

export interface ScopeRow {
  readonly name: string
  readonly records: number
  /** Denied or failed. */
  readonly refused: number
  readonly privileged: number
  readonly scopes: readonly ScopeUse[]
}

type Part = Exclude<keyof ScopeUse, 'findings' | 'scope'>
type Counts = Readonly<Record<Part, number>>

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
  refused: number
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
    const knowsAllowed = [...scopes.values()].some(({ allowed }) => allowed > 0)
    const uses = Array.from(scopes, ([scope, use]) => {
      return { scope, ...use, findings: findingsOf(scope, use, knowsAllowed) }
    })
    return { name, ...row, scopes: uses.toSorted((a, b) => (a.scope < b.scope ? -1 : 1)) }
  })
  return { rows: told, cut: sorted.length > MAX_SCOPE_ROWS }
}

/** OpenID Connect Core 5.4 and 11: no API asks for these, and so nobody sees them used. */
const ownScopes = new Set(['openid', 'profile', 'email', 'address', 'phone', 'offline_access'])

/** Scopes that say what the server itself tells of the user. */
export function isOwnScope(scope: string): boolean {
  return ownScopes.has(scope)
}

/** Where no record says what is allowed, as of roles, nothing is held against a request. */
function findingsOf(scope: string, use: Counts, knowsAllowed: boolean): ScopeFinding[] {
  const { allowed, granted, missing, requested, used } = use
  const found: readonly (readonly [ScopeFinding, boolean])[] = [
    ['beyond', used > 0 && granted === 0],
    ['unallowed', requested > 0 && allowed === 0 && knowsAllowed],
    ['short', missing > 0],
    ['idle', granted > 0 && used === 0 && !isOwnScope(scope)],
  ]
  return found.filter(([, is]) => is).map(([finding]) => finding)
}

/** Counts of one word of the grouping column, lists not yet taken apart. */
interface Group {
  records: number
  refused: number
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
      group = { records: 0, refused: 0, privileged: 0, lists: parts.map(() => new Map()) }
      counts.set(id, group)
    }
    const outcome = words.term(outcomes?.[row] ?? 0)
    group.records++
    if (isRefused(outcome)) group.refused++
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
  const row = rows.get(name) ?? { records: 0, refused: 0, privileged: 0, scopes: new Map() }
  rows.set(name, row)
  row.records += group.records
  row.refused += group.refused
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
