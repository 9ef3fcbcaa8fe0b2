// Which records a lineage is made of. Grants, families and tokens join across the whole ledger;
// sessions, traces and users join many grants, so by them only records come that name no grant.
import { ATTR } from '@grantlog/record'
import { QueryError } from '../codes.ts'
import { LOGIN_LEAD_MS, MAX_LINEAGE_RECORDS } from '../limits.ts'
import type { LedgerRecord } from '../records.ts'
import { openBegun } from './begun.ts'
import { grantKeys, sessionsOf, textIn } from './keys.ts'

const loginLeadNano = BigInt(LOGIN_LEAD_MS) * 1_000_000n

export type Records = () => AsyncIterable<LedgerRecord>

export interface Selection {
  readonly records: readonly LedgerRecord[]
  /** There are more than MAX_LINEAGE_RECORDS; these are the first. */
  readonly cut: boolean
}

/**
 * The records of one grant, or of all grants of a session. `target`: an index, a record id, or a
 * hash of a grant, token, refresh token, family or session. Reads the ledger three times or four:
 * what belongs to what, the records of the grant, what hangs on them. Throws LINEAGE_NOT_FOUND.
 */
export async function selectRecords(records: Records, target: string): Promise<Selection> {
  const found = await seek(records, (record) => isTarget(record, target))
  if (found.seeds.length === 0) throw new QueryError('LINEAGE_NOT_FOUND')
  if (!found.seeds.every(namesNoGrant)) return gather(records, found)
  // A record before there is a grant, such as a log-in, leads to the grants of its session; one of
  // a request that failed, to what else its trace is about.
  const { sessions, traces } = surroundings(found.seeds)
  const leads = (record: LedgerRecord): boolean =>
    sessions.size > 0
      ? sessionsOf(record).some((session) => sessions.has(session))
      : traces.has(record.view.traceId)
  const { groups, seeds } = await seek(records, leads)
  return gather(records, { groups, seeds: [...found.seeds, ...seeds] })
}

interface Sought {
  readonly seeds: readonly LedgerRecord[]
  readonly groups: Groups
}

/** What belongs to what, and the records to begin with. */
async function seek(records: Records, isSeed: (record: LedgerRecord) => boolean): Promise<Sought> {
  const groups = new Groups()
  const seeds: LedgerRecord[] = []
  for await (const record of records()) {
    groups.join(grantKeys(record))
    if (seeds.length < MAX_LINEAGE_RECORDS && isSeed(record)) seeds.push(record)
  }
  return { seeds, groups }
}

/** The seeds, the records of all grants that they name, and what hangs on those. */
async function gather(records: Records, { groups, seeds }: Sought): Promise<Selection> {
  const roots = new Set(seeds.flatMap(grantKeys).map((key) => groups.rootOf(key)))
  const isOfGrant = (record: LedgerRecord): boolean =>
    grantKeys(record).some((key) => roots.has(groups.rootOf(key)))
  const chosen = new Map<number, LedgerRecord>()
  let cut = false
  const choose = (record: LedgerRecord): void => {
    cut ||= chosen.size === MAX_LINEAGE_RECORDS && !chosen.has(record.index)
    if (!cut) chosen.set(record.index, record)
  }
  seeds.forEach(choose)
  for await (const record of records()) {
    if (cut) break
    if (isOfGrant(record)) choose(record)
  }
  const around = surroundings([...chosen.values()])
  const begun = openBegun()
  let loggedIn: LedgerRecord | null = null
  for await (const record of records()) {
    if (cut) break
    const ended = begun.endedBy(record)
    if (namesNoGrant(record) || isOfGrant(record)) ended.forEach(choose)
    if (isLoginBefore(record, around)) loggedIn = laterOf(record, loggedIn)
    if (!namesNoGrant(record) || !belongs(record, around)) continue
    if (!begun.add(record)) choose(record)
  }
  begun.rest().forEach(choose)
  if (loggedIn !== null) choose(loggedIn)
  return { records: [...chosen.values()], cut }
}

