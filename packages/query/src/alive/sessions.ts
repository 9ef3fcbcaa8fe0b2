// The newest sessions: whose, since when, still open, ended, or begun without a log-in. See
// alive.test.ts.
import { ATTR } from '@grantlog/record'
import { fingerprintOf } from '../columns/fingerprint.ts'
import type { Query } from '../language/query.ts'
import type { Indexed } from '../lineage/candidates.ts'
import { sessionsOf, textIn } from '../lineage/keys.ts'
import { MAX_ALIVE, MAX_USES } from '../limits.ts'
import { isRefused } from '../refused.ts'
import { rowsWith } from '../search/rows-with.ts'
import { newest } from './tokens.ts'

export interface SessionLife {
  /** Keyed hash. */
  readonly hash: string
  readonly userHash: string
  /** Who comes and goes without a log-in leaves a session behind that never was anybody's. */
  readonly state: 'open' | 'ended' | 'never-logged-in'
  /** Unix milliseconds. */
  readonly startedAt: number
  readonly lastSeenAt: number
  readonly records: number
  /** Denied or failed. */
  readonly refused: number
  readonly clients: readonly string[]
  /** Place in the log of its newest record. */
  readonly index: number
}

export interface SessionLives {
  /** The one seen last first. */
  readonly sessions: readonly SessionLife[]
  readonly since: number
  readonly cut: boolean
}

type Session = { -readonly [Part in keyof Omit<SessionLife, 'clients'>]: SessionLife[Part] } & {
  readonly clients: Set<string>
}

/** Sessions that a record which matches `query` names, among the newest of those. */
export async function sessionsIn(
  source: Indexed,
  query: Query,
  now: number,
): Promise<SessionLives> {
  const named: Query = { all: [query, { field: 'session', tests: [{ has: true }] }] }
  const { cut, records, since } = await newest(source, { query: named, most: MAX_ALIVE, now })
  const sessions = new Map<number, Session>()
  for (const record of records) {
    const [hash] = sessionsOf(record)
    if (hash === undefined) continue
    const known = sessions.get(fingerprintOf(hash))
    if (known !== undefined) known.userHash ||= textIn(record, ATTR.USER_HASH)
    else {
      const userHash = textIn(record, ATTR.USER_HASH)
      const times = { startedAt: Infinity, lastSeenAt: 0 }
      const counts = { records: 0, refused: 0, clients: new Set<string>() }
      const place = { hash, userHash, index: record.index }
      sessions.set(fingerprintOf(hash), { ...place, state: 'never-logged-in', ...times, ...counts })
    }
  }
  const isCut = await count(source, sessions)
  const lives = Array.from(sessions.values(), (one) => ({ ...one, clients: [...one.clients] }))
  return {
    sessions: lives.toSorted(lastSeenFirst),
    since,
    cut: cut || isCut,
  }
}

/** No two have the same place. */
function lastSeenFirst(a: SessionLife, b: SessionLife): number {
  return b.lastSeenAt - a.lastSeenAt || b.index - a.index
}

/** All records of those sessions, by the index. Whether some were left out, the oldest. */
async function count({ index }: Indexed, sessions: ReadonlyMap<number, Session>): Promise<boolean> {
  const values = Array.from(sessions.values(), ({ hash }) => hash)
  const request = { values, most: MAX_USES, kept: 'newest' } as const
  const { isCut, rows } = await rowsWith(index, [ATTR.SESSION_ID], request)
  for (const row of rows) {
    const session = sessions.get(index.cell(row, ATTR.SESSION_ID))
    if (session === undefined) continue
    const at = index.receivedAt(row)
    const action = index.word(row, ATTR.AUDIT_ACTION)
    const outcome = index.word(row, ATTR.AUDIT_OUTCOME)
    const hasUser = index.cell(row, ATTR.USER_HASH) !== 0
    const client = index.word(row, ATTR.OAUTH_CLIENT_ID)
    session.records++
    session.startedAt = Math.min(session.startedAt, at)
    session.lastSeenAt = Math.max(session.lastSeenAt, at)
    if (isRefused(outcome)) session.refused++
    if (action === 'oauth.end_session' && outcome === 'success') session.state = 'ended'
    else if (session.state === 'never-logged-in' && isOfSomebody({ action, outcome, hasUser })) {
      session.state = 'open'
    }
    if (client !== '') session.clients.add(client)
  }
  return isCut
}

/** What comes before a log-in, or without one. */
const ofNobody = new Set(['oauth.authorize', 'oauth.par', 'oauth.end_session'])

/**
 * Whether a record shows that somebody had logged in. The log-in itself may be older than the
 * ledger, and users without a pseudonym are not named: what only follows a log-in tells of it, too.
 */
function isOfSomebody(record: {
  readonly action: string
  readonly outcome: string
  readonly hasUser: boolean
}): boolean {
  if (record.action === 'oauth.login') return record.outcome === 'success'
  return record.hasUser || !ofNobody.has(record.action)
}

/** What may be asked for of sessions. */
export const sessionStates = ['open', 'ended', 'never-logged-in', 'all'] as const
export type SessionState = (typeof sessionStates)[number]

export function isSessionIn({ state }: SessionLife, asked: SessionState): boolean {
  return asked === 'all' || state === asked
}

export interface SessionCounts {
  readonly open: number
  readonly ended: number
  readonly neverLoggedIn: number
}

export function countSessions(sessions: readonly SessionLife[]): SessionCounts {
  const of = (asked: SessionState): number =>
    sessions.filter((one) => isSessionIn(one, asked)).length
  return { open: of('open'), ended: of('ended'), neverLoggedIn: of('never-logged-in') }
}
