// What is left of conditions while fields become known. A *part* is asked of one field alone, and
// says the same whenever that has the same value; parts that read more than one, or what is made of
// an event's times, are asked of each event. See decisions.ts.
import { compile, type Predicate } from './compile.ts'
import { derivedFields } from './fields.ts'
import type { FieldTable } from './probe.ts'
import { allOf, anyOf, type Expression } from './syntax.ts'

/** Asked as a whole. Of equal expressions there is one, whichever rules have them. */
export interface Part {
  readonly op: 'part'
  /** null: its answer is of the event, and not of a field's value. */
  readonly field: string | null
  readonly matches: Predicate
}

export type Residual =
  | Part
  | { readonly op: 'and' | 'or'; readonly of: readonly Residual[] }
  | { readonly op: 'atLeast'; readonly n: number; readonly of: readonly Residual[] }
  | { readonly op: 'not'; readonly of: Residual }

/** Gives the residual of an expression of which nothing is known yet. */
export function residuals(table: FieldTable): (expression: Expression) => Residual {
  const parts = new Map<string, Part>()

  function partOf(expression: Expression, field: string | null): Part {
    const key = JSON.stringify(expression, (_, value: unknown) =>
      typeof value === 'number' ? `number ${value}` : value,
    )
    const known = parts.get(key)
    if (known !== undefined) return known
    const part: Part = { op: 'part', field, matches: compile(expression, table) }
    parts.set(key, part)
    return part
  }

  function residualOf(expression: Expression): Residual {
    const field = fieldOf(expression)
    if (field !== null) return partOf(expression, field)
    switch (expression.op) {
      case 'test':
        return partOf(expression, null)
      case 'not':
        return { op: 'not', of: residualOf(expression.of) }
      case 'and':
      case 'or':
        return { op: expression.op, of: byField(expression.op, expression.of).map(residualOf) }
      case 'atLeast':
        return { op: 'atLeast', n: expression.n, of: expression.of.map(residualOf) }
    }
  }

  return residualOf
}

/** What is asked of one field is one expression. */
function byField(op: 'and' | 'or', of: readonly Expression[]): readonly Expression[] {
  const groups = Map.groupBy(of, (one) => fieldOf(one) ?? one)
  return Array.from(groups.values(), (some) => (op === 'and' ? allOf(some) : anyOf(some)))
}

/** The only attribute that an expression asks for; null: there are more, or it asks otherwise. */
function fieldOf(expression: Expression): string | null {
  if (expression.op === 'test') {
    const { field, test } = expression
    return field === null || test.is === 'field' || derivedFields.has(field) ? null : field
  }
  if (expression.op === 'not') return fieldOf(expression.of)
  const [first = null, ...others] = expression.of.map(fieldOf)
  return others.every((one) => one === first) ? first : null
}

/** What is left when some parts are known, or whether it holds. */
export function simplified(
  residual: Residual,
  answers: ReadonlyMap<Part, boolean>,
): Residual | boolean {
  switch (residual.op) {
    case 'part':
      return answers.get(residual) ?? residual
    case 'not': {
      const of = simplified(residual.of, answers)
      return typeof of === 'boolean' ? !of : { op: 'not', of }
    }
    case 'and':
    case 'or': {
      const decisive = residual.op === 'or'
      const of = residual.of.map((one) => simplified(one, answers))
      if (of.includes(decisive)) return decisive
      const left = of.filter((one) => typeof one !== 'boolean')
      if (left.length === 0) return !decisive
      return left.length === 1 ? left[0]! : { op: residual.op, of: left }
    }
    case 'atLeast': {
      const of = residual.of.map((one) => simplified(one, answers))
      const n = residual.n - of.filter((one) => one === true).length
      const left = of.filter((one) => typeof one !== 'boolean')
      if (n <= 0 || left.length < n) return n <= 0
      return { op: 'atLeast', n, of: left }
    }
  }
}

/** The parts that a residual still asks for. */
export function* partsOf(residual: Residual): Generator<Part, void, void> {
  if (residual.op === 'part') yield residual
  else if (residual.op === 'not') yield* partsOf(residual.of)
  else for (const one of residual.of) yield* partsOf(one)
}
