// How the records of a lineage follow from each other. See lineage.test.ts.
import { ATTR } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'
import {
  grantsOf,
  issuedTokens,
  issues,
  presentedRefresh,
  presentedTokens,
  sessionsOf,
  textIn,
} from './keys.ts'
import { revokedBy } from './lifetimes.ts'
import type { Twins } from './twins.ts'

export type EdgeKind =
  | 'issued' // an authorization led to tokens
  | 'used' // a token or code was presented
  | 'introspected' // somebody asked whether a token is active
  | 'refreshed'
  | 'revoked' // a token was revoked, or a record revoked the grant
  | 'replayed' // a code came again
  | 'reuse' // a refresh token came again
  | 'same-flow' // one request, as two processes saw it; or one trace
  | 'same-session'
  | 'same-user'

export interface LineageEdge {
  /** Indexes in the log. */
  readonly from: number
  readonly to: number
  readonly kind: EdgeKind
}

type Tie = readonly [from: LedgerRecord | undefined, kind: EdgeKind]

/** Records by what they can be looked up by; in order of time, so the first is the oldest. */
interface Lookup {
  readonly order: ReadonlyMap<number, number>
  readonly twins: Twins
  readonly issuers: ReadonlyMap<string, LedgerRecord>
  readonly grants: ReadonlyMap<string, readonly LedgerRecord[]>
  readonly sessions: ReadonlyMap<string, readonly LedgerRecord[]>
  readonly traces: ReadonlyMap<string, readonly LedgerRecord[]>
  readonly spans: ReadonlyMap<string, readonly LedgerRecord[]>
  readonly users: ReadonlyMap<string, readonly LedgerRecord[]>
}

/**
 * For each record at most one edge from what it follows from, the strongest that is known: so the
 * edges make trees. Besides, those from a record that revoked whole grants to the last tokens of
 * each.
 * `records`: in order of time.
 */
export function edgesOf(
  records: readonly LedgerRecord[],
  context: { readonly twins: Twins; readonly issuers: ReadonlyMap<string, LedgerRecord> },
): LineageEdge[] {
  const lookup = lookUp(records, context)
  const parents = new Map<number, number>()
  const edges: LineageEdge[] = []
  for (const record of records) {
    const tie = tiesOf(record, lookup).find(
      ([from]) => from !== undefined && !isBelow(from.index, record.index, parents),
    )
    if (tie?.[0] === undefined) continue
    parents.set(record.index, tie[0].index)
    edges.push({ from: tie[0].index, to: record.index, kind: tie[1] })
  }
  return [...edges, ...revocationsIn(records)]
}

/** Whether `index` hangs below `above`, or is it: an edge down from it would make a circle. */
function isBelow(index: number, above: number, parents: ReadonlyMap<number, number>): boolean {
  for (let at: number | undefined = index; at !== undefined; at = parents.get(at)) {
    if (at === above) return true
  }
  return false
}

/** What the record may follow from, the strongest first. */
function tiesOf(record: LedgerRecord, lookup: Lookup): Tie[] {
  const { grants, issuers, order, sessions, spans, traces, twins, users } = lookup
  const position = order.get(record.index) ?? 0
  const before = (list: readonly LedgerRecord[] = []): LedgerRecord[] =>
    list.filter(({ index }) => (order.get(index) ?? 0) < position)
  const given = issuedTokens(record).map((token): Tie => [issuers.get(token), 'same-flow'])
  const refresh = presentedRefresh(record).map((token): Tie => [
    issuers.get(token),
    refreshKind(record),
  ])
  const used = presentedTokens(record).map((token): Tie => [issuers.get(token), useKind(record)])
  const ofGrant = before(grantsOf(record).flatMap((grant) => grants.get(grant) ?? []))
  const session = before(sessionsOf(record).flatMap((id) => sessions.get(id) ?? []))
  const user = before(users.get(textIn(record, ATTR.USER_HASH)))
  return [
    [twins.get(record.index), 'same-flow'],
    ...given,
    ...refresh,
    ...used,
    grantTie(record, ofGrant),
    [spans.get(record.view.parentSpanId)?.[0], 'same-flow'],
    [before(traces.get(record.view.traceId))[0], 'same-flow'],
    [session[0], 'same-session'],
    [user[0], 'same-user'],
  ]
}

