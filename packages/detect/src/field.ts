// Attributes that are read of each event: what a row has is found by a column, and the column of a
// name is looked up once.
import { columnOf } from '@grantlog/ledger'
import { ATTR, type AttributeValue } from '@grantlog/record'
import type { AuditEvent } from './event.ts'
import { RowAttributes } from './row-attributes.ts'

/** An attribute, or what is derived of an event. */
export interface Field {
  readonly name: string
  /** null: no row has one of this name. */
  readonly column: number | null
}

export function fieldOf(name: string): Field {
  return { name, column: columnOf(name) ?? null }
}

/** As ATTR has them. */
export const FIELD: Readonly<Record<keyof typeof ATTR, Field>> = mapValues(ATTR, fieldOf)

/** Undefined: the event does not have it. */
export function valueOf(
  { attributes }: AuditEvent,
  { column, name }: Field,
): AttributeValue | undefined {
  return column !== null && attributes instanceof RowAttributes
    ? attributes.at(column)
    : attributes.get(name)
}

function mapValues<K extends string, T, U>(
  of: Readonly<Record<K, T>>,
  make: (value: T) => U,
): Record<K, U> {
  const entries = Object.entries<T>(of).map(([name, value]) => [name, make(value)])
  return Object.fromEntries(entries) as Record<K, U>
}
