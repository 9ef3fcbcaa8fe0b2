// What a backend must hold of a record: a function of the ledger alone, and the other half of what
// the receiver's sinks get (packages/receiver/src/forward/project.ts).
import { type Assurance, sha256, verdictOf } from '@grantlog/ledger'
import { ATTR, type AttributeValue, base64url, type SlotName } from '@grantlog/record'
import { leafHash } from '@grantlog/tlog'
import type { LedgerRecord } from '../records.ts'
import type { SpanField } from './span.ts'

/** What the receiver's marks on a record may say. */
export interface Marks {
  /** The log's origin. */
  readonly origin: string
  /** The assurances that the record's key was ever enrolled with: enrolments change. */
  readonly assurances: Iterable<Assurance>
}

export interface ExpectedSpan {
  readonly fields: ReadonlyMap<SpanField, AttributeValue>
  /** Covered attributes without those of slots, and the marks that have one value. */
  readonly attributes: ReadonlyMap<string, AttributeValue>
  /** Slots by commitment: whether they are shown is the sink's choice. */
  readonly slots: ReadonlyMap<SlotName, string>
  /** What `grantlog.verdict` may say: enrolments change after a record was forwarded. */
  readonly verdicts: ReadonlySet<string>
  readonly resource: ReadonlyMap<string, AttributeValue>
  readonly scope: { readonly name: string; readonly version: string }
}

export function expectedSpan({ entry, index, view }: LedgerRecord, marks: Marks): ExpectedSpan {
  const resource = new Map<string, AttributeValue>()
  const service = view.attributes.get(ATTR.AUDIT_PRODUCER_SERVICE)
  const environment = view.attributes.get(ATTR.AUDIT_PRODUCER_ENVIRONMENT)
  if (service !== undefined) resource.set('service.name', service)
  if (environment !== undefined) resource.set('deployment.environment', environment)
  const version = view.attributes.get(ATTR.AUDIT_PRODUCER_VERSION)
  return {
    fields: new Map<SpanField, AttributeValue>([
      ['parentSpanId', view.parentSpanId],
      ['name', view.name],
      ['kind', BigInt(view.kind)],
      ['startTimeUnixNano', view.startTimeUnixNano],
      ['endTimeUnixNano', view.endTimeUnixNano],
      ['status.code', BigInt(view.status.code)],
      ['status.message', view.status.message],
    ]),
    attributes: new Map<string, AttributeValue>([
      ...view.attributes,
      [ATTR.GRANTLOG_ORIGIN, marks.origin],
      [ATTR.GRANTLOG_INDEX, String(index)],
      [ATTR.GRANTLOG_LEAF, base64url(leafHash(sha256, entry))],
    ]),
    slots: view.slots,
    verdicts: verdictsOf(marks),
    resource,
    scope: { name: '@grantlog/sdk', version: typeof version === 'string' ? version : '' },
  }
}

/** What `grantlog.verdict` may say. */
export function verdictsOf({ assurances }: Marks): Set<string> {
  return new Set(Array.from(assurances, verdictOf))
}
