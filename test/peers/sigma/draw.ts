// Rules and events drawn from a seed, small enough to meet: values are made of few letters, among
// them those that SQL, Sigma or YAML give a meaning to.
import fc from 'fast-check'
import type { AuditEvent } from '@grantlog/detect'
import type { AttributeValue } from '@grantlog/record'

export const startMs = 1_767_225_600_000

const seed = 20_261_126

export function draw<T>(arbitrary: fc.Arbitrary<T>, count: number): readonly T[] {
  return fc.sample(arbitrary, { numRuns: count, seed })
}

// --- events --------------------------------------------------------------------------------------

const text = fc
  .array(fc.constantFrom('a', 'B', 'b', 'c', '_', '%', '\\', '*', '?', '/', ' -', "'", 'é'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''))

const addresses = ['192.0.2.7', '192.0.2.130', '10.1.2.3', '2001:db8::7', '2001:db9::1']

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 4 })

const attributes = fc.record({
  'oauth.client.id': maybe(text),
  'oauth.client.name': maybe(text),
  'client.address': maybe(fc.constantFrom(...addresses)),
  'http.response.status_code': maybe(fc.constantFrom(200n, 400n, 401n, 500n)),
  'oauth.refresh.rotated': maybe(fc.boolean()),
})

export function eventsFrom(
  drawn: readonly Readonly<Record<string, AttributeValue | undefined>>[],
): AuditEvent[] {
  return drawn.map((values, i) => {
    const known = Object.entries(values).filter(([, value]) => value !== undefined)
    const atMs = startMs + i * 1_000
    const attributes = new Map(known as [string, AttributeValue][])
    return { id: `event-${i}`, index: i, atMs, receivedMs: atMs, attributes }
  })
}

export const drawEvents = (count: number): AuditEvent[] => eventsFrom(draw(attributes, count))

// --- rules of one event --------------------------------------------------------------------------

const pattern = fc
  .array(fc.constantFrom('a', 'b', 'c', 'B', '_', '%', '\\\\', '\\*', '\\?', '*', '?', '/', ' -'), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) => parts.join(''))

const expressions = ['^a', 'b$', '[ab]+c', 'a.c', '(a|b)c{1,2}', '\\*', '^[^a]*$', "'"]
const plain = fc.constantFrom('ab', 'a', ' -b', '/a', 'c')

/** A line or two of a map: a field with modifiers, and its values. */
const item: fc.Arbitrary<string> = fc.oneof(
  line(
    ['', '|contains', '|startswith', '|endswith', '|cased', '|contains|cased', '|neq'],
    fc.array(pattern, { minLength: 1, maxLength: 3 }),
  ),
  line(['|contains|all', '|contains|neq'], fc.array(pattern, { minLength: 2, maxLength: 3 })),
  line(
    ['|re', '|re|i', '|re|s'],
    fc.array(fc.constantFrom(...expressions), { minLength: 1, maxLength: 2 }),
  ),
  line(
    ['|windash|contains', '|base64offset|contains', '|wide|base64offset|contains'],
    fc.tuple(plain),
  ),
  line(['|fieldref', '|fieldref|contains', '|fieldref|startswith', '|fieldref|neq'], name()),
  line(['|exists'], fc.boolean()),
  line([''], fc.constant(null)),
  only('client.address|cidr', ['192.0.2.0/24', '192.0.2.128/25', '10.0.0.0/8', '2001:db8::/32']),
  only('http.response.status_code', [200, 401, [400, 500]]),
  only('http.response.status_code|gt', [200, 400]),
  only('http.response.status_code|lte', [200, 400]),
  only('http.response.status_code|gte|neq', [400]),
  only('http.response.status_code|startswith', ['4']),
  only('oauth.refresh.rotated', [true, false]),
  only('oauth.refresh.rotated|neq', [true]),
)

function name(): fc.Arbitrary<string> {
  return fc.constantFrom('oauth.client.id', 'oauth.client.name')
}

function line(modifiers: readonly string[], value: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  return fc
    .tuple(name(), fc.constantFrom(...modifiers), value)
    .map(([field, modifier, of]) => `${field}${modifier}: ${JSON.stringify(of)}`)
}

function only(key: string, values: readonly unknown[]): fc.Arbitrary<string> {
  return fc.constantFrom(...values).map((value) => `${key}: ${JSON.stringify(value)}`)
}

const keywords = fc.oneof(
  fc.array(plain, { minLength: 1, maxLength: 2 }).map((of) => JSON.stringify(of)),
  fc.array(plain, { minLength: 2, maxLength: 2 }).map((of) => `{"|all": ${JSON.stringify(of)}}`),
)

const keyOf = (one: string): string => one.split(':')[0] ?? ''

const map = fc
  .uniqueArray(item, { minLength: 1, maxLength: 3, selector: keyOf })
  .map((items) => items.map((one) => `            ${one}`).join('\n'))

const selection = fc.oneof(
  { weight: 4, arbitrary: map.map((one) => `\n${one}`) },
  {
    weight: 1,
    arbitrary: fc
      .array(item, { minLength: 2, maxLength: 3 })
      .map((items) => items.map((one) => `\n            - ${one}`).join('')),
  },
  { weight: 1, arbitrary: keywords.map((one) => ` ${one}`) },
)

