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
 * they share a trace or a token, and the answer was made while the request was under way.
 * `records`: in order of time.
 */
export function twinsIn(records: readonly LedgerRecord[]): Twins {
  const isServer = (record: LedgerRecord): boolean => roleOf(record) === 'authorization_server'
  const senders = records.filter((record) => roleOf(record) !== '' && !isServer(record))
  const answers = Map.groupBy(records.filter(isServer), actionOf)
  const twins = new Map<number, LedgerRecord>()
  const taken = new Set<number>()
  for (const sender of senders) {
    const candidates = (answers.get(actionOf(sender)) ?? []).flatMap((answer) => {
      if (taken.has(answer.index)) return []
      const rank = rankOf(sender, answer)
      return rank === null ? [] : [{ answer, rank, distance: distanceOf(sender, answer) }]
    })
    const [best] = candidates.toSorted((a, b) => a.rank - b.rank || Number(a.distance - b.distance))
    if (best === undefined) continue
    twins.set(sender.index, best.answer)
    taken.add(best.answer.index)
  }
  return twins
}

const roleOf = (record: LedgerRecord): string => textIn(record, ATTR.OAUTH_ROLE)
const actionOf = (record: LedgerRecord): string => textIn(record, ATTR.AUDIT_ACTION)

/** How sure it is that the two are one request, 0 being surest; null: they are not. */
function rankOf(sender: LedgerRecord, answer: LedgerRecord): number | null {
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
