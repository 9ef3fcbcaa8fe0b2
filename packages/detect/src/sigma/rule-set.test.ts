import { expect, test } from '@jest/globals'
import { eventWith, ruleText } from '../../test/events.ts'
import { MAX_FILE_RULES, MAX_RULE_BYTES, MAX_RULE_DEPTH, MAX_VALUES } from '../limits.ts'
import { sigmaDetector } from './detector.ts'

const file = (text: string) => ({ name: 'test.yml', text })

const base = (name: string, more = '    a:\n        audit.outcome: denied\n'): string => `
title: ${name}
name: ${name}
logsource:
    product: grantlog
    service: audit
detection:
${more}    condition: a
`

const correlation = (more: string, rules = 'one'): string => `
title: Many
id: 00000000-0000-4000-8000-000000000001
correlation:
    type: event_count
    rules: [${rules}]
    group-by: [oauth.client.id]
    timespan: 1m
    condition: {gte: 2}
${more}
---
${base('one')}`

const faultsOf = (text: string) =>
  sigmaDetector([file(text)]).faults.map(({ code, column, line, what }) => {
    return `${line}:${column} ${code} ${what}`
  })

test.each([
  ['a: [b', '1:6 RULE_YAML the indent does not fit'],
  ['a: 1\na: 2', '2:1 RULE_YAML this key is there twice'],
  ['a: &x 1\nb: *x', '2:4 RULE_YAML anchors and aliases are not taken'],
  ['a: *b', '1:4 RULE_YAML anchors and aliases are not taken'],
  ['a: !x 1', '1:4 RULE_YAML tags such as !x are not taken'],
  ['', '1:1 RULE_INVALID no rule in it'],
  ['- a', '1:1 RULE_INVALID a rule is a map'],
  ['title: A', '1:1 RULE_INVALID neither `detection` nor `correlation` nor `filter`'],
  [base('x').replace('title: x\n', ''), '2:1 RULE_INVALID `title` is missing'],
  [base('x'), '2:1 RULE_INVALID `id` is missing'],
  [`id: 12\n${base('x')}`, '1:1 RULE_INVALID `id` is no UUID'],
  [`level: bad\n${base('x')}`, '1:1 RULE_INVALID `level` is one of informational, low'],
  [base('x').replace('    condition: a\n', ''), '7:1 RULE_CONDITION `condition` is missing'],
  [base('x', '    a: {}\n'), '8:5 RULE_INVALID an empty map matches everything'],
  [base('x', '    a: []\n'), '8:5 RULE_INVALID an empty list matches nothing'],
])('%j: %s', (text, expected) => {
  const [found = ''] = faultsOf(text).filter((one) => one.startsWith(expected))
  expect(found || faultsOf(text)).toContain(expected)
})

test.each([
  ['type: event_count', 'type: event_cuont', '5:5 RULE_INVALID `type` is one of event_count'],
  ['timespan: 1m', 'timespan: 1M', '8:5 RULE_VALUE `timespan` is a number and s, m, h or d'],
  ['timespan: 1m', 'timespan: 93d', '8:5 RULE_VALUE `timespan` is a number and s, m, h or d'],
  ['{gte: 2}', '{atleast: 2}', '9:17 RULE_INVALID a condition has no `atleast`'],
  ['{gte: 2}', '{}', '9:5 RULE_INVALID none of gt, gte'],
  ['{gte: 2}', '{gte: 1024}', '9:17 RULE_VALUE larger than 1023'],
  ['{gte: 2}', '{gte: 2, field: a}', '9:5 RULE_INVALID `event_count` takes no `field`'],
  ['event_count', 'value_sum', '9:5 RULE_INVALID `field` is missing'],
  [
    'event_count',
    'temporal_ordered',
    '9:5 RULE_VALUE `temporal_ordered` is about all of its rules',
  ],
  ['{gte: 2}', 'one and two', '9:5 RULE_INVALID `condition` is a map, such as {gte: 10}'],
  ['[one]', '[]', '6:5 RULE_INVALID `rules` names none'],
  ['[one]', '[ones]', '6:13 RULE_REFERENCE no rule is called `ones`: is it `one`?'],
  ['[one]', '[one, one]', '6:5 RULE_INVALID a name is there twice'],
])('a correlation with %s as %s: %s', (before, after, expected) => {
  const found = faultsOf(correlation('').replace(before, after))
  expect(found.map((one) => one.slice(0, expected.length))).toContain(expected)
})

