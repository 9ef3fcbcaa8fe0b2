// Audit log records are read strictly, everything else passes through byte for byte.
import { describe, expect, test } from '@jest/globals'
import { deletion, encodeLog, encodeLogs, type Fields, type Value } from '../testing/logs.ts'
import { defaultLogLimits } from '../limits.ts'
import type { LogRecord } from '../log.ts'
import { decodeLogsRequest } from './logs.ts'
import { WireWriter } from './wire.ts'

function only(body: Uint8Array): LogRecord {
  const logs = [...decodeLogsRequest(body).logs()]
  expect(logs).toHaveLength(1)
  const [log] = logs
  if (!log || 'error' in log) throw log?.error ?? new Error('none')
  return log
}

const wrong = (body: Uint8Array): string[] =>
  [...decodeLogsRequest(body).logs()].map((log) => ('error' in log ? log.error.message : 'fine'))

const withId = (more: Record<string, Value>): Fields => ({
  attributes: { 'audit.record.id': 'x', ...more },
})

test('everything of a record is read', () => {
  expect(only(encodeLogs([deletion], { resource: { 'service.name': 'billing', n: 1n } }))).toEqual({
    resource: {
      attributes: { 'service.name': { stringValue: 'billing' }, n: { intValue: '1' } },
      schemaUrl: '',
    },
    scope: { name: 'billing', version: '', attributes: {}, schemaUrl: '' },
    timeUnixNano: 1_795_467_600_123_456_789n,
    observedTimeUnixNano: 1_795_467_600_123_999_999n,
    severityNumber: 9,
    severityText: 'INFO',
    eventName: 'document.deleted',
    flags: 1,
    traceId: '5b8aa5a2d2c872e8321cf37308d69df2',
    spanId: '051581bf3cb55c13',
    body: { stringValue: 'alice deleted invoice 17' },
    attributes: expect.objectContaining({
      'document.number': { intValue: '9007199254740993' },
      'document.tags': { arrayValue: [{ stringValue: 'a' }, { stringValue: 'b' }] },
    }) as unknown,
  })
})

describe('what an audit log record is', () => {
  test.each([
    ['one with a record id', { attributes: { 'audit.record.id': '1' } }, 'app'],
    ['one that was signed', { attributes: { 'audit.integrity.value': 'c2ln' } }, 'app'],
    ['one of a scope of ours', { body: 'x' }, '@grantlog/x'],
  ])('%s', (_, fields, scope) => {
    const { auditLogs, passThrough } = decodeLogsRequest(encodeLogs([fields], { scope }))
    expect([auditLogs, passThrough]).toEqual([1, null])
  })

  test.each<[string, Fields]>([
    ['a name of an event', { event: 'audit.login' }],
    ['a text that mentions the id', { body: 'audit.record.id' }],
    ['an attribute of a similar name', { attributes: { 'audit.record.id2': '1' } }],
    ['a member of a map', { attributes: { m: { 'audit.record.id': '1' } } }],
  ])('%s makes none: the request passes through as it is', (_, fields) => {
    const body = encodeLogs([fields])
    const { auditLogs, passThrough, passThroughLogs } = decodeLogsRequest(body)
    expect({ auditLogs, passThrough, passThroughLogs }).toEqual({
      auditLogs: 0,
      passThrough: body,
      passThroughLogs: 1,
    })
  })
})

test('the others of a mixed request keep their bytes, but for our own marks', () => {
  const app = { body: 'started', attributes: { a: 1.5 } }
  const marked = { body: 'x', attributes: { 'grantlog.verdict': 'verified', b: true } }
  const { auditLogs, passThrough, passThroughLogs } = decodeLogsRequest(
    encodeLogs([app, deletion, marked]),
  )
  expect([auditLogs, passThroughLogs]).toEqual([1, 2])
  const expected = encodeLogs([app, { body: 'x', attributes: { b: true } }])
  expect(Buffer.from(passThrough!)).toEqual(Buffer.from(expected))
})

describe('refused alone', () => {
  const twice = (number: number, write: (writer: WireWriter) => void): Uint8Array => {
    const writer = new WireWriter()
    write(writer)
    expect(writer.finish()[0]! >> 3).toBe(number)
    return writer.finish()
  }
  const pair = (key: Uint8Array): Uint8Array => {
    const writer = new WireWriter()
    writer.message(6, (inner) => inner.bytes(1, key))
    return writer.finish()
  }
  test.each<[string, Fields, string]>([
    ['time twice', { ...deletion, more: twice(1, (w) => w.fixed64(1, 5n)) }, 'time is repeated'],
    ['body twice', { ...deletion, more: twice(5, (w) => w.bytes(5, pair(Buffer.of()))) }, 'body'],
    ['event twice', { ...deletion, more: twice(12, (w) => w.text(12, 'x')) }, 'event name'],
    ['attribute twice', { ...deletion, more: pair(Buffer.from('user.id')) }, 'repeated'],
    ['a key that is no UTF-8', { ...deletion, more: pair(Buffer.of(0xff)) }, 'UTF-8'],
    ['a negative severity', { ...deletion, severity: -1 }, 'severity'],
    ['a wrong trace id', { ...deletion, traceId: Buffer.from([1, 2]) }, 'trace id'],
  ])('%s', (_, fields, why) => {
    const [bad, good] = wrong(encodeLogs([fields, deletion]))
    expect([bad, good]).toEqual([expect.stringContaining(why), 'fine'])
  })

  test('too deep, too many attributes, too long: the limit is taken, one more is not', () => {
    const nested = (depth: number): Value => (depth === 0 ? 'x' : [nested(depth - 1)])
    const { attributesMax, bytesMax, depthMax } = defaultLogLimits
    const many = (count: number) =>
      withId(Object.fromEntries(Array.from({ length: count }, (__, i) => [`a${i}`, true])))
    const long = (bytes: number) => {
      const fixed = encodeLog(withId({ long: 'x'.repeat(60_000) })).length - 60_000
      return withId({ long: 'x'.repeat(bytes - fixed) })
    }
    const pairs = [
      [withId({ d: nested(depthMax - 1) }), withId({ d: nested(depthMax) })],
      [many(attributesMax - 1), many(attributesMax)],
      [long(bytesMax), long(bytesMax + 1)],
    ] as const
    for (const [taken, refused] of pairs) {
      const [first, second] = wrong(encodeLogs([taken, refused]))
      expect(first).toBe('fine')
      expect(second).toMatch(/nested too deep|more than/)
    }
  })

  test('a resource that is too long makes all its records too long', () => {
    const { contextMax } = defaultLogLimits
    const body = encodeLogs([deletion], { resource: { n: 'x'.repeat(contextMax) } })
    expect(wrong(body)).toEqual([expect.stringContaining('resource or scope')])
  })
})

test('too many of them refuse the request', () => {
  const logs = [withId({}), withId({}), withId({})]
  const limits = { ...defaultLogLimits, logsMax: 2 }
  expect(decodeLogsRequest(encodeLogs(logs.slice(1)), limits).auditLogs).toBe(2)
  expect(() => decodeLogsRequest(encodeLogs(logs), limits)).toThrow('more than 2 audit log records')
})
