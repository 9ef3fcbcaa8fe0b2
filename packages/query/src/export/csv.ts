// A record as a line of CSV (RFC 4180), for spreadsheets: no cell of it is a formula. README.md
// lists the columns; formats.test.ts compares.
import { ATTR, type AttributeValue } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'

type Cell = (record: LedgerRecord) => AttributeValue | number | undefined

const attribute =
  (...names: readonly string[]): Cell =>
  ({ attributes }) =>
    names.map((name) => attributes.get(name)).find((value) => value !== undefined)

/** In the order of the line; new ones come at the end. */
const columns: readonly (readonly [name: string, cell: Cell])[] = [
  ['index', ({ index }) => index],
  ['record_id', ({ leaf }) => leaf.id],
  ['received_at', ({ leaf }) => new Date(leaf.receivedAt).toISOString()],
  ['started_at', ({ view }) => timeOf(view.startTimeUnixNano)],
  ['duration_ms', ({ view }) => millisOf(view.endTimeUnixNano - view.startTimeUnixNano)],
  ['service', attribute(ATTR.AUDIT_PRODUCER_SERVICE)],
  ['environment', attribute(ATTR.AUDIT_PRODUCER_ENVIRONMENT)],
  ['action', attribute(ATTR.AUDIT_ACTION)],
  ['outcome', attribute(ATTR.AUDIT_OUTCOME)],
  ['reason', attribute(ATTR.OAUTH_ERROR_REASON)],
  ['error', attribute(ATTR.OAUTH_ERROR_CODE, ATTR.ERROR_TYPE)],
  ['client', attribute(ATTR.OAUTH_CLIENT_ID)],
  ['grant_type', attribute(ATTR.OAUTH_GRANT_TYPE)],
  ['scope_requested', attribute(ATTR.OAUTH_SCOPE_REQUESTED)],
  ['scope_granted', attribute(ATTR.OAUTH_SCOPE_GRANTED)],
  ['scope_required', attribute(ATTR.OAUTH_SCOPE_REQUIRED)],
  ['method', attribute(ATTR.HTTP_REQUEST_METHOD)],
  ['route', attribute(ATTR.HTTP_ROUTE)],
  ['status', attribute(ATTR.HTTP_RESPONSE_STATUS_CODE)],
  ['privileged', attribute(ATTR.AUDIT_PRIVILEGED)],
  ['user_hash', attribute(ATTR.USER_HASH)],
  ['user_id', attribute(ATTR.USER_ID)],
  ['client_address', attribute(ATTR.CLIENT_ADDRESS, ATTR.NETWORK_PEER_ADDRESS)],
  ['session', attribute(ATTR.SESSION_ID)],
  ['grant_hash', attribute(ATTR.OAUTH_GRANT_ID_HASH)],
  ['token_hash', attribute(ATTR.OAUTH_TOKEN_HASH)],
  ['revocation', attribute(ATTR.OAUTH_REVOCATION_REASON)],
  ['trace_id', ({ view }) => view.traceId],
  ['span_id', ({ view }) => view.spanId],
  ['kid', ({ leaf }) => leaf.kid],
  ['instance', ({ leaf }) => leaf.instance],
  ['seq', ({ leaf }) => leaf.seq],
]

export const CSV_COLUMNS: readonly string[] = columns.map(([name]) => name)

/** The first line. */
export function csvHead(): string {
  return `${CSV_COLUMNS.join(',')}\r\n`
}

export function csvLine(record: LedgerRecord): string {
  return `${columns.map(([, cell]) => csvCell(cell(record))).join(',')}\r\n`
}

/**
 * What a spreadsheet would take for a formula has an apostrophe before it, which spreadsheets read
 * as "this is text" (OWASP, CSV Injection); also in the full width that Excel takes for the same.
 */
const formula = /^[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/

export function csvCell(value: AttributeValue | number | undefined): string {
  const text = value === undefined ? '' : String(value)
  const safe = formula.test(text) ? `'${text}` : text
  return /[",;'\t\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** To the microsecond. */
function timeOf(nanos: bigint): string {
  const time = new Date(Number(nanos / 1_000_000n)).toISOString()
  const micros = String((nanos / 1_000n) % 1_000n).padStart(3, '0')
  return `${time.slice(0, -1)}${micros}Z`
}

function millisOf(nanos: bigint): number {
  return Number(nanos / 1_000n) / 1_000
}
