import { expect, test } from '@jest/globals'
import { MAX_CONDITION_CHARS, MAX_CONDITION_DEPTH } from '../limits.ts'
import { parseCondition } from './condition.ts'
import { Trouble } from './fault.ts'
import type { Expression } from './syntax.ts'

const names = ['a', 'b', 'x1', 'x2', '_hidden']

const selections = new Map(
  names.map((field): [string, Expression] => [
    field,
    { op: 'test', field, test: { is: 'exists', exists: true } },
  ]),
)

/** As text with all parentheses. */
function shown(expression: Expression): string {
  switch (expression.op) {
    case 'test':
      return String(expression.field)
    case 'not':
      return `!${shown(expression.of)}`
    case 'atLeast':
      return `${expression.n}(${expression.of.map(shown).join(' ')})`
    case 'and':
    case 'or':
      return `(${expression.of.map(shown).join(expression.op === 'and' ? ' & ' : ' | ')})`
  }
}

const parsed = (text: string): string =>
  shown(parseCondition(text, selections, ['condition']).expression)

test.each([
  ['a', 'a'],
  ['a or b and not x1', '(a | (b & !x1))'],
  ['(a or b) and x1', '((a | b) & x1)'],
  ['not not a', '!!a'],
  ['1 of x*', '(x1 | x2)'],
  ['any of x*', '(x1 | x2)'],
  ['all of x*', '(x1 & x2)'],
  ['2 of x*', '(x1 & x2)'],
  ['2 of them', '2(a b x1 x2)'],
  ['1 of them', '(a | b | x1 | x2)'],
  ['1 of _*', '_hidden'],
  ['not 1 of x* and a', '(!(x1 | x2) & a)'],
])('%s', (text, expected) => expect(parsed(text)).toBe(expected))

function trouble(text: string): Trouble {
  try {
    parsed(text)
  } catch (error) {
    if (error instanceof Trouble) return error
  }
  throw new Error('it was read')
}

test.each([
  ['a and', 5, 'it ends where a name should stand'],
  ['a b', 2, '`and` or `or` is missing before this'],
  ['(a or b', 0, 'a parenthesis is not closed'],
  ['a and )', 6, '`)` stands where a name should'],
  ['a and x3', 6, 'the detection has no `x3`: is it `x1`?'],
  ['0 of x*', 0, 'before `of` stands a number, `any` or `all`'],
  ['1 of y*', 5, 'no name of the detection is like `y*`'],
  ['3 of x*', 5, 'there are only 2 like `x*`'],
  ['a | count() > 3', 2, 'aggregations behind `|` are not taken: write a correlation'],
  ['a & b', 2, '`&` has no meaning here'],
  ['', 0, 'it ends where a name should stand'],
])('%j: at %i, %s', (text, offset, what) => {
  const { code, message, ...rest } = trouble(text)
  expect({ code, message, offset: rest.offset }).toEqual({
    ...{ code: 'RULE_CONDITION', message: what, offset },
  })
})

test('conditions are bounded in length and depth', () => {
  const long = (length: number): string => 'a or '.repeat(length / 5 - 1).padEnd(length - 1) + 'a'
  expect(() => parsed(long(MAX_CONDITION_CHARS))).not.toThrow()
  expect(trouble(long(MAX_CONDITION_CHARS + 1)).code).toBe('RULE_TOO_LARGE')
  const deep = (depth: number): string => `${'('.repeat(depth)}a${')'.repeat(depth)}`
  expect(parsed(deep(MAX_CONDITION_DEPTH))).toBe('a')
  expect(trouble(deep(MAX_CONDITION_DEPTH + 1)).code).toBe('RULE_TOO_LARGE')
})
