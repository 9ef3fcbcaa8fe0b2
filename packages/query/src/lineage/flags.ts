// What in a lineage should not be. See lineage.test.ts.
import { ATTR } from '@grantlog/record'
import { EXPIRY_LEEWAY_MS } from '../limits.ts'
import type { LedgerRecord } from '../records.ts'
import { isReplay, isReuse } from './edges.ts'
import {
  mainTokens,
  exchangedTokens,
  grantsOf,
  issues,
  presentedRefresh,
  presentedTokens,
  sessionsOf,
  textIn,
} from './keys.ts'
import { earliest, type Lifetimes } from './lifetimes.ts'
import type { Twins } from './twins.ts'

export type Flag =
  | 'refresh-reuse' // RFC 9700 4.14.2: a refresh token that had been used
  | 'code-replay' // RFC 6749 4.1.2: a code that had been used
  | 'use-after-revocation' // accepted although it had been revoked
  | 'refused-after-revocation' // presented after it had been revoked, and refused
  | 'use-after-expiry' // accepted although it had expired
  | 'refused-after-expiry' // presented after it had expired, and refused

export interface FlagsContext {
  /** Who handed out each token. */
  readonly issuers: ReadonlyMap<string, LedgerRecord>
  readonly lifetimes: Lifetimes
  /** Of two records of one request only the server's is flagged: it decided. */
  readonly twins: Twins
}

const leewayNs = BigInt(EXPIRY_LEEWAY_MS) * 1_000_000n

/** Flags by index. */
export function flagsOf(
  records: readonly LedgerRecord[],
  context: FlagsContext,
): Map<number, Flag[]> {
  const flags = new Map<number, Flag[]>()
  for (const record of records) {
    if (context.twins.has(record.index)) continue
    const found: Flag[] = []
    if (isReuse(record)) found.push('refresh-reuse')
    if (isReplay(record)) found.push('code-replay')
    const after = afterEnd(record, context)
    if (after !== null) found.push(after)
    if (found.length > 0) flags.set(record.index, found)
  }
  return flags
}

/** What was revoked is told as that, also when it would have expired by now. */
function afterEnd(record: LedgerRecord, context: FlagsContext): Flag | null {
  const action = textIn(record, ATTR.AUDIT_ACTION)
  if (action === 'oauth.revoke') return null
  const succeeded = textIn(record, ATTR.AUDIT_OUTCOME) === 'success'
  // Asking is no use; to be told that it is active is wrong.
  const asked = action === 'oauth.introspect'
  const accepted = asked ? record.attributes.get(ATTR.OAUTH_TOKEN_ACTIVE) === true : succeeded
  if (asked && !(succeeded && accepted)) return null
  if (isRevoked(record, context)) {
    return accepted ? 'use-after-revocation' : 'refused-after-revocation'
  }
  if (!isExpired(record, accepted, context)) return null
  return accepted ? 'use-after-expiry' : 'refused-after-expiry'
}

function isRevoked(record: LedgerRecord, { issuers, lifetimes }: FlagsContext): boolean {
  const tokens = [...presentedTokens(record), ...presentedRefresh(record)]
  const around = tokens.flatMap((token) => {
    const issuer = issuers.get(token)
    return issuer ? [...grantsOf(issuer), ...sessionsOf(issuer)] : []
  })
  const own = tokens.length > 0 || issues(record) ? grantsOf(record) : []
  return [...tokens, ...around, ...own].some((key) => {
    const time = lifetimes.revoked.get(key)
    return time !== undefined && record.view.startTimeUnixNano >= time
  })
}

/** Who refused it for that reason had read the token; else clocks are given some leeway. */
function isExpired(record: LedgerRecord, accepted: boolean, { lifetimes }: FlagsContext): boolean {
  const tokens = [...(issues(record) ? [] : mainTokens(record)), ...exchangedTokens(record)]
  const refused = !accepted && textIn(record, ATTR.OAUTH_ERROR_REASON) === 'token_expired'
  if (refused && tokens.length > 0) return true
  return (
    isPast(earliest(tokens, lifetimes.expires), record) ||
    isPast(earliest(presentedRefresh(record), lifetimes.refreshExpires), record)
  )
}

function isPast(time: bigint | null, { view }: LedgerRecord): boolean {
  return time !== null && view.startTimeUnixNano >= time + leewayNs
}
