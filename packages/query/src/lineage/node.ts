// A record as a lineage shows it: what, when, who, how it ended and why.
import { ATTR } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'
import type { Flag } from './flags.ts'
import { textIn } from './keys.ts'

export interface LineageNode {
  /** Place in the log. */
  readonly index: number
  /** `audit.record.id`. */
  readonly id: string
  /** Start, ISO 8601 with microseconds. */
  readonly at: string
  readonly service: string
  readonly role: string
  readonly action: string
  /** Grant type, or method and route. */
  readonly detail: string
  readonly outcome: string
  readonly reason: string
  /** Why tokens ended with this record; '' when none did. */
  readonly revocation: string
  readonly client: string
  /** The keyed hash. */
  readonly userHash: string
  readonly session: string
  readonly scope: string
  readonly flags: readonly Flag[]
  /** Only when personal data is shown. */
  readonly user?: string
  readonly address?: string
}

export function nodeOf(
  record: LedgerRecord,
  flags: readonly Flag[],
  showPersonal: boolean,
): LineageNode {
  const text = (name: string): string => textIn(record, name)
  const route = [text(ATTR.HTTP_REQUEST_METHOD), text(ATTR.HTTP_ROUTE)].filter(Boolean).join(' ')
  const granted = text(ATTR.OAUTH_SCOPE_GRANTED)
  return {
    index: record.index,
    id: record.leaf.id,
    at: timeOf(record.view.startTimeUnixNano),
    service: text(ATTR.AUDIT_PRODUCER_SERVICE),
    role: text(ATTR.OAUTH_ROLE),
    action: text(ATTR.AUDIT_ACTION),
    detail: text(ATTR.OAUTH_GRANT_TYPE) || route,
    outcome: text(ATTR.AUDIT_OUTCOME),
    reason: text(ATTR.OAUTH_ERROR_REASON),
    revocation: text(ATTR.OAUTH_REVOCATION_REASON),
    client: text(ATTR.OAUTH_CLIENT_ID),
    userHash: text(ATTR.USER_HASH),
    session: text(ATTR.SESSION_ID),
    scope: granted || text(ATTR.OAUTH_SCOPE_REQUESTED),
    flags,
    ...(showPersonal ? { user: text(ATTR.USER_ID), address: text(ATTR.CLIENT_ADDRESS) } : {}),
  }
}

/** Whole microseconds, as records have them. Times beyond what a Date holds are told as numbers. */
function timeOf(unixNano: bigint): string {
  const date = new Date(Number(unixNano / 1_000_000n))
  if (Number.isNaN(date.getTime())) return String(unixNano)
  const micros = String((unixNano / 1_000n) % 1_000n).padStart(3, '0')
  return date.toISOString().replace('Z', `${micros}Z`)
}
