// What a refresh token that came again gave away. One of two who had it is a thief, and nothing in
// a request says which (RFC 9700, 4.14.2): so everything counts that was handed out for it. See
// reuse.test.ts.
import type { LedgerRecord } from '../records.ts'
import { groupBy, isReuse } from './edges.ts'
import {
  exchangedTokens,
  grantsOf,
  issuedTokens,
  issues,
  presentedRefresh,
  presentedTokens,
} from './keys.ts'
import { revokedBy } from './lifetimes.ts'
import { type LineageNode, timeOf } from './node.ts'
import type { Twins } from './twins.ts'

/** One token, however often it came again. Records are told by their indexes in the log. */
export interface Reuse {
  /** Keyed hash of the refresh token; '' when no record names it. */
  readonly token: string
  readonly client: string
  /** The record of its first reuse, and when that was: ISO 8601. */
  readonly index: number
  readonly at: string
  /** Each reuse was refused; else somebody got tokens for it a second time. */
  readonly refused: boolean
  /** Where it came yet again. */
  readonly again: readonly number[]
  /** Where it was handed out; null when that is not known. */
  readonly issuedBy: number | null
  /** Where, and when, it was used first: since then two may have tokens. null, '': not known. */
  readonly usedBy: number | null
  readonly usedAt: string
  /** Records that handed out tokens for it, and for what was handed out for it. */
  readonly issued: readonly number[]
  /** What revoked the last of these, and when; null, '' when one of them was not revoked. */
  readonly revokedBy: number | null
  readonly revokedAt: string
  /** What was called with their tokens, and let in; most calls first. */
  readonly calls: readonly ReuseCalls[]
  /** Where their tokens were presented after the reuse, and refused. */
  readonly refusals: readonly number[]
}

export interface ReuseCalls {
  readonly service: string
  /** Method and route, else the action. */
  readonly what: string
  /** Kind of privileged action; '' for any other. */
  readonly privileged: string
  /** Let in until the token was revoked, and after that. */
  readonly before: number
  readonly after: number
  /** The first of them. */
  readonly index: number
}

export interface ReuseContext {
  /** Who handed out each token. */
  readonly issuers: ReadonlyMap<string, LedgerRecord>
  readonly nodes: readonly LineageNode[]
  /** Of two records of one request only the server's counts. */
  readonly twins: Twins
}

type ByKey = ReadonlyMap<string, readonly LedgerRecord[]>

interface Lookup {
  readonly nodes: ReadonlyMap<number, LineageNode>
  /** Place in the order of time, by index. */
  readonly order: ReadonlyMap<number, number>
  readonly issuers: ReadonlyMap<string, LedgerRecord>
  /** Records that handed out tokens, by what was presented for them, and by their grants. */
  readonly exchanges: ByKey
  readonly grants: ByKey
  /** All other records, by the tokens that were presented. */
  readonly uses: ByKey
  readonly records: readonly LedgerRecord[]
}

/** In order of time, as `records` are. */
export function reusesIn(records: readonly LedgerRecord[], context: ReuseContext): Reuse[] {
  const own = records.filter(({ index }) => !context.twins.has(index))
  const groups = reusedIn(own)
  if (groups.length === 0) return []
  const given = own.filter(issues)
  const lookup: Lookup = {
    nodes: new Map(context.nodes.map((node) => [node.index, node])),
    order: new Map(own.map(({ index }, at) => [index, at])),
    issuers: context.issuers,
    exchanges: groupBy(given, (one) => [...presentedRefresh(one), ...exchangedTokens(one)]),
    grants: groupBy(given, grantsOf),
    uses: groupBy(
      own.filter((one) => !issues(one)),
      (one) => [...presentedTokens(one), ...presentedRefresh(one)],
    ),
    records: own,
  }
  return groups.map((group) => reuseOf(group, lookup))
}

/** The records of reuse, those of one token together. */
function reusedIn(records: readonly LedgerRecord[]): LedgerRecord[][] {
  const groups: LedgerRecord[][] = []
  const byToken = new Map<string, LedgerRecord[]>()
  for (const record of records.filter(isReuse)) {
    const tokens = presentedRefresh(record)
    let group = tokens.map((token) => byToken.get(token)).find(Boolean)
    if (group === undefined) groups.push((group = []))
    group.push(record)
    for (const token of tokens) byToken.set(token, group)
  }
  return groups
}

