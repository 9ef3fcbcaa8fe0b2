import { describe, expect, test } from '@jest/globals'
import type { AttributeValue } from '@grantlog/record'
import fc from 'fast-check'
import { eventWith, ruleText } from '../../test/events.ts'
import { random } from '../../test/random.ts'
import type { AuditEvent } from '../event.ts'
import {
  MAX_DECISION_VALUES,
  MAX_DECISIONS,
  MAX_FORK_VALUES,
  MAX_REMEMBERED_CHARS,
  REGROW_EVENTS,
} from '../limits.ts'
import { compile } from './compile.ts'
import { type DecisionLimits, Decisions } from './decisions.ts'
import { FieldTable, Probe } from './probe.ts'
import { type BaseRule, loadRules } from './rule-set.ts'
import { anyOf, type Expression, type Test } from './syntax.ts'

const usual: DecisionLimits = {
  decisions: MAX_DECISIONS,
  values: MAX_DECISION_VALUES,
  regrowEvents: REGROW_EVENTS,
}
/** So few that they overflow after some events, and begin anew again and again. */
const tiny: DecisionLimits = { decisions: 12, values: 3, regrowEvents: 20 }

/** What is decided of each event beside what each rule says when it is asked. */
function both(
  rules: readonly Expression[],
  events: readonly AuditEvent[],
  limits: DecisionLimits,
): { readonly decided: (readonly number[] | null)[]; readonly asked: (readonly number[])[] } {
  const table = new FieldTable()
  const probe = new Probe(table)
  const decisions = new Decisions(
    rules.map((expression, of) => ({ of, expression })),
    table,
    limits,
  )
  const predicates = rules.map((rule) => compile(rule, table))
  const decided = events.map((event) => {
    probe.look(event)
    return decisions.decide(event, probe)
  })
  const asked = events.map((event) => {
    probe.look(event)
    return predicates.flatMap((matches, at) => (matches(probe) ? [at] : []))
  })
  return { decided, asked }
}

const fields = ['audit.action', 'oauth.scope.granted', 'client.address', 'oauth.token.age']
const words = ['a', 'B', 'b c', 'ab', '10.1.2.3', '']

const someTest = fc.oneof(
  fc.record({
    is: fc.constant('text'),
    pattern: fc.constantFrom(['a'], ['b'], ['a', { wild: '*' }], [{ wild: '*' }], ['C']),
    cased: fc.boolean(),
  }),
  fc.record({ is: fc.constant('number'), value: fc.constantFrom(1, 2, NaN) }),
  fc.constant({ is: 'null' }),
  fc.record({ is: fc.constant('exists'), exists: fc.boolean() }),
  fc.constant({ is: 'regex', source: 'b', flags: 'i' }),
  fc.constant({ is: 'cidr', network: '10.0.0.0/8' }),
  fc.record({
    is: fc.constant('compare'),
    operator: fc.constantFrom('lt', 'gte'),
    value: fc.constantFrom(1, 2),
  }),
  fc.record({
    ...{ is: fc.constant('field'), name: fc.constantFrom(...fields) },
    ...{ how: fc.constantFrom('equals', 'contains'), cased: fc.boolean() },
  }),
) as fc.Arbitrary<Test>

const someField = fc.constantFrom(...fields, 'event.late', 'event.scope.unallowed', null)

const { of: expressions } = fc.letrec<{ of: Expression }>((tie) => ({
  of: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ op: fc.constant('test'), field: someField, test: someTest }),
    fc.record({ op: fc.constantFrom('and', 'or'), of: fc.array(tie('of'), { maxLength: 4 }) }),
    fc.record({ op: fc.constant('not'), of: tie('of') }),
    fc.record({
      ...{ op: fc.constant('atLeast'), n: fc.integer({ min: 1, max: 3 }) },
      of: fc.array(tie('of'), { minLength: 1, maxLength: 4 }),
    }),
  ) as fc.Arbitrary<Expression>,
}))

const someValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  fc.constantFrom(...words),
  fc.constantFrom(1n, 2n),
  fc.boolean(),
)
const someEvents = fc.array(
  fc.record({
    given: fc.dictionary(fc.constantFrom(...fields, 'oauth.scope.allowed'), someValue),
    lateMs: fc.constantFrom(0, 1_000, 5_000),
  }),
  { minLength: 1, maxLength: 60 },
)

describe.each([
  ['with room', usual],
  ['with room for hardly anything', tiny],
])('%s', (_, limits) => {
  test('an event matches the rules that it matches when all are asked', () => {
    let known = 0
    fc.assert(
      fc.property(fc.array(expressions, { maxLength: 6 }), someEvents, (rules, drawn) => {
        const events = drawn.map(({ given, lateMs }) =>
          eventWith(given, { atMs: 10_000, receivedMs: 10_000 + lateMs }),
        )
        const { asked, decided } = both(rules, events, limits)
        for (const [at, matched] of decided.entries()) {
          if (matched === null) continue
          known++
          expect(matched).toEqual(asked[at])
        }
      }),
      { numRuns: 300 },
    )
    // With little room some events are to be asked about, and not all.
    expect(known).toBeGreaterThan(0)
  })
})

