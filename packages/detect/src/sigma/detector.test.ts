import { expect, test } from '@jest/globals'
import { eventWith, type Given, ruleText, startMs } from '../../test/events.ts'
import { sigmaDetector } from './detector.ts'

const replay = {
  name: 'replay.yml',
  text: `
title: Authorization code used twice
id: 6d9c9a5e-6c1e-4b39-8a0e-0f3a4c1f2a11
level: high
tags:
    - attack.credential-access
    - attack.t1528
references:
    - RFC 6749 4.1.2
logsource:
    product: grantlog
    service: audit
fields:
    - oauth.client.id
detection:
    selection:
        audit.action: oauth.token
        oauth.error.reason: code_replayed
    condition: selection
`,
}

const guessing = {
  name: 'guessing.yml',
  text: `
title: Client secret guessed
id: 6d9c9a5e-6c1e-4b39-8a0e-0f3a4c1f2a12
level: medium
correlation:
    type: event_count
    rules: [wrong_secret]
    group-by: [client.address]
    timespan: 1m
    condition:
        gte: 3
---
title: Wrong secret
name: wrong_secret
logsource:
    product: grantlog
    service: audit
detection:
    selection:
        audit.action: oauth.token
        oauth.error.reason: client_credentials_invalid
    condition: selection
`,
}

const wrongSecret = (atMs: number, address: string, more: Given = {}) =>
  eventWith(
    {
      'audit.action': 'oauth.token',
      'oauth.error.reason': 'client_credentials_invalid',
      'client.address': address,
    },
    { atMs: startMs + atMs, id: `at-${atMs}`, ...more },
  )

test('a rule of one event says which rule, whom and which record', () => {
  const detector = sigmaDetector([replay])
  expect(detector.faults).toEqual([])
  const attributes = {
    'audit.action': 'oauth.token',
    'oauth.error.reason': 'code_replayed',
    'oauth.client.id': 'web',
    'user.hash': 'p1.made-up',
  }
  const [found, ...others] = detector.take(eventWith(attributes, { id: 'one', index: 7 }))
  expect(others).toEqual([])
  expect(found).toMatchObject({
    rule: { title: 'Authorization code used twice', level: 'high', attack: ['T1528'] },
    group: [['oauth.client.id', 'web']],
    records: [{ id: 'one', index: 7 }],
    count: 1,
    words: 'Authorization code used twice',
  })
  const other = { ...attributes, 'oauth.error.reason': 'code_expired' }
  expect(detector.take(eventWith(other))).toEqual([])
})

test('what nobody can be named for is a finding of its place', () => {
  const detector = sigmaDetector([
    ruleText('    a:\n        audit.outcome: success\n    condition: a\n'),
  ])
  const at = (route: string, more = {}) =>
    detector.take(
      eventWith({
        ...{ 'audit.outcome': 'success', 'audit.producer.service': 'shop' },
        ...{ 'http.route': route, ...more },
      }),
    )
  const shop = ['audit.producer.service', 'shop']
  expect(at('/public')).toMatchObject([{ group: [shop, ['http.route', '/public']] }])
  expect(at('/admin')).toMatchObject([{ group: [shop, ['http.route', '/admin']] }])
  const named = at('/admin', { 'oauth.client.id': 'web' })
  expect(named).toMatchObject([{ group: [['oauth.client.id', 'web']] }])
})

test('a correlation fires once for each timespan, and names no address', () => {
  const detector = sigmaDetector([guessing])
  expect(detector.rules.map(({ title }) => title)).toEqual(['Client secret guessed'])
  const take = (atMs: number, address: string) => detector.take(wrongSecret(atMs, address))
  expect([take(0, '192.0.2.1'), take(10, '192.0.2.1'), take(11, '192.0.2.2')].flat()).toEqual([])
  expect(take(60_000, '192.0.2.1')).toMatchObject([
    {
      group: [['client.address', 'record:at-0']],
      records: [{ id: 'at-0' }, { id: 'at-10' }, { id: 'at-60000' }],
      count: 3,
      words: 'Client secret guessed: 3 records within 1 minute, with one client.address',
    },
  ])
  expect(take(60_001, '192.0.2.1')).toEqual([])
  expect([120_001, 120_002, 120_003].flatMap((atMs) => take(atMs, '192.0.2.1'))).toHaveLength(1)
})

test.each([
  ['by its own name', 'group-by: [from]\n    aliases: {from: {failed: client.address}}', 'from'],
  ['by an attribute', 'group-by: [client.address]', 'client.address'],
])('a correlation below another one may group %s', (_how, grouping, name) => {
  const logsource = 'logsource: {product: grantlog, service: audit}'
  const text = `
title: Refused, then let in
id: 6d9c9a5e-6c1e-4b39-8a0e-0f3a4c1f2a13
correlation:
    type: temporal_ordered
    rules: [many, ok]
    group-by: [source]
    aliases: {source: {many: ${name}, ok: client.address}}
    timespan: 5m
---
title: Refused often
name: many
correlation:
    type: event_count
    rules: [failed]
    ${grouping}
    timespan: 5m
    condition: {gte: 2}
---
title: Refused
name: failed
${logsource}
detection: {a: {audit.outcome: failure}, condition: a}
---
title: Let in
name: ok
${logsource}
detection: {a: {audit.outcome: success}, condition: a}
`
  const detector = sigmaDetector([{ name: 'nested.yml', text }])
  expect(detector.faults).toEqual([])
  const found = ['failure', 'failure', 'success'].flatMap((outcome, at) =>
    detector.take(
      eventWith(
        { 'audit.outcome': outcome, 'client.address': '192.0.2.1' },
        { atMs: startMs + at, id: `at-${at}` },
      ),
    ),
  )
  expect(found.map(({ rule }) => rule.title)).toEqual(['Refused, then let in'])
})

test('an event that comes late is counted at its own time', () => {
  const detector = sigmaDetector([guessing])
  const take = (atMs: number) =>
    detector.take(wrongSecret(atMs, '192.0.2.1', { receivedMs: startMs + 60_000 }))
  expect([...take(1_000), ...take(55_000)]).toEqual([])
  expect(take(30_000)).toMatchObject([{ atMs: startMs + 30_000, count: 3 }])
})

test('a clock that is ahead lets go of nothing', () => {
  const detector = sigmaDetector([guessing])
  const take = (atMs: number, more: Given = {}) =>
    detector.take(wrongSecret(atMs, '192.0.2.1', more))
  take(0)
  take(900_000_000, { receivedMs: startMs + 1 })
  expect(take(2)).toHaveLength(1)
})

test('an unknown field is told with its place and the name that was meant', () => {
  const { faults, warnings } = sigmaDetector([
    ruleText('    a:\n        audit.outcom: denied\n    condition: a\n'),
  ])
  expect(faults).toEqual([])
  expect(warnings).toEqual([
    {
      file: 'test.yml',
      line: 8,
      column: 9,
      code: 'RULE_FIELD_UNKNOWN',
      what: 'no record has `audit.outcom`, so that it never matches',
      fix: 'Is it `audit.outcome`?',
    },
  ])
})

test('a rule in trouble stops no other', () => {
  const broken = ruleText('    a:\n        audit.outcome: denied\n    condition: a and bb\n')
  const { faults, rules } = sigmaDetector([broken, replay])
  expect(rules).toHaveLength(1)
  expect(faults).toMatchObject([
    { code: 'RULE_CONDITION', line: 9, column: 22, what: 'the detection has no `bb`' },
  ])
})