function isTarget(record: LedgerRecord, target: string): boolean {
  if (/^[0-9]+$/.test(target)) return record.index === Number(target)
  if (record.leaf.id === target) return true
  return grantKeys(record).includes(target) || sessionsOf(record).includes(target)
}

function namesNoGrant(record: LedgerRecord): boolean {
  return grantKeys(record).length === 0
}

interface Surroundings {
  readonly sessions: ReadonlySet<string>
  readonly traces: ReadonlySet<string>
  readonly users: ReadonlySet<string>
  readonly clients: ReadonlySet<string>
  readonly from: bigint
  readonly to: bigint
}

function surroundings(records: readonly LedgerRecord[]): Surroundings {
  const times = records.map(({ view }) => view.startTimeUnixNano).toSorted(compare)
  const values = (name: string): Set<string> =>
    new Set(records.map((record) => textIn(record, name)).filter((text) => text !== ''))
  return {
    sessions: new Set(records.flatMap(sessionsOf)),
    traces: new Set(records.map(({ view }) => view.traceId)),
    users: values(ATTR.USER_HASH),
    clients: values(ATTR.OAUTH_CLIENT_ID),
    from: times[0] ?? 0n,
    to: times.at(-1) ?? 0n,
  }
}

/** For a record that names no grant: the strongest tie that it has decides. */
function belongs(record: LedgerRecord, around: Surroundings): boolean {
  if (around.traces.has(record.view.traceId)) return true
  const sessions = sessionsOf(record)
  if (sessions.length > 0) return sessions.some((session) => around.sessions.has(session))
  if (!around.users.has(textIn(record, ATTR.USER_HASH))) return false
  const client = textIn(record, ATTR.OAUTH_CLIENT_ID)
  const { startTimeUnixNano: at } = record.view
  return (client === '' || around.clients.has(client)) && at >= around.from && at <= around.to
}

/**
 * A log-in of the same user at the same client that the grants may have begun with. It has no
 * session yet, for it makes one, and browsers carry no trace on.
 */
function isLoginBefore(record: LedgerRecord, { clients, from, users }: Surroundings): boolean {
  const is = (name: string, value: string): boolean => textIn(record, name) === value
  if (!is(ATTR.AUDIT_ACTION, 'oauth.login') || !is(ATTR.AUDIT_OUTCOME, 'success')) return false
  if (sessionsOf(record).length > 0 || !users.has(textIn(record, ATTR.USER_HASH))) return false
  const { startTimeUnixNano: at } = record.view
  return (
    clients.has(textIn(record, ATTR.OAUTH_CLIENT_ID)) && at < from && at >= from - loginLeadNano
  )
}

function laterOf(record: LedgerRecord, other: LedgerRecord | null): LedgerRecord {
  if (other === null) return record
  return record.view.startTimeUnixNano < other.view.startTimeUnixNano ? other : record
}

/** Union-find over keys: keys that ever stood in one record are of one group. */
class Groups {
  readonly #numbers = new Map<string, number>()
  readonly #parents: number[] = []

  join(keys: readonly string[]): void {
    const [first, ...others] = keys.map((key) => this.#find(this.#numberOf(key)))
    if (first === undefined) return
    for (const other of others) this.#parents[this.#find(other)] = this.#find(first)
  }

  /** A number for the group of a key, the same for all of its keys; -1 for an unknown key. */
  rootOf(key: string): number {
    const number = this.#numbers.get(key)
    return number === undefined ? -1 : this.#find(number)
  }

  #numberOf(key: string): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    const number = this.#parents.push(this.#parents.length) - 1
    this.#numbers.set(key, number)
    return number
  }

  #find(number: number): number {
    let at = number
    for (let up = this.#parents[at]!; up !== at; up = this.#parents[at]!) {
      // Halves the path, so that it stays short.
      this.#parents[at] = this.#parents[up]!
      at = up
    }
    return at
  }
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : Number(a > b)
}