const is = (field: string, text: string): Expression => ({
  ...{ op: 'test', field },
  test: { is: 'text', pattern: [text], cased: false },
})

/** How often rules were asked of events that come twice. */
function countAsked(
  rules: readonly Expression[],
  events: readonly AuditEvent[],
  limits: DecisionLimits = usual,
): number[] {
  const table = new FieldTable()
  const read: string[] = []
  class Counting extends Probe {
    override values(field: number): ReturnType<Probe['values']> {
      read.push(String(field))
      return super.values(field)
    }
  }
  const probe = new Counting(table)
  const decisions = new Decisions(
    rules.map((expression, of) => ({ of, expression })),
    table,
    limits,
  )
  return events.map((event) => {
    read.length = 0
    probe.look(event)
    decisions.decide(event, probe)
    return read.length
  })
}

test('an event like one before asks no rule', () => {
  const rules = [is('audit.action', 'oauth.token'), is('oauth.role', 'client')]
  const event = eventWith({ 'audit.action': 'oauth.token', 'oauth.role': 'client' })
  const [first, ...others] = countAsked(rules, [event, event, event])
  expect(first).toBeGreaterThan(0)
  expect(others).toEqual([0, 0])
})

test('of a field with many values the first are remembered, and no more', () => {
  const rules = [is('client.address', '192.0.2.7')]
  const at = (i: number): AuditEvent => eventWith({ 'client.address': `198.51.100.${i}` })
  const events = Array.from({ length: MAX_FORK_VALUES + 1 }, (_, i) => at(i))
  const again = countAsked(rules, [...events, ...events]).slice(events.length)
  expect(again.slice(0, MAX_FORK_VALUES).filter((times) => times > 0)).toEqual([])
  expect(again.at(-1)).toBe(1)
})

test('a value is remembered up to its limit, and not beyond', () => {
  const rules = [is('client.address', '192.0.2.7')]
  const events = [MAX_REMEMBERED_CHARS, MAX_REMEMBERED_CHARS + 1].map((length) =>
    eventWith({ 'client.address': 'a'.repeat(length) }),
  )
  expect(countAsked(rules, [...events, ...events]).slice(2)).toEqual([0, 1])
})

test('all forks together remember so many values, and no more', () => {
  const rules = [is('audit.action', 'a'), is('oauth.role', 'b')]
  const events = ['x', 'y', 'z'].map((text) => eventWith({ 'audit.action': text }))
  // Of each of the first two: its action; and that there is no role.
  const again = countAsked(rules, [...events, ...events], { ...usual, values: 3 }).slice(3)
  expect(again).toEqual([0, 0, 1])
})

test('without room each rule is to be asked, until it begins anew', () => {
  const rules = ['a', 'b', 'c', 'd'].map((text) => is('audit.action', text))
  const events = ['a', 'b', 'c', 'd', 'a', 'd', 'd'].map((text) =>
    eventWith({ 'audit.action': text }),
  )
  // One rule that holds and the fork are two: there is room for two branches.
  const limits = { ...usual, decisions: 4, regrowEvents: 6 }
  const { decided } = both(rules, events, limits)
  expect(decided).toEqual([[0], [1], null, null, [0], null, [3]])
})

test('thousands of values of one field are one look-up still', () => {
  const pick = random(7)
  const many = anyOf(Array.from({ length: 3_000 }, (_, i) => is('user.hash', `p1.${i}`)))
  const events = Array.from({ length: 500 }, () => eventWith({ 'user.hash': `p1.${pick(6_000)}` }))
  const { asked, decided } = both([many], events, usual)
  expect(decided).toEqual(asked)
})

test('rules of files are decided in their order', () => {
  const { rules } = loadRules([
    ruleText('    one:\n        audit.action: oauth.token\n    condition: one\n'),
    ruleText('    one:\n        - oauth\n    condition: one\n'),
    ruleText('    one:\n        audit.action|startswith: oauth\n    condition: not one\n'),
  ])
  const base = rules.filter((rule): rule is BaseRule => rule.kind === 'rule')
  expect(base).toHaveLength(3)
  const events = ['oauth.token', 'oauth.par', 'made.up'].map((action) =>
    eventWith({ 'audit.action': action, 'oauth.client.name': 'oauth' }),
  )
  const { asked, decided } = both(
    base.map(({ expression }) => expression),
    events,
    usual,
  )
  expect(decided).toEqual(asked)
  expect(decided).toEqual([[0, 1], [1], [1, 2]])
})
