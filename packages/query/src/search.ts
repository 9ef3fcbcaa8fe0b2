// Which records a search wants. See search.test.ts.
import { ATTR } from '@grantlog/record'
import type { LedgerRecord } from './records.ts'

/** What a search asks for; all of it must hold. */
export interface RecordQuery {
  readonly client?: string
  readonly action?: string
  readonly outcome?: string
  readonly service?: string
  readonly userHash?: string
  /** Unix milliseconds; received at or after. */
  readonly after?: number
}

/** Which attribute each part of a query is about. */
const asked = {
  client: ATTR.OAUTH_CLIENT_ID,
  action: ATTR.AUDIT_ACTION,
  outcome: ATTR.AUDIT_OUTCOME,
  service: ATTR.AUDIT_PRODUCER_SERVICE,
  userHash: ATTR.USER_HASH,
} as const

/** The newest records that match, at most `limit`, oldest first. */
export async function searchRecords(
  records: AsyncIterable<LedgerRecord>,
  query: RecordQuery,
  limit: number,
): Promise<LedgerRecord[]> {
  const found: LedgerRecord[] = []
  for await (const record of records) {
    if (!matches(record, query)) continue
    found.push(record)
    if (found.length > limit) found.shift()
  }
  return found
}

function matches({ attributes, leaf }: LedgerRecord, query: RecordQuery): boolean {
  if (query.after !== undefined && leaf.receivedAt < query.after) return false
  return Object.entries(asked).every(([part, name]) => {
    const wanted = query[part as keyof typeof asked]
    return wanted === undefined || attributes.get(name) === wanted
  })
}
