import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonValue } from '@grantlog/record'
import { eventWith } from '../test/events.ts'
import type { Detection, Detector, RuleName } from './detection.ts'
import { createEngine } from './engine.ts'
import type { AuditEvent } from './event.ts'
import { MAX_EVENT_DETECTIONS } from './limits.ts'

const rule: RuleName = {
  id: '00000000-0000-4000-8000-000000000001',
  title: 'A test',
  level: 'low',
  attack: [],
  references: [],
  hash: 'made-up',
}

/** A detector that finds so many of each event, and counts events. */
function finding(count: number, more: Partial<Detector> = {}): Detector {
  let taken = 0
  return {
    rules: [rule],
    take: ({ atMs, id, index }): Detection[] => {
      taken++
      const one = { rule, atMs, group: [], records: [{ id, index }], count: taken, words: 'a test' }
      return Array<Detection>(count).fill(one)
    },
    snapshot: () => taken,
    restore: (snapshot) => {
      taken = snapshot as number
    },
    health: () => ({ held: 1, evicted: 2, errors: new Map([[rule.id, 1]]) }),
    ...more,
  }
}

const throws = (): never => {
  throw new Error('made up')
}

test('a detector that throws harms no other, is counted, and told once', () => {
  const told: string[] = []
  const detectors = { broken: finding(1, { take: throws }), sound: finding(1) }
  const engine = createEngine({ detectors, onError: (name) => told.push(name) })
  expect([eventWith({}), eventWith({})].flatMap((event) => engine.take(event))).toHaveLength(2)
  expect(told).toEqual(['broken'])
  const { errors, evicted, events, held, thrown } = engine.health()
  expect({ events, held, evicted, thrown }).toEqual({
    ...{ events: 2, held: 2, evicted: 4, thrown: new Map([['broken', 2]]) },
  })
  expect(errors).toEqual(new Map([[rule.id, 2]]))
})

test('of events together the same is found and learned as of one behind the other', () => {
  const make = () =>
    createEngine({
      detectors: {
        one: finding(1, { events: { actions: ['oauth.token'] } }),
        broken: finding(1, { events: { roles: ['client'] }, take: throws }),
        many: finding(MAX_EVENT_DETECTIONS, { events: { outcomes: ['failure'] } }),
        all: finding(2),
      },
    })
  const values = fc.record({
    'audit.action': fc.constantFrom('oauth.token', 'oauth.par'),
    'oauth.role': fc.constantFrom('client', 'observer'),
    'audit.outcome': fc.constantFrom('success', 'failure'),
  })
  const batches = fc.array(fc.array(values, { maxLength: 5 }), { maxLength: 5 })
  fc.assert(
    fc.property(batches, (given) => {
      const [together, apart] = [make(), make()]
      const events = given.map((some) => some.map((one) => eventWith(one)))
      const found = events.map((some) => together.takeAll(some))
      expect(found).toEqual(events.map((some) => some.map((event) => apart.take(event))))
      expect(together.health()).toEqual(apart.health())
      expect(together.snapshot()).toEqual(apart.snapshot())
    }),
  )
})

test('a detector is asked of the events that it looks at, and in its turn', () => {
  const detectors = {
    one: finding(1, { events: { actions: ['oauth.token', 'oauth.par'] } }),
    two: finding(2, { events: { actions: ['oauth.token'], roles: ['client'] } }),
    done: finding(4, { events: { outcomes: ['success'] } }),
    all: finding(3),
  }
  const engine = createEngine({ detectors })
  const counts = (attributes: Readonly<Record<string, string>>): number[] =>
    engine.take(eventWith(attributes)).map(({ count }) => count)
  expect(counts({ 'audit.action': 'oauth.token', 'oauth.role': 'client' })).toEqual([
    ...[1, 1, 1, 1, 1, 1],
  ])
  expect(counts({ 'audit.action': 'oauth.par', 'oauth.role': 'client' })).toEqual([2, 2, 2, 2])
  expect(counts({})).toEqual([3, 3, 3])
  expect(counts({ 'audit.outcome': 'success' })).toEqual([1, 1, 1, 1, 4, 4, 4])
})

test('an event has so many detections, and no more', () => {
  const engine = createEngine({ detectors: { one: finding(MAX_EVENT_DETECTIONS) } })
  expect(engine.take(eventWith({}))).toHaveLength(MAX_EVENT_DETECTIONS)
  expect(engine.health().dropped).toBe(0)
  const over = createEngine({ detectors: { one: finding(MAX_EVENT_DETECTIONS), two: finding(1) } })
  expect(over.take(eventWith({}))).toHaveLength(MAX_EVENT_DETECTIONS)
  expect(over.health()).toMatchObject({ dropped: 1, detections: MAX_EVENT_DETECTIONS })
})

test('of too many detections each rule has its share, in their order', () => {
  const of = (id: string, count: number): Detector => {
    const detector = finding(count)
    const named = { ...rule, id }
    const take = (event: AuditEvent): Detection[] =>
      detector.take(event).map((one) => ({ ...one, rule: named }))
    return { ...detector, take }
  }
  const many = MAX_EVENT_DETECTIONS - 5
  const detectors = {
    many: of('a', 2 * many),
    few: of('b', 3),
    one: of('c', 1),
    all: of('d', many),
  }
  const engine = createEngine({ detectors })
  const rules = engine.take(eventWith({})).map((one) => one.rule.id)
  expect(rules).toEqual([
    ...[...Array<string>(30).fill('a'), 'b', 'b', 'b', 'c', ...Array<string>(30).fill('d')],
  ])
  expect(engine.health().dropped).toBe(3 * many + 4 - MAX_EVENT_DETECTIONS)
})

test('each detector gets its own snapshot, and one that cannot take it begins anew', () => {
  const before = createEngine({ detectors: { one: finding(1), two: finding(1) } })
  before.take(eventWith({}))
  const told: string[] = []
  const detectors = { two: finding(1), one: finding(1, { restore: throws }), new: finding(1) }
  const after = createEngine({ detectors, onError: (name) => told.push(name) })
  after.restore(JSON.parse(JSON.stringify(before.snapshot())) as JsonValue)
  expect(told).toEqual(['one'])
  expect(after.take(eventWith({})).map(({ count }) => count)).toEqual([2, 1, 1])
  expect(() => after.restore([])).toThrow(expect.objectContaining({ code: 'SNAPSHOT_MALFORMED' }))
})
