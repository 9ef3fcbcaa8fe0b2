import { expect, test } from '@jest/globals'
import { checkDiscarded, checkSinks, type StatusAnswer } from './sink-checkup.ts'

type Sink = StatusAnswer['sinks'][number]

const well: Sink = {
  name: 'jaeger-1',
  forwarded: 3,
  refused: 0,
  retries: 0,
  lag: { commits: 1, logs: 1, passThrough: 1 },
  stopped: false,
}

function statusWith(changes: Partial<Sink>, discarded?: number): StatusAnswer {
  const sinks = [{ ...well, ...changes }]
  return { sinks, ...(discarded === undefined ? {} : { discarded }) } as unknown as StatusAnswer
}

const checkOf = (changes: Partial<Sink>) =>
  checkSinks(statusWith(changes), { queue: '/data/queue' })[0]!

test('a sink that is well has nothing to fix', () => {
  const what = 'sink jaeger-1: 3 forwarded, 3 waiting, 0 refused'
  expect(checkOf({})).toEqual({ code: 'SINK', status: 'ok', what })
})

test('what a sink refused is lost to it, and the file that notes it is named', () => {
  const { fix, status } = checkOf({ refused: 2 })
  expect(status).toBe('weak')
  expect(fix).toContain('/data/queue/jaeger-1.dead.jsonl')
  expect(fix).toContain('for good')
  expect(fix).toContain('.dead.1.jsonl')
  expect(fix).toContain('at most `spans`')
})

test.each([
  [{ retries: 4 }, 'weak', '4 failed tries'],
  [{ stopped: true }, 'broken', 'given up'],
] as const)('with %j it says what waits and what is dropped', (changes, status, said) => {
  const check = checkOf(changes)
  expect(check).toMatchObject({ status, what: expect.stringContaining(said) })
  expect(check.fix).toContain('up to 1 GiB each, then the oldest are dropped')
  expect(check.fix).not.toContain('nothing is lost')
  expect(check.fix).not.toContain('dead.jsonl')
})

test('a core that lost what it signed for is broken, however well it answers', () => {
  const { fix, status, what } = checkOf({ type: 'grantlog', lost: 3 })
  expect(status).toBe('broken')
  expect(what).toContain('3 signed for by the core and there no more')
  expect(fix).toContain('remove queue/jaeger-1.offset')
})

test('a search back end says why it fails, and that only records wait for it', () => {
  const changes = { type: 'opensearch', retries: 2, reason: 'HTTP 401 security_exception' } as const
  const { fix, what } = checkOf(changes)
  expect(what).toContain('2 failed tries (HTTP 401 security_exception)')
  expect(fix).toContain('is OpenSearch. Sealed records wait in the ledger.')
  expect(fix).not.toContain('queue')
  expect(checkOf({ ...changes, refused: 1 }).fix).toContain('Correct the sink, --opensearch')
})

test('discarded spans are weak, where the receiver counts them', () => {
  expect(checkDiscarded(statusWith({}))).toEqual([])
  expect(checkDiscarded(statusWith({}, 0))).toEqual([])
  const [check] = checkDiscarded({ ...statusWith({}, 5), sinks: [] })
  expect(check).toMatchObject({ code: 'DISCARDED', status: 'weak' })
  expect(check?.what).toContain('5 spans')
  expect(check?.fix).toContain('--forward')
  const records = checkDiscarded(statusWith({ type: 'elasticsearch' }, 5))
  expect(records).toEqual([check])
  expect(checkDiscarded(statusWith({}, 5))[0]?.fix).not.toContain('--forward')
  const none = { audit: 0, committed: 0, duplicates: 0, refused: 0 }
  const logs = { passedThrough: 1, discarded: 2, ...none }
  const [all] = checkDiscarded({ ...statusWith({}, 5), logs, metrics: logs })
  expect(all?.what).toMatch(/^5 spans, 2 log records, 2 data points /)
})
