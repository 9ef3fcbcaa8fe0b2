// What a backend is known to do to a span, as a table: for each field the exact functions of the
// ledger's value that the backend may show instead, and the attributes that it adds by itself.
// Everything that no line allows is altered.
import type { AttributeValue } from '@grantlog/record'
import type { ExpectedSpan } from './expected.ts'
import type { BackendValue, SpanField } from './span.ts'

/** One thing that a backend does to a value. `name` is told in reports. */
export interface KnownChange {
  readonly name: string
  readonly of: (value: AttributeValue) => AttributeValue
}

/** Whether the backend's own attribute is what it makes of this span. */
export type KnownAddition = (expected: ExpectedSpan, value: BackendValue) => boolean

export interface BackendTable {
  readonly fields: { readonly [field in SpanField]?: readonly KnownChange[] }
  /** For every attribute of the span. */
  readonly attributes: readonly KnownChange[]
  readonly added: ReadonlyMap<string, KnownAddition>
}
