// A record as JSON: what it says, and where it is in the log. Also a line of an NDJSON export.
import type { JsonValue } from '@grantlog/record'
import { isPersonal, type LedgerRecord } from '../records.ts'

/** What may be shown to whoever did not ask to see persons. */
export function withoutPersonal(record: LedgerRecord): LedgerRecord {
  const shown = [...record.attributes].filter(([name]) => !isPersonal(name))
  return { ...record, attributes: new Map(shown) }
}

/** Attributes under their full names. An int64 is a decimal string, as in OTLP/JSON. */
export function recordJson(record: LedgerRecord): { readonly [name: string]: JsonValue } {
  const { id, instance, kid, receivedAt, seq } = record.leaf
  const { endTimeUnixNano, name, spanId, startTimeUnixNano, traceId } = record.view
  const where = { index: record.index, id, kid, instance, seq }
  const times = {
    startTimeUnixNano: String(startTimeUnixNano),
    endTimeUnixNano: String(endTimeUnixNano),
  }
  const when = { ...times, receivedAt }
  const brought = record.observed === null ? {} : { observed: { ...record.observed } }
  const what = { traceId, spanId, name, attributes: attributesJson(record) }
  return { ...where, ...when, ...what, ...brought }
}

export function attributesJson({ attributes }: LedgerRecord): {
  readonly [name: string]: JsonValue
} {
  const values = [...attributes].map(([key, value]) => {
    return [key, typeof value === 'bigint' ? String(value) : value] as const
  })
  return Object.fromEntries(values)
}
