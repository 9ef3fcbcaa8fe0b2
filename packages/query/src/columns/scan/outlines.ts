// Where the values of openings go: known by their number, once an outline is understood.
import type { OutlineField } from '@grantlog/ledger'
import { SORT, type Target, targetOf } from './known.ts'

export interface Outline {
  /** By value, salts included. */
  readonly targets: readonly Target[]
  /** What is told without a value. */
  readonly booleans: readonly { readonly target: Target; readonly text: string }[]
}

const salt: Target = { sort: SORT.NOTHING, column: -1 }

export function outlineOf(fields: readonly OutlineField[]): Outline {
  const targets: Target[] = []
  const booleans: { target: Target; text: string }[] = []
  for (const field of fields) {
    if (field.type === 'salt') targets.push(salt)
    else if (field.type !== 'boolean') targets.push(targetOf(field.name))
    else booleans.push({ target: targetOf(field.name), text: String(field.value) })
  }
  return { targets, booleans }
}
