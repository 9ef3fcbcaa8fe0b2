// Records as the API shows them.
import { ATTR, attributeDefinitions, type AttributeValue, slotNames } from '@grantlog/record'
import { descriptions } from '@grantlog/record/described'
import { isPersonal, type LedgerRecord, queryFields, shortFields } from '@grantlog/query'
import type { Attribute, Row } from '../api/records.ts'

export interface Shown {
  /** Leaves under the published checkpoint. */
  readonly published: number
  readonly personal: boolean
}

export function rowOf(record: LedgerRecord, { personal, published }: Shown): Row {
  const { attributes, index, leaf, view } = record
  const text = (name: string): string => textOf(attributes.get(name))
  const status = attributes.get(ATTR.HTTP_RESPONSE_STATUS_CODE)
  // At a server of MCP all have one route.
  const detail: readonly string[] = attributes.has(ATTR.MCP_METHOD_NAME)
    ? [ATTR.MCP_METHOD_NAME, ATTR.GEN_AI_TOOL_NAME]
    : [ATTR.HTTP_REQUEST_METHOD, ATTR.HTTP_ROUTE]
  const route = detail.map(text).filter(Boolean).join(' ')
  const failed = text(ATTR.OAUTH_ERROR_CODE) || text(ATTR.ERROR_TYPE)
  return {
    ...{ index, id: leaf.id, published: index < published, receivedAt: leaf.receivedAt },
    startedAt: Number(view.startTimeUnixNano / 1_000n) / 1_000,
    durationMs: Number((view.endTimeUnixNano - view.startTimeUnixNano) / 1_000n) / 1_000,
    service: text(ATTR.AUDIT_PRODUCER_SERVICE),
    role: text(ATTR.OAUTH_ROLE),
    action: text(ATTR.AUDIT_ACTION),
    outcome: text(ATTR.AUDIT_OUTCOME),
    reason: text(ATTR.OAUTH_ERROR_REASON) || failed,
    client: text(ATTR.OAUTH_CLIENT_ID),
    grantType: text(ATTR.OAUTH_GRANT_TYPE),
    route,
    status: status === undefined ? null : Number(status),
    scopes: text(ATTR.OAUTH_SCOPE_GRANTED) || text(ATTR.OAUTH_SCOPE_REQUESTED),
    userHash: text(ATTR.USER_HASH),
    traceId: view.traceId,
    privileged: text(ATTR.AUDIT_PRIVILEGED),
    ...(personal ? { user: text(ATTR.USER_ID), address: text(ATTR.CLIENT_ADDRESS) } : {}),
  }
}

/** All attributes in the registry's order; personal ones only when they are asked for. */
export function attributesOf({ attributes }: LedgerRecord, { personal }: Shown): Attribute[] {
  const order = [...attributeDefinitions.keys()]
  const known = [...attributes].filter(([name]) => personal || !isPersonal(name))
  const sorted = known.toSorted(([a], [b]) => order.indexOf(a) - order.indexOf(b))
  return sorted.map(([name, value]) => {
    const described = descriptions.get(name)
    const text = textOf(value)
    const meaning = described?.values.get(text)
    return {
      ...{ name, value: text, slot: attributeDefinitions.get(name)?.slot ?? null },
      personal: isPersonal(name),
      group: described?.group ?? 'Other',
      brief: [described?.brief ?? '', meaning ?? ''].filter(Boolean).join(' '),
      field: fieldOf(name),
    }
  })
}

/** Slots of which only the commitment is left. */
export function closedSlots({ openings, view }: LedgerRecord): string[] {
  const open = new Set(openings.map(({ slot }) => slot))
  return slotNames.filter((slot) => view.slots.has(slot) && !open.has(slot))
}

/** The shortest field that finds records with the same value; '' when none does. */
function fieldOf(name: string): string {
  const short = shortFields.find(({ columns, type }) => {
    return columns.includes(name) && (columns.length === 1 || type !== 'list')
  })
  return short?.name ?? (queryFields.has(name) ? name : '')
}

function textOf(value: AttributeValue | undefined): string {
  return value === undefined ? '' : String(value)
}