function reuseOf(group: readonly LedgerRecord[], lookup: Lookup): Reuse {
  const first = group[0]!
  const tokens = presentedRefresh(first)
  const found = <T>(values: readonly (T | undefined)[]): T | null => values.find(Boolean) ?? null
  const issuedBy = found(tokens.map((token) => lookup.issuers.get(token)))
  const usedBy = found(
    tokens.map((token) => lookup.exchanges.get(token)?.find((one) => !isReuse(one))),
  )
  const issued = handedOut({ first, issuedBy, tokens, usedBy }, lookup)
  const node = lookup.nodes.get(first.index)!
  return {
    token: tokens[0] ?? '',
    client: node.client,
    ...{ index: first.index, at: node.at },
    refused: !group.some(issues),
    again: group.slice(1).map(({ index }) => index),
    issuedBy: issuedBy?.index ?? null,
    usedBy: usedBy?.index ?? null,
    usedAt: usedBy === null ? '' : timeOf(usedBy.view.startTimeUnixNano),
    issued: issued.map(({ index }) => index),
    ...revocationOf(first, issued, lookup),
    ...usesOf(group, issued, lookup),
  }
}

interface Origin {
  readonly first: LedgerRecord
  readonly tokens: readonly string[]
  readonly issuedBy: LedgerRecord | null
  readonly usedBy: LedgerRecord | null
}

/** Where nobody recorded its first use, all that its grant got since may have come of it. */
function handedOut({ first, issuedBy, tokens, usedBy }: Origin, lookup: Lookup): LedgerRecord[] {
  const at = ({ index }: LedgerRecord): number => lookup.order.get(index) ?? 0
  const found = new Set<LedgerRecord>()
  if (usedBy === null) {
    const grants = [...grantsOf(first), ...(issuedBy === null ? [] : grantsOf(issuedBy))]
    const from = issuedBy === null ? -1 : at(issuedBy)
    for (const one of grants.flatMap((grant) => lookup.grants.get(grant) ?? [])) {
      if (at(one) > from) found.add(one)
    }
  }
  const next = [...tokens, ...[...found].flatMap(issuedTokens)]
  for (let token = next.pop(); token !== undefined; token = next.pop()) {
    for (const one of lookup.exchanges.get(token) ?? []) {
      if (found.has(one)) continue
      found.add(one)
      next.push(...issuedTokens(one))
    }
  }
  return [...found].toSorted((a, b) => at(a) - at(b))
}

/** Of the last of the tokens; where there are none, by the reuse itself. */
function revocationOf(
  first: LedgerRecord,
  issued: readonly LedgerRecord[],
  { nodes, records }: Lookup,
): Pick<Reuse, 'revokedAt' | 'revokedBy'> {
  const own = revokedBy(first).length > 0 ? timeOf(first.view.endTimeUnixNano) : ''
  const times = issued.map(({ index }) => nodes.get(index)?.revokedAt ?? '')
  const revokedAt = times.includes('') ? '' : (times.toSorted().at(-1) ?? own)
  const by = records.find((one) => {
    return timeOf(one.view.endTimeUnixNano) === revokedAt && revokedBy(one).length > 0
  })
  return { revokedBy: by?.index ?? null, revokedAt }
}

/** The protocol's own endpoints give nothing to read, but for who the user is. */
const noCalls = new Set(['oauth.introspect', 'oauth.revoke', 'oauth.token'])

function usesOf(
  group: readonly LedgerRecord[],
  issued: readonly LedgerRecord[],
  { nodes, order, uses }: Lookup,
): Pick<Reuse, 'calls' | 'refusals'> {
  const at = (index: number): number => order.get(index) ?? 0
  const reused = at(group[0]!.index)
  const presented = new Set(issued.flatMap(issuedTokens).flatMap((token) => uses.get(token) ?? []))
  const seen = Array.from(presented, ({ index }) => nodes.get(index)!)
  const inOrder = seen.toSorted((a, b) => at(a.index) - at(b.index))
  const letIn = inOrder.filter(({ action, outcome }) => {
    return outcome === 'success' && !noCalls.has(action)
  })
  const refused = inOrder.filter(
    ({ index, outcome }) => outcome !== 'success' && at(index) > reused,
  )
  const groups = Map.groupBy(letIn, (node) => JSON.stringify([node.service, whatOf(node)]))
  const calls = Array.from(groups.values(), callsOf)
  return {
    calls: calls.toSorted((a, b) => b.before + b.after - (a.before + a.after)),
    refusals: refused.map(({ index }) => index),
  }
}

function callsOf(nodes: readonly LineageNode[]): ReuseCalls {
  const first = nodes[0]!
  const after = nodes.filter(({ flags }) => flags.includes('use-after-revocation')).length
  return {
    ...{ service: first.service, what: whatOf(first), privileged: first.privileged },
    ...{ before: nodes.length - after, after, index: first.index },
  }
}

/** Routes of the protocol's own endpoints say no more than the action does. */
function whatOf({ action, detail, role }: LineageNode): string {
  return role === 'authorization_server' ? action : detail || action
}
