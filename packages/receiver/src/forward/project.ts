// What a sink sees of a record: the verified span, encoded again, so that what was verified is what
// is shown; personal slots as the sink may have them; and our marks, which are hints and no
// evidence.
// See project.test.ts.
import { type Producer, sha256 } from '@grantlog/ledger'
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
  /** The word for records of a key, by who vouched for it: {@link verdictOf} of the ledger. */
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

/** What is of one producer. */
export interface OfProducer<T> {
  readonly producer: Producer
  readonly items: readonly T[]
}

/** Groups in the order of their first items; producers are the same when their texts are. */
export function byProducer<T>(
  all: Iterable<T>,
  producerOf: (item: T) => Producer,
): OfProducer<T>[] {
  const groups = new Map<string, { readonly producer: Producer; readonly items: T[] }>()
  let last: Producer | undefined
  let items: T[] = []
  for (const item of all) {
    const producer = producerOf(item)
    if (producer !== last) {
      const { environment, service, version } = producer
      const key = JSON.stringify([service, environment, version])
      const group = groups.get(key) ?? { producer, items: [] }
      groups.set(key, group)
      items = group.items
      last = producer
    }
    items.push(item)
  }
  return [...groups.values()]
}

/** The resource and scope of a producer, as a trace view expects them. */
export function groupOf({
  environment,
  service,
  version,
}: Producer): Pick<SpanGroup, 'resource' | 'scope'> {
  const resource: [string, string][] = [['service.name', service]]
  if (environment !== '') resource.push(['deployment.environment', environment])
  return { resource, scope: { name: '@grantlog/sdk', version, attributes: [] } }
}

function text(value: AttributeValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
