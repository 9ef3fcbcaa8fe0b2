import type { AttributeValue } from '@grantlog/record'
import { clockSkewMinS } from '../limits.ts'

/** What is not known is left out of a record. */
export type Value = AttributeValue | null | undefined

/** A record's attributes while they are told, theme by theme: no list is made of them. */
export class Told {
  readonly attributes: Map<string, AttributeValue> = new Map()

  /** What has no value is left out. */
  add(name: string, value: Value): void {
    if (value !== null && value !== undefined && value !== '') this.attributes.set(name, value)
  }
}

/** A count, or a time, as the record has it. */
export function integer(value: number | null): bigint | null {
  return value === null ? null : BigInt(value)
}

/** How far another clock is ahead, where that is more than rounding. */
export function skewOf(seconds: number): bigint | null {
  return Math.abs(seconds) < clockSkewMinS ? null : BigInt(seconds)
}
