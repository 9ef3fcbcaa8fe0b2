// The ledger's records, as far as expectations look at them.
import { foldersUnder, openReader } from '@grantlog/ledger'
import { recordsIn } from '@grantlog/query'
import { ATTR, type AttributeValue } from '@grantlog/record'

export interface SeenRecord {
  /** Place in the log. */
  readonly index: number
  readonly traceId: string
  readonly service: string
  readonly role: string
  readonly action: string
  readonly outcome: string
  readonly attributes: ReadonlyMap<string, AttributeValue>
  readonly tookMs: number
  /** Unix milliseconds. */
  readonly endedAtMs: number
}

/** All records in order of the log, slots opened. */
export async function readSeen(data: string): Promise<SeenRecord[]> {
  const reader = await openReader(foldersUnder(data))
  const seen: SeenRecord[] = []
  try {
    for await (const { attributes, index, view } of recordsIn(reader.frames(0))) {
      const text = (name: string): string => String(attributes.get(name) ?? '')
      seen.push({
        index,
        traceId: view.traceId,
        service: text(ATTR.AUDIT_PRODUCER_SERVICE),
        role: text(ATTR.OAUTH_ROLE),
        action: text(ATTR.AUDIT_ACTION),
        outcome: text(ATTR.AUDIT_OUTCOME),
        attributes,
        tookMs: Number(view.endTimeUnixNano - view.startTimeUnixNano) / 1e6,
        endedAtMs: Number(view.endTimeUnixNano) / 1e6,
      })
    }
  } finally {
    await reader.close()
  }
  return seen
}

/** How many kinds of records there are, by role, action, grant type or route, outcome, reason. */
export function countKinds(seen: readonly SeenRecord[]): number {
  return new Set(seen.map(kindOf)).size
}

function kindOf({ action, attributes, outcome, role }: SeenRecord): string {
  const text = (name: string): string => String(attributes.get(name) ?? '')
  const route = `${text(ATTR.HTTP_REQUEST_METHOD)} ${text(ATTR.HTTP_ROUTE)}`
  const what = text(ATTR.OAUTH_GRANT_TYPE) || route
  return [role, action, what, outcome, text(ATTR.OAUTH_ERROR_REASON)].join(' · ')
}
