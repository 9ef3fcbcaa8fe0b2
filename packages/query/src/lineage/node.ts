// A record as a lineage shows it: what, when, who, how it ended and why.
import { ATTR } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'
import type { Flag } from './flags.ts'
import { issues, textIn } from './keys.ts'
import { expiresAt, type Lifetimes, revokedAt } from './lifetimes.ts'

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
  /** What an introspection answered; null of everything else. */
  readonly active: boolean | null
  /** Index of the authorization server's record of this request, when this is its sender's. */
  readonly twinOf: number | null
  /** Kind of privileged action, by the policy; '' for any other. */
  readonly privileged: string
  /** When the access token that was handed out expires, ISO 8601; '' when that is not known. */
  readonly expiresAt: string
  /** When what was handed out was revoked, likewise; '' when it was not. */
  readonly revokedAt: string
  /** The token lived until it expired, and that is past. */
  readonly expired: boolean
  readonly flags: readonly Flag[]
  /** Only when personal data is shown. */
  readonly user?: string
  readonly address?: string
}

export interface NodeContext {
  readonly flags: readonly Flag[]
  readonly twin: LedgerRecord | undefined
  readonly lifetimes: Lifetimes
  /** Unix milliseconds. */
  readonly now: number
  readonly showPersonal: boolean
}

export function nodeOf(record: LedgerRecord, context: NodeContext): LineageNode {
  const { flags, showPersonal } = context
  const text = (name: string): string => textIn(record, name)
  const path = text(ATTR.HTTP_ROUTE) || (showPersonal ? text(ATTR.URL_TEMPLATE) : '')
  const route = [text(ATTR.HTTP_REQUEST_METHOD), path].filter(Boolean).join(' ')
  const granted = text(ATTR.OAUTH_SCOPE_GRANTED)
  const active = record.attributes.get(ATTR.OAUTH_TOKEN_ACTIVE)
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
    active: typeof active === 'boolean' ? active : null,
    twinOf: context.twin?.index ?? null,
    privileged: text(ATTR.AUDIT_PRIVILEGED),
    ...endOf(record, context),
    flags,
    ...(showPersonal ? { user: text(ATTR.USER_ID), address: text(ATTR.CLIENT_ADDRESS) } : {}),
  }
}

function endOf(
  record: LedgerRecord,
  { lifetimes, now }: NodeContext,
): Pick<LineageNode, 'expiresAt' | 'revokedAt' | 'expired'> {
  const expiry = expiresAt(record, lifetimes)
  const revocation = issues(record) ? revokedAt(record, lifetimes) : null
  const isPast = expiry !== null && expiry <= BigInt(Math.trunc(now)) * 1_000_000n
  return {
    expiresAt: expiry === null ? '' : timeOf(expiry),
    revokedAt: revocation === null ? '' : timeOf(revocation),
    expired: isPast && (revocation === null || revocation >= expiry),
  }
}

/** Whole microseconds, as records have them. Times beyond what a Date holds are told as numbers. */
export function timeOf(unixNano: bigint): string {
  const date = new Date(Number(unixNano / 1_000_000n))
  if (Number.isNaN(date.getTime())) return String(unixNano)
  const micros = String((unixNano / 1_000n) % 1_000n).padStart(3, '0')
  return date.toISOString().replace('Z', `${micros}Z`)
}
