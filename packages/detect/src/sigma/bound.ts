// Which values of a field a rule can match at all: by some fields, such as `audit.action`, an event
// finds the few rules that it must be asked with. See bound.test.ts.
import { plainOf } from './pattern.ts'
import type { Expression } from './syntax.ts'

/**
 * The values, in lower case, of which the field must have one for the expression to hold; null:
 * it may hold without. When in doubt null: a missing bound costs a look, a wrong one a finding.
 */
export function boundOf(expression: Expression, field: string): ReadonlySet<string> | null {
  switch (expression.op) {
    case 'not':
      return null
    case 'test': {
      if (expression.field !== field || expression.test.is !== 'text') return null
      const text = plainOf(expression.test.pattern)
      return text === null ? null : new Set([text.toLowerCase()])
    }
    case 'and': {
      const bounds = expression.of.map((one) => boundOf(one, field)).filter((one) => one !== null)
      return bounds.length === 0 ? null : bounds.reduce(common)
    }
    case 'or':
    case 'atLeast': {
      const bounds = expression.of.map((one) => boundOf(one, field))
      return bounds.reduce((all, one) =>
        all === null || one === null ? null : new Set([...all, ...one]),
      )
    }
  }
}

function common(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((value) => b.has(value)))
}
