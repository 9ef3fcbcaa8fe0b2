// Guarantee: what is wrong in a grantlog.yaml is said with its place and a fix, all of it at once,
// and no value is shown.
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { checkConfig } from './check.ts'
import { type Fault, MAX_CONFIG_BYTES, MAX_CONFIG_DEPTH } from '@grantlog/receiver/settings'

function faultsIn(text: string): readonly Fault[] {
  const checked = checkConfig(text)
  return 'raw' in checked ? [] : checked
}

function shown(text: string): string[] {
  return faultsIn(text).map(({ column, line, path, what }) => `${line}:${column} ${path}: ${what}`)
}

const channel = 'name: a, type: syslog, url: "tls://h"'

test('a whole file is sound', () => {
  const text = `
version: 1
data: /var/lib/grantlog
otlp: { port: 0 }
admin: { port: 4319 }
console: { enabled: false, traceUrl: 'http://j/{traceId}' }
reconcile:
  every: 30m
  services: [{ service: api, accessLogs: [a.log] }]
sinks:
  - { name: jaeger, type: otlp, url: http://127.0.0.1:4418 }
  - name: siem
    type: opensearch
    url: https://search:9200
    personalData: full
    headersFrom: { authorization: { env: TOKEN }, x-tenant: { file: tenant } }
    filter: { outcomes: [denied, failure], actions: [oauth.*] }
  - name: collector
    type: otlp
    url: grpcs://collector:4317
    compression: gzip
    tls: { ca: ca.pem, cert: own.pem, key: own.key }
tenants:
  - name: acme
    limits: { recordsPerSecond: 5000, diskBytes: 1 }
    sinks: [{ name: siem, type: opensearch, url: https://acme:9200 }]
    alerts: { channels: [{ name: ops, type: alertmanager, url: https://acme:9093 }] }
alerts:
  channels:
    - { name: siem, type: syslog, url: 'tls://siem', facility: audit, enterprise: 0 }
    - name: own
      type: syslog
      url: tls://[::1]:6515
      hostname: log
      tls: { ca: ca.pem, cert: own.pem, key: own.key }
    - { name: here, type: syslog, url: 'tcp://127.0.0.1:1514', enterprise: 4294967295 }
newSubjectsPerMinute: 1
`
  expect(faultsIn(text)).toEqual([])
})

test.each([
  ['', '1:1 version: version is missing'],
  [
    'version: 1\ncallers: { certificates: [{ name: a, san: b, tenant: ../b }] }',
    '2:54 callers.certificates[0].tenant: the value cannot be used',
  ],
  ['version: 1\ntenants: [{ name: A/../b }]', '2:19 tenants[0].name: the value cannot be used'],
  [
    'version: 1\ntenants: [{ name: a, limits: { diskBytes: 0 } }]',
    '2:43 tenants[0].limits.diskBytes: the value cannot be used',
  ],
  ['version: 2', '1:10 version: the value cannot be used'],
  ['version: 1\notlp: {prot: 1}', '2:8 otlp.prot: there is no setting prot in otlp'],
  ['version: 1\norgin: x', '2:1 orgin: there is no setting orgin'],
  ['version: 1\notlp: {port: 65536}', '2:14 otlp.port: the value cannot be used'],
  ['version: 1\notlp: {port: "1"}', '2:14 otlp.port: the value cannot be used'],
  ['version: 1\nversion: 1', '2:1 : this key is there twice'],
  ['version: 1\n---\nversion: 1', '2:1 : there is a second document'],
  ['version: !secret x', '1:10 : tags such as !x are not taken'],
  ['version: 1\nsinks: [{type: otlp, url: http://h}]', '2:9 sinks[0].name: name is missing'],
  [
    'version: 1\nsinks: [{name: a, type: otlp, url: "grpc:h"}]',
    '2:36 sinks[0].url: the value cannot be used',
  ],
  [
    'version: 1\nsinks: [{name: a, type: opensearch, url: "grpc://h"}]',
    '2:42 sinks[0].url: the value cannot be used',
  ],
  [
    'version: 1\nsinks: [{name: a, type: otlp, url: http://h, tls: {key: k}}]',
    '2:51 sinks[0].tls: the value cannot be used',
  ],
  [
    'version: 1\nsinks: [{name: a, type: otlp, url: http://h, filter: {outcomes: [no]}}]',
    '2:66 sinks[0].filter.outcomes[0]: the value cannot be used',
  ],
  [
    'version: 1\nsinks: [{name: a, type: grantlog, url: http://h, receiptKey: x}]',
    '2:62 sinks[0].receiptKey: the value cannot be used',
  ],
  [
    'version: 1\nsinks: [{name: a, type: x, url: http://h}]',
    '2:25 sinks[0].type: the value cannot be used',
  ],
  [
    'version: 1\nalerts: {channels: [{name: a, type: syslog, url: "udp://h:514"}]}',
    '2:50 alerts.channels[0].url: the value cannot be used',
  ],
  [
    'version: 1\nalerts: {channels: [{name: a, type: syslog, url: "tcp://h"}]}',
    '2:50 alerts.channels[0].url: the value cannot be used',
  ],
  [
    'version: 1\nalerts: {channels: [{name: a, type: syslog, url: "tls://h:1/a"}]}',
    '2:50 alerts.channels[0].url: the value cannot be used',
  ],
  [
    'version: 1\nalerts: {channels: [{name: a, type: syslog, url: "tcp://h:1", tls: {ca: a}}]}',
    '2:68 alerts.channels[0].tls: the value cannot be used',
  ],
  [
    'version: 1\nalerts: {channels: [{name: a, type: syslog, url: "tls://h", tls: {key: a}}]}',
    '2:66 alerts.channels[0].tls: the value cannot be used',
  ],
  [
    'version: 1\nalerts: {channels: [{name: a, type: syslog, url: "tls://h", facility: kern}]}',
    '2:71 alerts.channels[0].facility: the value cannot be used',
  ],
  [
    'version: 1\nalerts: {channels: [{name: a, type: syslog, url: "tls://h", hostname: "a b"}]}',
    '2:71 alerts.channels[0].hostname: the value cannot be used',
  ],
  [
    `version: 1\nalerts: {channels: [{${channel}, enterprise: 4294967296}]}`,
    '2:73 alerts.channels[0].enterprise: the value cannot be used',
  ],
  ['version: 1\n__proto__: {polluted: 1}', '2:1 __proto__: there is no setting __proto__'],
])('%j: %s', (text, expected) => {
  expect(shown(text)).toEqual([expected])
})

