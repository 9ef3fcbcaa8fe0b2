// Guarantee: the same events in the same order give the same detections, and so they do when the
// detector is stopped at any place and another goes on from its snapshot.
import fc from 'fast-check'
import { expect, test } from '@jest/globals'
import { eventWith, startMs } from '../../test/events.ts'
import type { Detection } from '../detection.ts'
import type { AuditEvent } from '../event.ts'
import { sigmaDetector } from './detector.ts'

const base = (name: string, reason: string): string => `
title: ${name}
name: ${name}
logsource: {product: grantlog, service: audit}
detection:
    selection:
        oauth.error.reason: ${reason}
    condition: selection
`

let made = 0
const over = (type: string, rules: string, more: string, by = 'oauth.token.hash'): string => `
title: ${type} ${rules}
id: 00000000-0000-4000-8000-${String(++made).padStart(12, '0')}
name: over_${made}
correlation:
    type: ${type}
    rules: [${rules}]
    group-by: [${by}]
    timespan: 10s
    ${more}
`

const text = [
  base('first', 'token_expired'),
  base('second', 'scope_insufficient'),
  base('any', 'token_*'),
  over('event_count', 'any', 'condition: {gte: 3}'),
  over('value_count', 'any', 'condition: {field: client.address, gt: 1}'),
  over('value_sum', 'any, second', 'condition: {field: http.response.body.size, gte: 20}'),
  over('value_avg', 'any', 'condition: {field: http.response.body.size, lt: 4}'),
  over(
    'value_percentile',
    'any',
    'condition: {field: http.response.body.size, percentile: 75, gte: 8}',
  ),
  over('temporal', 'first, second', '', 'client.address'),
  over('temporal_ordered', 'first, second', ''),
  over('temporal_ordered', 'over_1, second', ''),
].join('---\n')

const events = fc.array(
  fc.record({
    afterMs: fc.integer({ min: -15_000, max: 4_000 }),
    reason: fc.constantFrom('token_expired', 'scope_insufficient', 'token_missing', 'other'),
    hashes: fc.constantFrom('t1.a', 't1.b', 't1.a t1.c', 't1.d'),
    address: fc.constantFrom('192.0.2.1', '192.0.2.2', undefined),
    size: fc.integer({ min: 0, max: 12 }),
  }),
  { minLength: 1, maxLength: 120 },
)

type Drawn = (typeof events extends fc.Arbitrary<infer T> ? T : never)[number]

function eventsOf(drawn: readonly Drawn[]): AuditEvent[] {
  let receivedMs = startMs
  return drawn.map(({ address, afterMs, hashes, reason, size }, i) => {
    receivedMs += Math.max(0, afterMs)
    const attributes = {
      'oauth.error.reason': reason,
      'oauth.token.hash': hashes,
      'http.response.body.size': size,
      ...(address === undefined ? {} : { 'client.address': address }),
    }
    const atMs = receivedMs + Math.min(0, afterMs)
    return eventWith(attributes, { id: `event-${i}`, index: i, atMs, receivedMs })
  })
}

/** Room for so few groups and events that some are let go. */
const options = { groupsMax: 8 * 3, eventsMax: 8 * 10 }
const detector = () => sigmaDetector([{ name: 'test.yml', text }], options)

test('all rules of this test are in force', () => {
  expect(detector().faults).toEqual([])
})

test('stopped at any place and restored, it finds the same', () => {
  const kinds = new Set<string>()
  const seen = { late: 0, evicted: 0 }
  fc.assert(
    fc.property(events, fc.array(fc.nat(119), { maxLength: 4 }), (drawn, cuts) => {
      const all = eventsOf(drawn)
      const whole = detector()
      const expected = all.flatMap((event) => whole.take(event))
      let part = detector()
      const found: Detection[] = []
      for (const [i, event] of all.entries()) {
        if (cuts.includes(i)) {
          const snapshot = JSON.stringify(part.snapshot())
          part = detector()
          part.restore(JSON.parse(snapshot))
        }
        found.push(...part.take(event))
      }
      expect(found).toEqual(expected)
      expect(part.snapshot()).toEqual(whole.snapshot())
      for (const { rule } of expected) kinds.add(rule.title)
      seen.late += all.filter(({ atMs, receivedMs }) => atMs < receivedMs).length
      seen.evicted += whole.health().evicted
    }),
    { numRuns: 60, seed: 20_261_126 },
  )
  // Otherwise it would show little.
  expect(kinds.size).toBe(7)
  expect(seen.late).toBeGreaterThan(50)
  expect(seen.evicted).toBeGreaterThan(50)
})

test('a rule that was changed begins anew, the others go on', () => {
  const before = detector()
  const [first, second] = eventsOf([
    { afterMs: 0, reason: 'token_expired', hashes: 't1.a', address: '192.0.2.1', size: 1 },
    { afterMs: 1, reason: 'scope_insufficient', hashes: 't1.a', address: '192.0.2.1', size: 1 },
  ])
  before.take(first!)
  const changed = text.replace('title: temporal first', 'title: changed first')
  const after = sigmaDetector([{ name: 'test.yml', text: changed }], options)
  after.restore(before.snapshot())
  const titles = after.take(second!).map(({ rule }) => rule.title)
  expect(titles).toEqual(['temporal_ordered first, second'])
})

test.each([[null], [[]], [{ version: 2 }], [{ version: 1, seq: 0, nowMs: 0 }]])(
  'what is no snapshot is refused: %j',
  (snapshot) => {
    expect(() => detector().restore(snapshot as never)).toThrow(
      expect.objectContaining({ code: 'SNAPSHOT_MALFORMED' }),
    )
  },
)
