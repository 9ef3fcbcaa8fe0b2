// What the expectation file is made of.
import type { AppName } from '../stage/apps.ts'
import type { Field } from './fields.ts'

/**
 * A string, number or boolean: exactly that. null: the record does not say it. `$name`: a value
 * that stands for one thing, such as a person or a token: the same wherever the name stands, and
 * another one than that of any other name. `{ atLeast }`: a number.
 */
export type Expected = string | number | boolean | null | { readonly atLeast: number }

/** One record: who made it, what it says, and how long the action took. */
export interface ExpectedRecord {
  readonly service: AppName
  readonly action: string
  readonly outcome: 'success' | 'failure' | 'denied' | 'challenge'
  readonly says: Readonly<Partial<Record<Field, Expected>>>
  /** Milliseconds, at least. */
  readonly tookMs?: number
}
