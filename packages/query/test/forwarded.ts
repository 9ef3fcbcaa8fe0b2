// What a receiver forwards of records: the spans that its sinks get, and the same as backends tell
// them that keep everything.
import type { Frame } from '@grantlog/ledger'
import { ATTR, type SlotName, type Span, spanFrom } from '@grantlog/record'
import type { Marks } from '../src/backends/expected.ts'
import { expectedSpan } from '../src/backends/expected.ts'
import type { BackendSpan, BackendValue, SpanField } from '../src/backends/span.ts'
import { type LedgerRecord, recordsIn } from '../src/records.ts'
import { again, origin } from './producer.ts'

/** As the enrolment of every story has it. */
export const marks: Marks = { origin, assurances: ['configured'] }

/** The records of frames, all at once. */
export async function recordsOf(frames: readonly Frame[]): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = []
  for await (const record of recordsIn(again(frames)())) records.push(record)
  return records
}

/** The span that a sink gets, with these slots shown. */
export function forwardedSpan(
  record: LedgerRecord,
  slots: readonly SlotName[] = ['pseudonym'],
): Span {
  const span = spanFrom(
    record.view,
    record.openings.filter(({ slot }) => slots.includes(slot)),
  )
  const ours = [...expectedSpan(record, marks).attributes].filter(([name]) => {
    return name.startsWith('grantlog.')
  })
  const attributes = [...span.attributes, ...ours, [ATTR.GRANTLOG_VERDICT, 'verified'] as const]
  return { ...span, attributes: new Map(attributes) }
}

/** What a backend tells that keeps everything. */
export function heldOf(record: LedgerRecord, slots?: readonly SlotName[]): BackendSpan {
  const span = forwardedSpan(record, slots)
  const { resource, scope } = expectedSpan(record, marks)
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    fields: new Map<SpanField, BackendValue>([
      ['parentSpanId', span.parentSpanId],
      ['name', span.name],
      ['kind', BigInt(span.kind)],
      ['startTimeUnixNano', span.startTimeUnixNano],
      ['endTimeUnixNano', span.endTimeUnixNano],
      ['status.code', BigInt(span.status.code)],
      ['status.message', span.status.message],
    ]),
    attributes: span.attributes,
    repeated: [],
    resource,
    scope,
    extra: new Map(),
  }
}