const conditions = [
  ...['s0', 'not s0', 's0 and s1', 's0 or s1', 's0 and not s1', 'not (s0 or s1) and s2'],
  ...['1 of s*', 'all of s*', '1 of them', 'not all of them', 's0 or s1 and s2', 'not not s2'],
  ...['any of s* and not s2', '(s0 or not s1) and (s2 or s0)'],
]

const rule = fc
  .tuple(selection, selection, selection, fc.constantFrom(...conditions), fc.uuid())
  .map(([s0, s1, s2, condition, id]) =>
    [
      ...['title: Drawn', `id: ${id}`, 'logsource:', '    product: grantlog', 'detection:'],
      ...[`    s0:${s0}`, `    s1:${s1}`, `    s2:${s2}`, `    condition: ${condition}`],
    ].join('\n'),
  )

export const drawRules = (count: number): readonly string[] => draw(rule, count)

// --- correlations --------------------------------------------------------------------------------

const correlated = fc.record({
  'oauth.client.id': fc.option(fc.constantFrom('a', 'b'), { nil: undefined, freq: 12 }),
  'oauth.client.name': fc.constantFrom('a', 'b'),
  'http.route': fc.constantFrom('/a', '/b', '/c', '/d'),
  'http.response.status_code': fc.constantFrom(200n, 400n, 401n, 500n),
  'http.response.body.size': fc.integer({ min: 0, max: 20 }).map(BigInt),
})

export const drawCorrelated = (count: number): AuditEvent[] => eventsFrom(draw(correlated, count))

const bases = `---
title: Refused
name: refused
id: 00000000-0000-4000-8000-000000000001
logsource:
    product: grantlog
detection:
    selection:
        http.response.status_code: [400, 401]
    condition: selection
---
title: Let in
name: let_in
id: 00000000-0000-4000-8000-000000000002
logsource:
    product: grantlog
detection:
    selection:
        http.response.status_code: 200
    condition: selection
---
title: Broken
name: broken
id: 00000000-0000-4000-8000-000000000003
logsource:
    product: grantlog
detection:
    selection:
        http.response.status_code|gte: 400
    condition: selection
`

const chained = `---
title: Refused often
name: often
id: 00000000-0000-4000-8000-000000000004
correlation:
    type: event_count
    rules: [refused]
    group-by: [oauth.client.id]
    timespan: 20s
    condition: {gte: 3}
`

const operator = fc.constantFrom('gt', 'gte', 'lt', 'lte', 'eq', 'neq')
const limited = (most: number): fc.Arbitrary<string> =>
  fc.tuple(operator, fc.integer({ min: 1, max: most })).map(([one, of]) => `${one}: ${of}`)
const sized = (most: number, more = ''): fc.Arbitrary<string> =>
  limited(most).map((one) => `    condition: {field: http.response.body.size, ${more}${one}}`)
const twoRules = fc.constantFrom('refused, let_in', 'broken, let_in', 'refused, broken')
const rules = fc.oneof(fc.constant('refused'), twoRules)

const groups = ['[oauth.client.id]', '[oauth.client.id, oauth.client.name]', '[who]']

const typed = fc.oneof(
  kind(
    'event_count',
    limited(4).map((one) => `    condition: {${one}}`),
  ),
  kind(
    'value_count',
    limited(3).map((one) => `    condition: {field: http.route, ${one}}`),
  ),
  kind('value_sum', sized(60)),
  kind('value_avg', sized(12)),
  ...[0, 25, 50, 100].map((p) => kind('value_percentile', sized(15, `percentile: ${p}, `))),
  kind('temporal', fc.constant('')),
  kind(
    'temporal',
    limited(2).map((one) => `    condition: {${one}}`),
    twoRules,
  ),
  kind('temporal_ordered', fc.constant('')),
  kind('temporal_ordered', fc.constant(''), fc.constant('often, let_in')),
)

function kind(
  type: string,
  condition: fc.Arbitrary<string>,
  of: fc.Arbitrary<string> = rules,
): fc.Arbitrary<{ readonly type: string; readonly rules: string; readonly condition: string }> {
  return fc.tuple(of, condition).map(([rules, condition]) => ({ type, rules, condition }))
}

/** What group-by names; `who` is the id where a request was refused, and the name elsewhere. */
function groupBy(group: string, of: string): string {
  if (of.includes('often')) return `    group-by: ${groups[0]}`
  if (group !== '[who]') return `    group-by: ${group}`
  const fields = of
    .split(', ')
    .map((one) => `${one}: oauth.client.${one === 'refused' ? 'id' : 'name'}`)
  return `    group-by: [who]\n    aliases: {who: {${fields.join(', ')}}}`
}

const correlation = fc
  .tuple(typed, fc.constantFrom(...groups), fc.constantFrom(3, 8, 20), fc.uuid())
  .map(([{ condition, rules, type }, group, seconds, id]) => ({
    timespanMs: seconds * 1_000,
    text: [
      ...['title: Drawn', `id: ${id}`, 'correlation:', `    type: ${type}`],
      ...[`    rules: [${rules}]`, groupBy(group, rules), `    timespan: ${seconds}s`],
      ...(condition === '' ? [] : [condition]),
      `${bases}${rules.includes('often') ? chained : ''}`,
    ].join('\n'),
  }))

export interface Correlated {
  readonly text: string
  readonly timespanMs: number
}

export const drawCorrelations = (count: number): readonly Correlated[] => draw(correlation, count)