function useKind(record: LedgerRecord): EdgeKind {
  const action = textIn(record, ATTR.AUDIT_ACTION)
  if (action === 'oauth.introspect') return 'introspected'
  return action === 'oauth.revoke' ? 'revoked' : 'used'
}

function refreshKind(record: LedgerRecord): EdgeKind {
  if (isReuse(record)) return 'reuse'
  return issues(record) ? 'refreshed' : 'used'
}

/** Whether a refresh token was presented that had been used before. */
export function isReuse(record: LedgerRecord): boolean {
  const detected = record.attributes.get(ATTR.OAUTH_REFRESH_REUSE_DETECTED) === true
  return detected || textIn(record, ATTR.OAUTH_ERROR_REASON) === 'refresh_reused'
}

export function isReplay(record: LedgerRecord): boolean {
  return textIn(record, ATTR.OAUTH_ERROR_REASON) === 'code_replayed'
}

/** Among earlier records of the same grant. */
function grantTie(record: LedgerRecord, before: readonly LedgerRecord[]): Tie {
  if (isReplay(record)) return [before.find(issues) ?? before.at(-1), 'replayed']
  const action = textIn(record, ATTR.AUDIT_ACTION)
  const isStep = (one: LedgerRecord): boolean => steps.has(textIn(one, ATTR.AUDIT_ACTION))
  const authorized = before.findLast((one) => textIn(one, ATTR.AUDIT_ACTION) === 'oauth.authorize')
  const from = authorized ?? before[0]
  if (action === 'oauth.revoke') return [from, 'revoked']
  if (action === 'oauth.token') return [from, issues(record) ? 'issued' : 'used']
  // A log-out is of the session, with all its grants.
  if (action === 'oauth.end_session') return [undefined, 'same-flow']
  return [isStep(record) ? before.findLast(isStep) : before.at(-1), 'same-flow']
}

/** What a grant begins with, once or, with single sign-on, again and again. */
const steps = new Set(['oauth.authorize', 'oauth.consent', 'oauth.login', 'oauth.par'])

/** A revocation that took whole grants with it, to the last tokens that each of them gave. */
function revocationsIn(records: readonly LedgerRecord[]): LineageEdge[] {
  return records.flatMap((record, position) => {
    const action = textIn(record, ATTR.AUDIT_ACTION)
    if (action === 'oauth.revoke' || !record.attributes.has(ATTR.OAUTH_REVOCATION_REASON)) return []
    const ended = new Set(revokedBy(record))
    const given = records.slice(0, position).filter((one) => {
      return issues(one) && [...grantsOf(one), ...sessionsOf(one)].some((key) => ended.has(key))
    })
    const last = Map.groupBy(given, (one) => grantsOf(one)[0] ?? one.index).values()
    return Array.from(last, (ofGrant) => {
      return { from: record.index, to: ofGrant.at(-1)!.index, kind: 'revoked' as const }
    })
  })
}

function lookUp(
  records: readonly LedgerRecord[],
  context: Pick<Lookup, 'issuers' | 'twins'>,
): Lookup {
  return {
    ...context,
    order: new Map(records.map(({ index }, at) => [index, at])),
    grants: groupBy(records, grantsOf),
    sessions: groupBy(records, sessionsOf),
    traces: groupBy(records, ({ view }) => [view.traceId]),
    spans: groupBy(records, ({ view }) => [view.spanId]),
    users: groupBy(records, (record) => [textIn(record, ATTR.USER_HASH)].filter(Boolean)),
  }
}

/** Who handed out each token: the authorization server's record, if there is one. */
export function issuersIn(records: readonly LedgerRecord[]): Map<string, LedgerRecord> {
  const isServer = (record: LedgerRecord): boolean =>
    textIn(record, ATTR.OAUTH_ROLE) === 'authorization_server'
  const issuers = new Map<string, LedgerRecord>()
  for (const record of [...records.filter(isServer), ...records]) {
    for (const token of issuedTokens(record)) {
      if (!issuers.has(token)) issuers.set(token, record)
    }
  }
  return issuers
}

/** Records by each of their keys. */
export function groupBy(
  records: readonly LedgerRecord[],
  keysOf: (record: LedgerRecord) => readonly string[],
): Map<string, LedgerRecord[]> {
  const groups = new Map<string, LedgerRecord[]>()
  for (const record of records) {
    for (const key of new Set(keysOf(record))) {
      const group = groups.get(key)
      if (group) group.push(record)
      else groups.set(key, [record])
    }
  }
  return groups
}
