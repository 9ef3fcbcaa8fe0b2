// A span as a backend tells it. The backend is not trusted: whatever cannot be a record's value is
// kept as it is told, so that it is unequal to everything, and never thrown away.
import type { AttributeValue } from '@grantlog/record'

/** A value that no record has: a list, bytes, a float, something else. */
export interface OtherValue {
  readonly other: unknown
}

export type BackendValue = AttributeValue | OtherValue

export type BackendAttributes = ReadonlyMap<string, BackendValue>

export interface BackendSpan {
  /** 32 lower-case hex digits, when the backend is sound. */
  readonly traceId: string
  readonly spanId: string
  /** Fields of the span without its attributes, by the names that records have for them. */
  readonly fields: ReadonlyMap<SpanField, BackendValue>
  readonly attributes: BackendAttributes
  /** Keys of attributes that came more than once: two readers may see two spans. */
  readonly repeated: readonly string[]
  readonly resource: BackendAttributes
  readonly scope: { readonly name: string; readonly version: string }
  /** Parts of the span that no record has, such as events, by the backend's names for them. */
  readonly extra: BackendAttributes
}

/** Covered fields that are not attributes (FORMAT.md 1.1); the ids are how spans are found. */
export const spanFields = [
  'parentSpanId',
  'name',
  'kind',
  'startTimeUnixNano',
  'endTimeUnixNano',
  'status.code',
  'status.message',
] as const

export type SpanField = (typeof spanFields)[number]

/** Whether somebody who looks at the span would take it for a record (FORMAT.md 1). */
export function claimsToBeRecord({ attributes, scope }: BackendSpan): boolean {
  if (scope.name.startsWith('@grantlog/') || attributes.has('audit.record.id')) return true
  return [...attributes.keys()].some((name) => name.startsWith('grantlog.'))
}
