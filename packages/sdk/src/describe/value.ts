import type { AttributeValue } from '@grantlog/record'

/** What is not known is left out of a record. */
export type Value = AttributeValue | null | undefined

/** Attributes by name, those without a value too. */
export type Named = readonly (readonly [string, Value])[]

/** Those that have a value. */
export function attributesOf(named: Named): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>()
  for (const [name, value] of named) {
    if (value !== null && value !== undefined && value !== '') attributes.set(name, value)
  }
  return attributes
}

/** A count, or a time, as the record has it. */
export function integer(value: number | null): bigint | null {
  return value === null ? null : BigInt(value)
}
