// One filter of the dialog as a term of the language. See filter.test.ts.
import type { Field } from '../../api/language.ts'
import { valueText } from './edit.ts'

export type Operator = 'is' | 'not' | 'like' | 'above' | 'below' | 'between' | 'any' | 'none'

const told: Readonly<Record<Operator, string>> = {
  is: 'is',
  not: 'is not',
  like: 'contains',
  above: 'more than',
  below: 'less than',
  between: 'from … to',
  any: 'is there',
  none: 'is missing',
}

export function toldOperator(operator: Operator): string {
  return told[operator]
}

/** What fits a field: only words have parts, only numbers an order. */
export function operatorsOf({ type }: Pick<Field, 'type'>): readonly Operator[] {
  switch (type) {
    case 'number':
    case 'duration':
      return ['above', 'below', 'between', 'is', 'any', 'none']
    case 'word':
    case 'list':
      return ['is', 'not', 'like', 'any', 'none']
    case 'time':
      return ['is']
    case 'boolean':
    case 'hash':
    case 'personal':
      return ['is', 'not', 'any', 'none']
  }
}

export function needsValue(operator: Operator): boolean {
  return operator !== 'any' && operator !== 'none'
}

export interface Filter {
  readonly field: string
  readonly operator: Operator
  readonly value: string
  /** Of `between`. */
  readonly upper?: string
}

/** '' when it is not whole yet. */
export function filterText({ field, operator, value, upper = '' }: Filter): string {
  if (field === '' || (needsValue(operator) && value.trim() === '')) return ''
  switch (operator) {
    case 'is':
      return `${field}:${valueText(value)}`
    case 'not':
      return `-${field}:${valueText(value)}`
    case 'like':
      return `${field}:*${value.trim().replace(/[\s"(),*\\]+/g, '*')}*`
    case 'above':
      return `${field}:>${value.trim()}`
    case 'below':
      return `${field}:<${value.trim()}`
    case 'between':
      return upper.trim() === '' ? '' : `${field}:${value.trim()}..${upper.trim()}`
    case 'any':
      return `${field}:*`
    case 'none':
      return `-${field}:*`
  }
}
