// What a detection says, as a tree: the form between a rule's text and the functions that match.
import type { Pattern } from './pattern.ts'

/** A test of the values of a field, or of all values where there is no field. */
export type Test =
  | { readonly is: 'text'; readonly pattern: Pattern; readonly cased: boolean }
  | { readonly is: 'number'; readonly value: number }
  | { readonly is: 'boolean'; readonly value: boolean }
  | { readonly is: 'null' }
  | { readonly is: 'exists'; readonly exists: boolean }
  | { readonly is: 'regex'; readonly source: string; readonly flags: string }
  | { readonly is: 'cidr'; readonly network: string }
  | { readonly is: 'compare'; readonly operator: CompareOperator; readonly value: number }
  | { readonly is: 'field'; readonly name: string; readonly how: FieldHow; readonly cased: boolean }

export type CompareOperator = 'lt' | 'lte' | 'gt' | 'gte'

/** How one field's value is to lie in another's. */
export type FieldHow = 'equals' | 'startswith' | 'endswith' | 'contains'

export type Expression =
  | { readonly op: 'and' | 'or'; readonly of: readonly Expression[] }
  | { readonly op: 'atLeast'; readonly n: number; readonly of: readonly Expression[] }
  | { readonly op: 'not'; readonly of: Expression }
  /** Without a field it is a keyword, looked for anywhere in the event. */
  | { readonly op: 'test'; readonly field: string | null; readonly test: Test }

/** All of them, or the one there is. */
export function allOf(of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { op: 'and', of }
}

/** Any of them, or the one there is. */
export function anyOf(of: readonly Expression[]): Expression {
  return of.length === 1 ? of[0]! : { op: 'or', of }
}

/** The fields that an expression asks for. */
export function* fieldsOf(expression: Expression): Generator<string, void, void> {
  if (expression.op === 'test') {
    if (expression.field !== null) yield expression.field
    if (expression.test.is === 'field') yield expression.test.name
  } else if (expression.op === 'not') yield* fieldsOf(expression.of)
  else for (const one of expression.of) yield* fieldsOf(one)
}
