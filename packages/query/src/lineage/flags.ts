// What in a lineage should not be. See lineage.test.ts.
import { ATTR } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'
import { isReplay, isReuse, issuersIn } from './edges.ts'
import { grantsOf, issues, presentedRefresh, presentedTokens, textIn } from './keys.ts'

export type Flag =
  | 'refresh-reuse' // RFC 9700 4.14.2: a refresh token that had been used
  | 'code-replay' // RFC 6749 4.1.2: a code that had been used
  | 'use-after-revocation' // accepted although it had been revoked
  | 'refused-after-revocation' // presented after it had been revoked, and refused

/** Flags by index. `records`: in order of time. */
export function flagsOf(records: readonly LedgerRecord[]): Map<number, Flag[]> {
  const issuers = issuersIn(records)
  const revoked = revocationTimes(records)
  const flags = new Map<number, Flag[]>()
  for (const record of records) {
    const found: Flag[] = []
    if (isReuse(record)) found.push('refresh-reuse')
    if (isReplay(record)) found.push('code-replay')
    const after = afterRevocation(record, issuers, revoked)
    if (after !== null) found.push(after)
    if (found.length > 0) flags.set(record.index, found)
  }
  return flags
}

/** When each token, grant or session ended: the end of the first record that says so. */
function revocationTimes(records: readonly LedgerRecord[]): Map<string, bigint> {
  const times = new Map<string, bigint>()
  for (const record of records) {
    for (const key of revokedBy(record)) {
      const before = times.get(key)
      const { endTimeUnixNano } = record.view
      if (before === undefined || endTimeUnixNano < before) times.set(key, endTimeUnixNano)
    }
  }
  return times
}

/** Hashes of tokens and grants that this record ended. */
function revokedBy(record: LedgerRecord): string[] {
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
  return withdrawn || ended || cascade ? grantsOf(record) : []
}

function afterRevocation(
  record: LedgerRecord,
  issuers: ReadonlyMap<string, LedgerRecord>,
  revoked: ReadonlyMap<string, bigint>,
): Flag | null {
  const tokens = [...presentedTokens(record), ...presentedRefresh(record)]
  if (textIn(record, ATTR.AUDIT_ACTION) === 'oauth.revoke') return null
  const grants = tokens.flatMap((token) => {
    const issuer = issuers.get(token)
    return issuer ? grantsOf(issuer) : []
  })
  const own = tokens.length > 0 || issues(record) ? grantsOf(record) : []
  const isOver = [...tokens, ...grants, ...own].some((key) => {
    const time = revoked.get(key)
    return time !== undefined && record.view.startTimeUnixNano >= time
  })
  if (!isOver) return null
  const succeeded = textIn(record, ATTR.AUDIT_OUTCOME) === 'success'
  if (textIn(record, ATTR.AUDIT_ACTION) !== 'oauth.introspect') {
    return succeeded ? 'use-after-revocation' : 'refused-after-revocation'
  }
  // Asking is no use; to be told that it is active is wrong.
  const isActive = record.attributes.get(ATTR.OAUTH_TOKEN_ACTIVE) === true
  return succeeded && isActive ? 'use-after-revocation' : null
}