test('what was probably meant is said', () => {
  const [fault] = faultsIn('version: 1\nsnks: []')
  expect(fault?.fix).toBe('Perhaps sinks was meant.')
  const [other] = faultsIn('version: 1\nconsole: {zzz: 1}')
  expect(other?.fix).toBe('There are: enabled, traceUrl.')
})

test('two sinks of one name are a fault', () => {
  const sink = (name: string): string => `{name: ${name}, type: otlp, url: http://h}`
  expect(faultsIn(`version: 1\nsinks: [${sink('a')}, ${sink('b')}]`)).toEqual([])
  const twice = shown(`version: 1\nsinks: [${sink('a')}, ${sink('a')}]`)
  expect(twice).toEqual(['2:54 sinks[1].name: the value cannot be used'])
})

test.each([
  'version: 1\nsinks: [{name: a, type: otlp, url: "http://u:SECRET@h"}]',
  'version: 1\nsinks: [{name: a, type: otlp, url: http://h, headers: {a: SECRET}}]',
  'version: 1\nsinks: [{name: a, type: otlp, url: http://h, headersFrom: {a: SECRET}}]',
  'version: 1\nsinks: [{name: a, type: otlp, url: http://h, headersFrom: {a: {env: "=SECRET"}}}]',
  'version: SECRET',
  'version: "SECRET',
  'SECRET',
  '&a SECRET\n*b',
])('%j has a fault, and its secret is not shown', (text) => {
  const faults = faultsIn(text)
  expect(faults.length).toBeGreaterThan(0)
  expect(JSON.stringify(faults)).not.toContain('SECRET')
})

describe('bounds', () => {
  const head = 'version: 1\n'

  test('bytes', () => {
    const filled = (bytes: number): string => `${head}#${'x'.repeat(bytes - head.length - 1)}`
    expect(faultsIn(filled(MAX_CONFIG_BYTES))).toEqual([])
    expect(shown(filled(MAX_CONFIG_BYTES + 1))).toEqual([
      `1:1 : it is larger than ${MAX_CONFIG_BYTES} bytes`,
    ])
  })

  test('depth', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)
    const tooDeep = `1:1 : it is nested deeper than ${MAX_CONFIG_DEPTH}`
    expect(shown(nested(MAX_CONFIG_DEPTH))).not.toContain(tooDeep)
    expect(shown(nested(MAX_CONFIG_DEPTH + 1))).toEqual([tooDeep])
    expect(shown('- '.repeat(MAX_CONFIG_DEPTH + 1) + 'x')).toEqual([tooDeep])
    expect(shown('['.repeat(100_000))).toEqual([tooDeep])
    expect(shown('- '.repeat(100_000))).toEqual([tooDeep])
    expect(shown('? '.repeat(100_000))).toEqual([tooDeep])
  })

  test('aliases that multiply', () => {
    const level = (n: number): string => `a${n}: &a${n} [${`*a${n - 1},`.repeat(9)}x]`
    const bomb = ['a0: &a0 [x]', ...Array.from({ length: 9 }, (_, n) => level(n + 1))].join('\n')
    expect(shown(bomb)).toEqual(['1:1 : more than 100 aliases are followed'])
  })

  test('whatever is read, there are faults and no exceptions', () => {
    const part = fc.constantFrom(
      ...['version: 1\n', 'sinks:\n', ' - ', '{', '}', '[', ']', '&a ', '*a', '!!x ', '? ', ': '],
      ...[
        '"',
        "'",
        '|\n',
        '>\n',
        '---\n',
        '...\n',
        '%YAML 1.1\n',
        '<<: ',
        '\t',
        '#',
        '\u0000',
        'x',
      ],
    )
    const text = fc.array(fc.oneof(part, fc.string({ maxLength: 4 })), { maxLength: 40 })
    fc.assert(
      fc.property(text, (parts) => {
        const checked = checkConfig(parts.join(''))
        expect('raw' in checked || checked.length > 0).toBe(true)
      }),
      { numRuns: 2_000, seed: 8 },
    )
  })
})
