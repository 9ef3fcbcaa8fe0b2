// The canonical form of a log record covers all of it, holds nothing personal in clear, and two
// different records never have the same one.
import { expect, test } from '@jest/globals'
import { deletion, encodeLogs, type Fields, type Value } from '../testing/logs.ts'
import { sha256 } from '../../test/spans.ts'
import type { JsonObject, LogRecord } from '../log.ts'
import { decodeLogsRequest } from '../otlp/logs.ts'
import { jcsBytes } from './jcs.ts'
import { divideLog, logContent, openLog, openLogSlot, sealLog } from './log.ts'

const id = '019aaf25-0c00-7000-8000-00000000a001'

function read(fields: Fields, context = {}): LogRecord {
  const [log] = decodeLogsRequest(encodeLogs([fields], context)).logs()
  if (!log || 'error' in log) throw log?.error ?? new Error('none')
  return log
}

const sealed = (fields: Fields) =>
  sealLog(divideLog(read(fields), []), { id, salt: () => Buffer.alloc(16, 7), sha256 })

test('what is personal is committed to; the rest stands in the form', () => {
  const { canonical, openings } = sealed(deletion)
  const { commitments, form } = openLog(canonical)
  expect(Object.keys(form.attributes as JsonObject)).toEqual([
    'audit.action',
    'audit.actor.type',
    'audit.outcome',
    'audit.record.id',
  ])
  expect([...commitments.keys()]).toEqual(['body', 'network', 'pseudonym', 'unregistered', 'user'])
  const text = Buffer.from(canonical).toString()
  for (const personal of ['alice', '203.0.113.7', 'invoice']) expect(text).not.toContain(personal)
  const fields = openings.map(({ opening, slot }) => [slot, openLogSlot(opening, slot)])
  expect(Object.fromEntries(fields)).toMatchObject({
    body: { body: { stringValue: 'alice deleted invoice 17' } },
    unregistered: { 'document.number': { intValue: '9007199254740993' } },
    user: { 'user.id': { stringValue: 'alice' } },
  })
})

test('no two values collide', () => {
  const values: Value[] = [
    ...[9_007_199_254_740_992n, 9_007_199_254_740_993n, '9007199254740993', 1n, 1, '1', true],
    ...[0, -0, NaN, Infinity, '', null, 'true', 'NaN'],
    ...[['1'], [1n], [], {}, { '': '1' }, { stringValue: '1' }, [['1']]],
    ...[Buffer.from('hello'), 'aGVsbG8', 'aGVsbG8='],
  ]
  const contents = values.map((v) =>
    Buffer.from(
      logContent(divideLog(read({ attributes: { 'audit.record.id': 'x', v } }), [])),
    ).toString(),
  )
  expect(new Set(contents).size).toBe(values.length)
})

test('a nanosecond, a severity, a flag, a resource: each makes another digest', () => {
  const digests = [
    deletion,
    { ...deletion, time: deletion.time! + 1n },
    { ...deletion, observed: deletion.observed! + 1n },
    { ...deletion, severity: 10 },
    { ...deletion, severityText: 'Info' },
    { ...deletion, flags: 0 },
    { ...deletion, event: 'document.delete' },
    { ...deletion, spanId: Buffer.alloc(8) },
    { ...deletion, body: null },
  ].map((fields) => Buffer.from(sealed(fields).digest).toString('hex'))
  expect(new Set(digests).size).toBe(digests.length)
  const of = (context: object) =>
    Buffer.from(logContent(divideLog(read(deletion, context), []))).toString()
  expect(of({ resource: { 'service.name': 'x' } })).not.toBe(of({}))
  expect(of({ scope: 'x' })).not.toBe(of({}))
})

test('a form that is not canonical, or has an attribute of a slot, is refused', () => {
  const json = JSON.parse(Buffer.from(sealed(deletion).canonical).toString()) as JsonObject
  const open = (change: JsonObject) => () => openLog(jcsBytes({ ...json, ...change }))
  expect(open({})).not.toThrow()
  const attributes = { ...(json.attributes as JsonObject), 'user.id': { stringValue: 'alice' } }
  for (const change of [
    { attributes },
    { more: 1 },
    { flags: -1 },
    { flags: 1.5 },
    { traceId: 'x' },
    { timeUnixNano: '18446744073709551616' },
    { redacted: ['b', 'b'] },
    { slots: { user: 'short' } },
    { slots: { nobody: 'a'.repeat(43) } },
    { eventName: 1 },
  ]) {
    expect(open(change)).toThrow(/malformed/)
  }
})

test('an opening with a field of another slot is refused', () => {
  const { openings } = sealed(deletion)
  const { opening } = openings.find(({ slot }) => slot === 'user')!
  expect(() => openLogSlot(opening, 'network')).toThrow('another slot')
  expect(() => openLogSlot(opening, 'body')).toThrow('another slot')
})

test('more than a ledger stores in one piece is refused', () => {
  const escaped = '\u0001'.repeat(12_000)
  const fields = { attributes: { 'audit.record.id': 'x', escaped } }
  expect(() => sealed(fields)).toThrow('longer than 65535 bytes')
})
