import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventWith } from '../../test/events.ts'
import { boundOf } from './bound.ts'
import { compile } from './compile.ts'
import { FieldTable, Probe } from './probe.ts'
import { allOf, anyOf, type Expression } from './syntax.ts'

const [action, role] = ['audit.action', 'oauth.role']
const is = (field: string, text: string): Expression => ({
  ...{ op: 'test', field },
  test: { is: 'text', pattern: [text], cased: false },
})
const token = is(action, 'Oauth.Token')
const par = is(action, 'oauth.par')
const client = is(role, 'client')

const bounds: readonly (readonly [string, Expression, readonly string[] | null])[] = [
  ['a value, in lower case', token, ['oauth.token']],
  ['another field', client, null],
  ['one of two', anyOf([token, par]), ['oauth.token', 'oauth.par']],
  ['one of two, the other free', anyOf([token, client]), null],
  ['both', allOf([token, client]), ['oauth.token']],
  ['both, which cannot be', allOf([token, par]), []],
  ['not', { op: 'not', of: token }, null],
  ['two of three', { op: 'atLeast', n: 2, of: [token, par, client] }, null],
]

test.each(bounds)('%s', (_, expression, expected) => {
  const bound = boundOf(expression, action)
  expect(bound && [...bound]).toEqual(expected)
})

const values = ['a', 'B', 'c']
const { of } = fc.letrec<{ of: Expression }>((tie) => ({
  of: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc
      .record({ field: fc.constantFrom(action, role), text: fc.constantFrom(...values) })
      .map(({ field, text }) => is(field, text)),
    fc.record({ op: fc.constantFrom('and', 'or'), of: fc.array(tie('of'), { minLength: 1 }) }),
    fc.record({ op: fc.constant('not'), of: tie('of') }),
    fc.record({
      ...{ op: fc.constant('atLeast'), n: fc.integer({ min: 1, max: 3 }) },
      of: fc.array(tie('of'), { minLength: 1 }),
    }),
  ) as fc.Arbitrary<Expression>,
}))

test('an event that an expression matches is within its bounds', () => {
  const value = fc.option(fc.constantFrom(...values), { nil: undefined })
  fc.assert(
    fc.property(of, value, value, (expression, ofAction, ofRole) => {
      const table = new FieldTable()
      const matches = compile(expression, table)
      const probe = new Probe(table)
      const given = { [action]: ofAction, [role]: ofRole }
      const there = Object.entries(given).filter(([, one]) => one !== undefined)
      probe.look(eventWith(Object.fromEntries(there) as Record<string, string>))
      if (!matches(probe)) return
      for (const [field, one] of Object.entries(given)) {
        const bound = boundOf(expression, field)
        if (bound !== null) expect([...bound]).toContain(one?.toLowerCase())
      }
    }),
    { numRuns: 1_000 },
  )
})
