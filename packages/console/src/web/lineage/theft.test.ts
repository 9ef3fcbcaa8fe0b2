import { expect, test } from '@jest/globals'
import type { Reuse } from '../../api/lineage.ts'
import { theftOf } from './theft.ts'

const call = { service: 'orders', what: 'GET /orders', privileged: '', before: 2, after: 0 }
const reuse = (over: Partial<Reuse> = {}): Reuse => ({
  ...{ token: 't1.r1', client: 'web', index: 10, at: '2026-01-01T00:00:08.000000Z' },
  ...{ refused: true, again: [], issuedBy: 1, usedBy: 3, usedAt: '2026-01-01T00:00:02.000000Z' },
  ...{ issued: [3, 6], revokedBy: 10, revokedAt: '2026-01-01T00:00:08.000000Z' },
  ...{ calls: [{ ...call, index: 4 }], refusals: [], ...over },
})
const said = (over: Partial<Reuse>): string =>
  theftOf(reuse(over))
    .map(({ text }) => text)
    .join('')
    .trim()
const alarms = (over: Partial<Reuse>): string[] =>
  theftOf(reuse(over)).flatMap(({ isAlarm, text }) => (isAlarm === true ? [text.trim()] : []))

test('what was got, what it opened, and how it ended', () => {
  expect(said({})).toBe(
    'A refresh token of web, first used, came again, and was refused. ' +
      'Tokens were handed out for it twice, in record 3 and record 6. ' +
      'With them were called GET /orders at orders ×2. They were revoked.',
  )
  expect(theftOf(reuse()).flatMap(({ index }) => index ?? [])).toEqual([3, 10, 3, 6, 4, 10])
  expect(alarms({})).toEqual([])
})

test('what is worse is told as an alarm', () => {
  const calls = [{ ...call, privileged: 'export', before: 1, after: 2, index: 4 }]
  expect(alarms({ calls, refused: false, revokedBy: null, revokedAt: '' })).toEqual([
    ', and was taken again.',
    'GET /orders at orders ×3 (privileged: export)',
    'Not all of these tokens were revoked.',
    'After that 2 more calls got in.',
  ])
})

test('what is not known, or did not happen, is not told', () => {
  const nothing = { usedBy: null, usedAt: '', issued: [], calls: [], client: '', revokedBy: 10 }
  expect(said(nothing)).toBe(
    'A refresh token came again, and was refused. Nothing had been handed out for it.',
  )
  expect(said({ calls: [] })).toContain('No call with them was recorded.')
})

test('of many the first are named, and the rest is counted', () => {
  const issued = [1, 2, 3, 4, 5, 6]
  const calls = issued.map((index) => ({ ...call, what: `GET /${index}`, index }))
  const text = said({ again: [11, 12], issued, calls, refusals: [13, 14, 15] })
  expect(text).toContain('came again, and twice more, and was refused')
  expect(text).toContain('record 4 and 2 more records. With them were called')
  expect(text).toContain('GET /4 at orders ×2 and 2 more kinds of call.')
  expect(text).toContain('refused 3 times.')
  expect(said({ calls: [{ ...call, what: 'x'.repeat(900), index: 1 }] }).length).toBeLessThan(300)
})
