// Claims on the line of a record: it fits, is coloured by outcome, and writes nothing to the
// terminal but itself.
import { expect, test } from '@jest/globals'
import type { LedgerRecord } from '@grantlog/query'
import picocolors from 'picocolors'
import { openLines, recordLine } from './record-text.ts'

const plain = picocolors.createColors(false)

function recordWith(more: Record<string, string>): LedgerRecord {
  const attributes = new Map(
    Object.entries({
      'audit.producer.service': 'login',
      'audit.action': 'oauth.token',
      'audit.outcome': 'denied',
      'oauth.client.id': 'web',
      ...more,
    }),
  )
  const leaf = { id: 'id', receivedAt: 1_769_860_800_123 }
  return { index: 42, leaf, attributes } as unknown as LedgerRecord
}

test('it says when, how, where, what and who', () => {
  const record = recordWith({ 'oauth.error.reason': 'code_replayed', 'user.hash': 'p1.a' })
  expect(recordLine(record, { columns: 120, paint: plain })).toBe(
    '12:00:00.123 denied    login      oauth.token            #42 code_replayed  web  p1.a',
  )
  expect(recordLine(record, { columns: undefined, paint: plain })).toMatch(/^2026-01-31T12:00:00\./)
})

test.each([1, 5, 12, 13, 20, 40, 66, 80, 200])('in %d columns it fits', (columns) => {
  const record = recordWith({ 'oauth.client.id': 'c'.repeat(300) })
  const line = recordLine(record, { columns, paint: plain })
  expect(line.length).toBeLessThanOrEqual(columns)
  if (columns >= 66) expect(line).toMatch(/c…$/)
})

test('it has colours, and no control character of a record', () => {
  const paint = picocolors.createColors(true)
  expect(recordLine(recordWith({}), { columns: 100, paint })).toContain(paint.red('denied   '))
  const evil = recordWith({ 'oauth.client.id': 'a\u001b[2J\n' })
  expect(recordLine(evil, { columns: 100, paint: plain })).toMatch(/a\ufffd\[2J\ufffd$/)
})

test('on a terminal the day stands before the first line of it', () => {
  const next = recordWith({})
  const later = { ...next, leaf: { ...next.leaf, receivedAt: next.leaf.receivedAt + 86_400_000 } }
  const linesOf = openLines({ columns: 80, paint: plain })
  const told = [next, next, later].map((record) => linesOf(record).slice(0, -1))
  expect(told).toEqual([['received 2026-01-31 UTC'], [], ['received 2026-02-01 UTC']])
  expect(openLines({ columns: undefined, paint: plain })(next)).toHaveLength(1)
})

test.each([
  [60, /^12:00:00 denied {2}login {2}token {11}#42 code_replayed {2}…$/],
  [80, /^12:00:00\.123 denied {4}login {4}token {11}#42 code_replayed {2}web$/],
])('in %d columns less of it is left empty', (columns, line) => {
  const record = recordWith({ 'oauth.error.reason': 'code_replayed' })
  expect(recordLine(record, { columns, paint: plain })).toMatch(line)
})