test('a correlation over itself, or a rule that is not in force, is refused', () => {
  const circle = correlation('').replace('title: Many', 'title: Many\nname: many')
  expect(faultsOf(circle.replace('[one]', '[one, many]'))).toEqual([
    '7:18 RULE_REFERENCE `many` is not in force, or refers to this',
  ])
  const other = correlation('').replace('product: grantlog', 'product: windows')
  const { faults, warnings } = sigmaDetector([file(other)])
  expect(faults).toMatchObject([{ code: 'RULE_REFERENCE' }])
  expect(warnings).toMatchObject([
    { code: 'RULE_LOGSOURCE', what: expect.stringMatching(/grantlog/) },
  ])
})

test('two rules of one id are told, and the first holds', () => {
  const rule = ruleText('    a:\n        audit.outcome: denied\n    condition: a\n')
  const { faults, rules } = sigmaDetector([rule, { ...rule, name: 'again.yml' }])
  expect(rules).toHaveLength(1)
  expect(faults).toMatchObject([{ file: 'again.yml', line: 2, code: 'RULE_DOUBLE' }])
})

test('rules of a correlation find nothing by themselves, unless it generates them', () => {
  const titles = (text: string) => sigmaDetector([file(text)]).rules.map(({ title }) => title)
  expect(titles(correlation(''))).toEqual(['Many'])
  const id = 'name: one\nid: 00000000-0000-4000-8000-000000000002'
  const generated = correlation('    generate: true').replace('name: one', id)
  expect(titles(generated).toSorted()).toEqual(['Many', 'one'])
})

test('a filter is joined to the rules that it names', () => {
  const rule = ruleText(
    '    a:\n        audit.outcome: denied\n    condition: a\n',
    'name: denied\n',
  )
  const filter = `
title: The monitor is known
logsource: {product: grantlog}
filter:
    rules: [denied]
    monitor:
        oauth.client.id: monitor
    condition: not monitor
`
  const detector = sigmaDetector([rule, file(filter)])
  expect(detector.faults).toEqual([])
  const denied = (client: string) =>
    detector.take(eventWith({ 'audit.outcome': 'denied', 'oauth.client.id': client }))
  expect([denied('web').length, denied('monitor').length]).toEqual([1, 0])
  const [{ hash } = { hash: '' }] = detector.rules
  expect(hash).not.toBe(sigmaDetector([rule]).rules[0]?.hash)
})

test('the hash of a rule is that of its text and of what it refers to', () => {
  const hash = (text: string) => sigmaDetector([file(text)]).rules[0]?.hash
  expect(hash(correlation('# a comment'))).toBe(hash(correlation('')))
  const changed = correlation('').replace('audit.outcome: denied', 'audit.outcome: failure')
  expect(hash(changed)).not.toBe(hash(correlation('')))
})

test('a part of a rule that the condition does not name is told', () => {
  const text = ruleText(
    '    a:\n        audit.outcome: denied\n    b:\n        audit.outcome: x\n    condition: a\n',
  )
  expect(sigmaDetector([text]).warnings).toMatchObject([
    { code: 'RULE_UNUSED', line: 9, column: 5 },
  ])
})

test('files are bounded in bytes, depth, rules and values', () => {
  const codes = (text: string) => sigmaDetector([file(text)]).faults.map(({ code }) => code)
  const sized = (bytes: number) => `${correlation('')}#`.padEnd(bytes, '#')
  expect(codes(sized(MAX_RULE_BYTES))).toEqual([])
  expect(codes(sized(MAX_RULE_BYTES + 1))).toEqual(['RULE_TOO_LARGE'])
  const nested = (depth: number) =>
    `${correlation('')}custom: ${'['.repeat(depth)}${']'.repeat(depth)}`
  expect(codes(nested(MAX_RULE_DEPTH))).toEqual([])
  expect(codes(nested(MAX_RULE_DEPTH + 1))).toEqual(['RULE_TOO_LARGE'])
  const many = (rules: number) =>
    Array.from(
      { length: rules },
      (_, i) => `id: 00000000-0000-4000-8000-${String(i).padStart(12, '0')}${base(`r${i}`)}`,
    )
  expect(codes(many(MAX_FILE_RULES).join('---\n'))).toEqual([])
  expect(codes(many(MAX_FILE_RULES + 1).join('---\n'))).toEqual(['RULE_TOO_LARGE'])
  const values = (count: number) =>
    ruleText(`    a:\n        oauth.client.id: [${'a, '.repeat(count)}]\n    condition: a\n`).text
  expect(codes(values(MAX_VALUES))).toEqual([])
  expect(codes(values(MAX_VALUES + 1))).toEqual(['RULE_TOO_LARGE'])
})
