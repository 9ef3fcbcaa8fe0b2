// Which values of a field a rule can match at all: by `audit.action` and `audit.outcome` an event
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

/** Rules by what they can match. */
export interface Bounded<T> {
  readonly rule: T
  readonly actions: ReadonlySet<string> | null
  readonly outcomes: ReadonlySet<string> | null
}

/** Says which of the rules an event with this action and outcome is asked with, in their order. */
export function selectorOf<T>(
  rules: readonly Bounded<T>[],
): (action: string | undefined, outcome: string | undefined) => readonly T[] {
  const actions = new Set(rules.flatMap((rule) => [...(rule.actions ?? [])]))
  const outcomes = new Set(rules.flatMap((rule) => [...(rule.outcomes ?? [])]))
  // Values that no rule names are one: strangers cannot make the map grow.
  const lists = new Map<string, readonly T[]>()
  const admits = (bound: ReadonlySet<string> | null, value: string | undefined): boolean =>
    bound === null || (value !== undefined && bound.has(value))
  return (action, outcome) => {
    const knownAction = action !== undefined && actions.has(action) ? action : ''
    const knownOutcome = outcome !== undefined && outcomes.has(outcome) ? outcome : ''
    const key = `${knownAction}\0${knownOutcome}`
    let list = lists.get(key)
    if (list === undefined) {
      list = rules
        .filter((one) => admits(one.actions, action) && admits(one.outcomes, outcome))
        .map(({ rule }) => rule)
      lists.set(key, list)
    }
    return list
  }
}
