import { expect, test } from '@jest/globals'
import type { LogForm } from './log.ts'
import { logAttributes } from './log-attributes.ts'

const form: LogForm = {
  attributes: { 'audit.outcome': { stringValue: 'denied' }, 'error.type': { stringValue: '' } },
  eventName: 'user.login',
  flags: 0,
  observedTimeUnixNano: '0',
  redacted: [],
  resource: { attributes: { 'service.name': { stringValue: 'billing' } }, schemaUrl: '' },
  scope: { attributes: {}, name: '', schemaUrl: '', version: '' },
  severityNumber: 0,
  severityText: '',
  spanId: '',
  timeUnixNano: '0',
  traceId: '',
}
const double = (bits: string) => ({ doubleValue: bits })

test('its own, those of the event and of the resource; what is empty is left out', () => {
  expect([...logAttributes(form, [])]).toEqual([
    ['audit.outcome', 'denied'],
    ['audit.producer.service', 'billing'],
    ['audit.action', 'user.login'],
  ])
})

test('what the record says itself goes before what is derived', () => {
  const attributes = {
    'audit.action': { stringValue: 'login' },
    'audit.producer.service': { stringValue: 'web' },
  }
  expect(Object.fromEntries(logAttributes({ ...form, attributes }, []))).toEqual({
    ...{ 'audit.action': 'login', 'audit.producer.service': 'web' },
  })
})

test('values are told as a record tells them, others as JSON without tags', () => {
  const fields = {
    a: { intValue: '9007199254740993' },
    b: { boolValue: false },
    c: double('3ff8000000000000'),
    d: double('fff0000000000000'),
    e: { bytesValue: 'AAE' },
    f: { arrayValue: [{ intValue: '1' }, double('3ff8000000000000'), double('7ff8000000000000')] },
    g: { kvlistValue: { x: { stringValue: 'y' }, z: {} } },
    h: {},
    'user.roles': { arrayValue: [{ stringValue: 'clerk' }, { stringValue: 'admin' }] },
  }
  const told = logAttributes({ ...form, attributes: {}, eventName: '' }, [fields])
  told.delete('audit.producer.service')
  expect(Object.fromEntries(told)).toEqual({
    ...{ a: 9_007_199_254_740_993n, b: false, c: '1.5', d: '-Infinity' },
    ...{ e: '"AAE"', f: '["1",1.5,"NaN"]', g: '{"x":"y","z":null}' },
    'user.roles': 'admin clerk',
  })
})
