// How long tokens, grants and sessions live: until a record says that they were revoked, and tokens
// at most until they expire, which nobody records. See lineage.test.ts.
import { ATTR } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'
import {
  mainTokens,
  grantsOf,
  issues,
  issuedRefresh,
  issuedTokens,
  presentedRefresh,
  presentedTokens,
  sessionsOf,
  textIn,
} from './keys.ts'
import type { Twins } from './twins.ts'

/** Unix nanoseconds by hash. */
type Times = ReadonlyMap<string, bigint>

export interface Lifetimes {
  /** Of tokens, grants and sessions: the end of the first record that says so. */
  readonly revoked: Times
  /** Of tokens: what their issuer said, else what somebody read who had verified them. */
  readonly expires: Times
  /** Of refresh tokens: the last that their issuer said. */
  readonly refreshExpires: Times
}

export interface LifetimesContext {
  /** Who handed out each token. */
  readonly issuers: ReadonlyMap<string, LedgerRecord>
  /** Of two records of one request the server's counts, and its clock. */
  readonly twins: Twins
}

/** `records`: in order of time. */
export function lifetimesIn(
  records: readonly LedgerRecord[],
  { issuers, twins }: LifetimesContext,
): Lifetimes {
  const own = records.filter(({ index }) => !twins.has(index))
  return {
    revoked: revocationsIn(own),
    expires: expiriesIn(own, issuers),
    refreshExpires: refreshExpiriesIn(own),
  }
}

/** When what a record handed out was revoked, by itself or with its grant; null: it was not. */
export function revokedAt(record: LedgerRecord, { revoked }: Lifetimes): bigint | null {
  return earliest([...issuedTokens(record), ...grantsOf(record), ...sessionsOf(record)], revoked)
}

/** When the access token that a record handed out expires; null: that is not known. */
export function expiresAt(record: LedgerRecord, { expires }: Lifetimes): bigint | null {
  return issues(record) ? earliest(mainTokens(record), expires) : null
}

/** The earliest time of one of these; null: they have none. */
export function earliest(keys: readonly string[], times: Times): bigint | null {
  return keys.reduce<bigint | null>((found, key) => {
    const time = times.get(key)
    return time === undefined || (found !== null && found <= time) ? found : time
  }, null)
}

function revocationsIn(records: readonly LedgerRecord[]): Times {
  const times = new Map<string, bigint>()
  for (const record of records) {
    const { endTimeUnixNano: end } = record.view
    for (const key of revokedBy(record)) {
      const before = times.get(key)
      if (before === undefined || end < before) times.set(key, end)
    }
  }
  return times
}

/** Hashes of tokens, grants and sessions that this record ended. */
export function revokedBy(record: LedgerRecord): string[] {
  const { attributes } = record
  const reason = textIn(record, ATTR.OAUTH_REVOCATION_REASON)
  const succeeded = textIn(record, ATTR.AUDIT_OUTCOME) === 'success'
  const cascade = attributes.get(ATTR.OAUTH_REVOCATION_CASCADE) === true
  if (textIn(record, ATTR.AUDIT_ACTION) === 'oauth.revoke') {
    if (!succeeded) return []
    const tokens = [...presentedTokens(record), ...presentedRefresh(record)]
    // RFC 7009 lets the server decide whether the others go too: it is believed when it says so.
    return cascade || tokens.length === 0 ? [...tokens, ...grantsOf(record)] : tokens
  }
  const withdrawn = succeeded && textIn(record, ATTR.OAUTH_CONSENT_RESULT) === 'revoked'
  const ended = reason !== '' && reason !== 'expired'
  if (!withdrawn && !ended && !cascade) return []
  const grants = grantsOf(record)
  // A log-out that says that it ended tokens, and not of which grant, ended those of the session.
  return grants.length === 0 && reason === 'logout' ? sessionsOf(record) : grants
}

function expiriesIn(
  records: readonly LedgerRecord[],
  issuers: ReadonlyMap<string, LedgerRecord>,
): Times {
  const times = new Map<string, bigint>()
  const others = records.filter((record) => {
    return !issues(record) && textIn(record, ATTR.AUDIT_OUTCOME) === 'success'
  })
  for (const record of [...issuers.values(), ...others]) {
    const time = expiryIn(record)
    if (time === null) continue
    for (const token of mainTokens(record)) if (!times.has(token)) times.set(token, time)
  }
  return times
}

/** The last word counts: one that is given again may live longer. */
function refreshExpiriesIn(records: readonly LedgerRecord[]): Times {
  const times = new Map<string, bigint>()
  for (const record of records) {
    const time = refreshExpiryIn(record)
    if (time === null) continue
    for (const token of issuedRefresh(record)) times.set(token, time)
  }
  return times
}

/** Of the refresh token that a record handed out. */
function refreshExpiryIn({ attributes }: LedgerRecord): bigint | null {
  const at = attributes.get(ATTR.OAUTH_REFRESH_EXPIRES_AT)
  return typeof at === 'bigint' ? at * 1_000_000_000n : null
}

/** Unix nanoseconds, from whole seconds. The lifetime counts from when it was told. */
export function expiryIn({ attributes, view }: LedgerRecord): bigint | null {
  const at = attributes.get(ATTR.OAUTH_TOKEN_EXPIRES_AT)
  if (typeof at === 'bigint') return at * 1_000_000_000n
  const left = attributes.get(ATTR.OAUTH_TOKEN_EXPIRES_IN)
  return typeof left === 'bigint' ? view.endTimeUnixNano + left * 1_000_000_000n : null
}
