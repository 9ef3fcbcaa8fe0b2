// Claims on the verdict: the worst is told first, and a loss is never called health.
import { expect, test } from '@jest/globals'
import type { Health } from '../../api/health.ts'
import { unaccountedOf, verdictOf } from './verdict.ts'

const sink = {
  ...{ name: 'jaeger', type: 'otlp', state: 'ok' as const },
  ...{ sent: 90, deadLetters: 0, lagFrames: 0, lastError: '' },
}
const health: Health = {
  ...{ receiver: true, ready: true, received: 100, committed: 90, duplicates: 7, passedThrough: 0 },
  refused: [{ code: 'KEY_UNKNOWN', count: 3 }],
  ...{ size: 95, published: 95, inFlightBytes: 0, queueBytes: 0, quarantined: 0 },
  ...{ sinks: [sink], clockJumps: 0 },
  disk: { freeBytes: 5, totalBytes: 10, level: 'ok' },
  index: { records: 90, behind: 0, bytes: 1, building: false },
}

test('all is well only when all arrived everywhere', () => {
  expect(verdictOf(health)).toEqual({ tone: 'good', text: 'All that came is stored and handed on' })
  expect(verdictOf({ ...health, published: 90 }).text).toMatch(/; 5 wait for the next checkpoint$/)
})

test('the worst goes first', () => {
  const late = { ...sink, name: 'search', state: 'behind' as const, lagFrames: 480 }
  const failing = { ...sink, name: 'archive', state: 'failing' as const }
  expect(verdictOf({ ...health, sinks: [sink, late] }).text).toContain('search 480 commits behind')
  expect(verdictOf({ ...health, sinks: [late, failing] })).toMatchObject({ tone: 'failure' })
  expect(verdictOf({ ...health, ready: false, sinks: [late] }).text).toContain('takes nothing')
  expect(verdictOf({ ...health, receiver: false }).text).toMatch(/^No receiver/)
})

test('what came is stored, known before or refused, or told as open', () => {
  expect(unaccountedOf(health)).toBe(0)
  expect(unaccountedOf({ ...health, received: 104 })).toBe(4)
})
