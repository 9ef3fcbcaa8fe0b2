// One request as two processes saw it: whoever sent it, and the authorization server that answered.
// Both have a record of it, and only the answer decides what it was. See twins.test.ts.
import { ATTR } from '@grantlog/record'
import { MAX_CLOCK_SKEW_MS } from '../limits.ts'
import type { LedgerRecord } from '../records.ts'
import { grantKeys, issuedTokens, textIn } from './keys.ts'

/** The server's record by the index of the sender's. */
export type Twins = ReadonlyMap<number, LedgerRecord>

const skewNs = BigInt(MAX_CLOCK_SKEW_MS) * 1_000_000n

/**
 * Each record has at most one twin. They are of the same action, and handed out the same token; or
 * they share a trace or a token, and the answer was made while the request was under way. The
 * surest pairs are made first: a request that was lost leaves the answer to the one that was not.
 */
export function twinsIn(records: readonly LedgerRecord[]): Twins {
  const isServer = (record: LedgerRecord): boolean => roleOf(record) === 'authorization_server'
  const senders = records.filter((record) => roleOf(record) !== '' && !isServer(record))
  const answers = Map.groupBy(records.filter(isServer), actionOf)
  const pairs = senders.flatMap((sender) =>
    (answers.get(actionOf(sender)) ?? []).flatMap((answer) => {
      const rank = rankOf(sender, answer)
      return rank === null ? [] : [{ sender, answer, rank, distance: distanceOf(sender, answer) }]
    }),
  )
  const twins = new Map<number, LedgerRecord>()
  const taken = new Set<number>()
  for (const { answer, sender } of pairs.toSorted(bySureness)) {
    if (twins.has(sender.index) || taken.has(answer.index)) continue
    twins.set(sender.index, answer)
    taken.add(answer.index)
  }
  return twins
}

interface Pair {
  readonly rank: number
  readonly distance: bigint
}

function bySureness(a: Pair, b: Pair): number {
  if (a.rank !== b.rank) return a.rank - b.rank
  return a.distance < b.distance ? -1 : Number(a.distance > b.distance)
}

const roleOf = (record: LedgerRecord): string => textIn(record, ATTR.OAUTH_ROLE)
const actionOf = (record: LedgerRecord): string => textIn(record, ATTR.AUDIT_ACTION)
const outcomeOf = (record: LedgerRecord): string => textIn(record, ATTR.AUDIT_OUTCOME)

/** How sure it is that the two are one request, 0 being surest; null: they are not. */
function rankOf(sender: LedgerRecord, answer: LedgerRecord): number | null {
  // A request may fail on its way back, but what succeeded for the sender did so for the server.
  if (outcomeOf(sender) === 'success' && outcomeOf(answer) !== 'success') return null
  // A token is handed out once, whatever the clocks say.
  if (shares(issuedTokens(sender), issuedTokens(answer))) return 0
  const { endTimeUnixNano: end, startTimeUnixNano: start, traceId } = sender.view
  const { startTimeUnixNano: at } = answer.view
  if (at < start - skewNs || at > end + skewNs) return null
  if (answer.view.traceId === traceId) return 1
  return shares(grantKeys(sender), grantKeys(answer)) ? 2 : null
}

function shares(some: readonly string[], others: readonly string[]): boolean {
  return some.some((key) => others.includes(key))
}

function distanceOf(sender: LedgerRecord, answer: LedgerRecord): bigint {
  const distance = answer.view.startTimeUnixNano - sender.view.startTimeUnixNano
  return distance < 0n ? -distance : distance
}
