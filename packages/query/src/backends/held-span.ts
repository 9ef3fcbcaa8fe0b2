// A span of a backend as something that is compared: found by its ids, compared by a table.
import { ATTR } from '@grantlog/record'
import type { Held } from './backend.ts'
import { compareSpan } from './compare.ts'
import { expectedSpan } from './expected.ts'
import { type BackendSpan, claimsToBeRecord } from './span.ts'
import type { BackendTable } from './table.ts'

/** What spans are told apart by. */
export function spanKey({ spanId, traceId }: { traceId: string; spanId: string }): string {
  return `${traceId}:${spanId}`
}

export function heldSpan(span: BackendSpan, table: BackendTable, place = ''): Held {
  const { spanId, traceId } = span
  return {
    key: spanKey(span),
    traceId,
    spanId,
    recordId: textIn(span, ATTR.AUDIT_RECORD_ID),
    action: textIn(span, ATTR.AUDIT_ACTION),
    claims: claimsToBeRecord(span),
    place,
    compare: (record, marks) => compareSpan(expectedSpan(record, marks), span, table),
  }
}

function textIn({ attributes }: BackendSpan, name: string): string {
  const value = attributes.get(name)
  return typeof value === 'string' ? value : ''
}
