// What a sink sees of a record: the verified span, encoded again, so that what was verified is what
// is shown; personal slots as the sink may have them; and our marks, which are hints and no
// evidence.
// See project.test.ts.
import { type Producer, sha256, type Shown } from '@grantlog/ledger'
import {
  ATTR,
  type AttributeValue,
  base64url,
  openRecord,
  type SlotName,
  type Span,
  spanFrom,
} from '@grantlog/record'
import type { SpanGroup } from '@grantlog/record/otlp'
import { leafHash } from '@grantlog/tlog'
import { shownSlot } from '../flow.ts'

/** `pseudonymised`: of the personal slots only `pseudonym`, the others as commitments. */
export type PersonalData = 'pseudonymised' | 'full'

export interface StoredRecord {
  readonly index: number
  /** The leaf's bytes. */
  readonly entry: Uint8Array
  readonly kid: string
  readonly canonical: Uint8Array
  readonly openings: readonly { readonly slot: SlotName; readonly opening: Uint8Array }[]
}

export interface Projection {
  readonly origin: string
  readonly personalData: PersonalData
  /** The word for records of a key: `verified`, or `tofu` when nobody confirmed the key. */
  readonly verdictOf: (kid: string) => string
}

export interface ProjectedSpan extends Producer {
  readonly span: Span
}

/** The slots that a sink is shown the fields of. */
export function disclosed(
  openings: StoredRecord['openings'],
  personalData: PersonalData,
): StoredRecord['openings'] {
  return personalData === 'full' ? openings : openings.filter(({ slot }) => slot === shownSlot)
}

/** Throws RecordError when the stored bytes are not a record: the ledger is damaged. */
export function projectRecord(record: StoredRecord, projection: Projection): ProjectedSpan {
  const view = openRecord(record.canonical)
  const shown = disclosed(record.openings, projection.personalData)
  const span = spanFrom(view, shown)
  const leaf = leafHash(sha256, record.entry)
  const attributes = new Map<string, AttributeValue>([
    ...span.attributes,
    ['grantlog.verdict', projection.verdictOf(record.kid)],
    ['grantlog.origin', projection.origin],
    ['grantlog.index', String(record.index)],
    ['grantlog.leaf', base64url(leaf)],
  ])
  const producer = {
    service: text(view.attributes.get(ATTR.AUDIT_PRODUCER_SERVICE)),
    environment: text(view.attributes.get(ATTR.AUDIT_PRODUCER_ENVIRONMENT)),
    version: text(view.attributes.get(ATTR.AUDIT_PRODUCER_VERSION)),
  }
  return { ...producer, span: { ...span, attributes } }
}

/** One resource and scope for each producer, as a trace view expects them. */
export function groupSpans(spans: Iterable<Shown>): SpanGroup[] {
  const groups = new Map<string, SpanGroup & { spans: Uint8Array[] }>()
  let last: { readonly producer: Producer; readonly spans: Uint8Array[] } | undefined
  for (const { producer, span } of spans) {
    if (last?.producer !== producer) {
      const { service, environment, version } = producer
      const key = JSON.stringify([service, environment, version])
      const group = groups.get(key) ?? {
        resource: resourceOf(service, environment),
        scope: { name: '@grantlog/sdk', version, attributes: [] },
        spans: [],
      }
      groups.set(key, group)
      last = { producer, spans: group.spans }
    }
    last.spans.push(span)
  }
  return [...groups.values()]
}

function resourceOf(service: string, environment: string): [string, string][] {
  const resource: [string, string][] = [['service.name', service]]
  if (environment !== '') resource.push(['deployment.environment', environment])
  return resource
}

function text(value: AttributeValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
