import { describe, expect, test } from '@jest/globals'
import { codeOf } from '../../test/code-of.ts'
import { utf8 } from '../bytes.ts'
import { defaultLogLimits } from '../limits.ts'
import { protobufOfJson } from './json.ts'
import { decodeLogsRequest } from './logs.ts'
import { decodeMetricsRequest } from './metrics.ts'
import { WireWriter } from './wire.ts'

const logs = (...records: object[]): Uint8Array =>
  protobufOfJson(
    utf8(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords: records }] }] })),
    'logs',
  )
const named = (...names: string[]): object => ({
  body: { stringValue: 'audit.record.id and grantlog. are words, too' },
  attributes: names.map((key) => ({ key, value: { stringValue: 'x' } })),
})
const nested = (number: number, inner: Uint8Array): Uint8Array => {
  const writer = new WireWriter()
  writer.bytes(number, inner)
  return writer.finish()
}

describe('log records', () => {
  test('are counted, and pass byte for byte', () => {
    const body = logs(named('a'), named(), named('audit.recording'))
    const request = decodeLogsRequest(body)
    expect(request).toMatchObject({ passThroughLogs: 3, auditLogs: 0 })
    expect(Buffer.from(request.passThrough!).equals(body)).toBe(true)
  })

  test('are audit by an attribute, not by a word in them', () => {
    const body = logs(named('audit.record.id'), named('audit.integrity.signature'), named('b'))
    expect(decodeLogsRequest(body)).toMatchObject({ passThroughLogs: 1, auditLogs: 2 })
  })

  test('lose attributes that look like marks of the receiver, and nothing else', () => {
    const faked = logs(named('a', 'grantlog.verdict', 'b'), named('grantlog.'), named('grantlogx'))
    const clean = logs(named('a', 'b'), named(), named('grantlogx'))
    const { passThrough } = decodeLogsRequest(faked)
    expect(Buffer.from(passThrough!).equals(Buffer.from(clean))).toBe(true)
  })

  test('one that cannot be read passes as it is', () => {
    const record = Uint8Array.of(0x0b, ...utf8('grantlog.'))
    const body = nested(1, nested(2, nested(2, record)))
    const request = decodeLogsRequest(body)
    expect(request.passThroughLogs).toBe(1)
    expect(Buffer.from(request.passThrough!).equals(Buffer.from(body))).toBe(true)
  })
})

test('data points of all kinds of metrics are counted', () => {
  const points = { dataPoints: [{}, {}] }
  const kinds = ['gauge', 'sum', 'histogram', 'exponentialHistogram', 'summary']
  const metrics = [...kinds.map((kind) => ({ name: kind, [kind]: points })), { name: 'none' }]
  const json = { resourceMetrics: [{ scopeMetrics: [{ metrics }] }] }
  const body = protobufOfJson(utf8(JSON.stringify(json)), 'metrics')
  expect(decodeMetricsRequest(body)).toEqual({ dataPoints: 10, passThrough: body })
})

test.each([
  ['a resource that is a number', Uint8Array.of(0x08, 0x01)],
  ['a scope that is a number', nested(1, Uint8Array.of(0x10, 0x01))],
  ['an item that is a number', nested(1, nested(2, Uint8Array.of(0x10, 0x01)))],
  ['a length beyond the end', Uint8Array.of(0x0a, 0x05)],
])('%s is malformed', (_what, body) => {
  for (const decode of [decodeLogsRequest, decodeMetricsRequest]) {
    expect(codeOf(() => decode(body))).toBe('OTLP_MALFORMED')
  }
})

test.each([
  ['at the limit', 0, 'none'],
  ['over it', 1, 'OTLP_LIMIT_EXCEEDED'],
])('resources, scopes and fields %s', (_what, more, code) => {
  const limits = { ...defaultLogLimits, containersMax: 4, fieldsMax: 8 }
  const scope = nested(2, new Uint8Array())
  const containers = nested(1, Buffer.concat(Array<Uint8Array>(3 + more).fill(scope)))
  expect(codeOf(() => decodeLogsRequest(containers, limits))).toBe(code)
  const item = nested(2, new Uint8Array())
  const items = nested(1, nested(2, Buffer.concat(Array<Uint8Array>(6 + more).fill(item))))
  expect(codeOf(() => decodeLogsRequest(items, limits))).toBe(code)
})
