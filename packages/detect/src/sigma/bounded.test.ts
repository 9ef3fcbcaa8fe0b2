// Guarantee: no flood of events makes a detector grow, and what it lets go is counted.
import { expect, test } from '@jest/globals'
import { eventWith, startMs } from '../../test/events.ts'
import { LATE_ALLOWANCE_MS, MAX_EVENT_GROUPS, MAX_GROUP_EVENTS } from '../limits.ts'
import { sigmaDetector, type SigmaOptions } from './detector.ts'

const text = (count: number, by = 'oauth.client.id', id = 1): string => `
title: Many
id: 00000000-0000-4000-8000-00000000000${id}
correlation:
    type: event_count
    rules: [any_${id}]
    group-by: [${by}]
    timespan: 1m
    condition: {gte: ${count}}
---
title: Any
name: any_${id}
logsource: {product: grantlog}
detection:
    any:
        audit.action: oauth.token
    condition: any
`

const detector = (texts: readonly string[], options?: SigmaOptions) =>
  sigmaDetector(
    texts.map((one, i) => ({ name: `${i}.yml`, text: one })),
    options,
  )

const event = (client: string, atMs = 0, more = {}) =>
  eventWith(
    { 'audit.action': 'oauth.token', 'oauth.client.id': client, ...more },
    { atMs: startMs + atMs, id: `${client} at ${atMs}` },
  )

test('the groups that were touched longest ago go first', () => {
  const four = detector([text(2)], { groupsMax: 4 })
  for (const client of ['a', 'b', 'a', 'c']) four.take(event(client))
  expect(four.health()).toMatchObject({ held: 2, evicted: 1 })
  // Of `b` nothing is known any more; `a` has fired.
  expect(four.take(event('b', 1))).toEqual([])
  expect(four.health()).toMatchObject({ held: 3, evicted: 1 })
})

test('an event of which the group is forgotten by then is counted', () => {
  const one = detector([text(2)])
  for (const atMs of [3_600_000, 0]) expect(one.take(event('a', atMs))).toEqual([])
  expect(one.health()).toMatchObject({ late: 1, evicted: 0 })
})

test('a flood in one correlation takes nothing from another', () => {
  const both = detector([text(2), text(2, 'user.hash', 2)], { groupsMax: 4 })
  both.take(event('a', 0, { 'user.hash': 'p1.one' }))
  for (let i = 0; i < 100; i++) both.take(event(`client-${i}`))
  const found = both.take(event('b', 1, { 'user.hash': 'p1.one' }))
  expect(found.map(({ group }) => group)).toEqual([[['user.hash', 'p1.one']]])
})

test('events are bounded, in all groups together and in one', () => {
  const few = detector([text(100)], { eventsMax: 10 })
  for (let i = 0; i < 30; i++) few.take(event(`client-${i % 6}`, i))
  expect(few.health().evicted).toBeGreaterThan(0)
  const one = detector([text(MAX_GROUP_EVENTS - 1)])
  const take = (i: number) => one.take(event('a', i))
  const found = Array.from({ length: MAX_GROUP_EVENTS }, (_, i) => take(i)).flat()
  expect(found).toMatchObject([{ count: MAX_GROUP_EVENTS - 1 }])
  expect(one.health().evicted).toBe(0)
  take(MAX_GROUP_EVENTS)
  expect(one.health().evicted).toBe(1)
})

test('a list makes so many groups of one event, and no more', () => {
  const lists = detector([text(2, 'oauth.grant.id_hash')])
  const hashes = (count: number) => Array.from({ length: count }, (_, i) => `p1.${i}`).join(' ')
  lists.take(event('a', 0, { 'oauth.grant.id_hash': hashes(MAX_EVENT_GROUPS) }))
  expect(lists.health().held).toBe(MAX_EVENT_GROUPS)
  lists.take(event('a', 0, { 'oauth.grant.id_hash': hashes(MAX_EVENT_GROUPS + 1) }))
  expect(lists.health().held).toBe(MAX_EVENT_GROUPS)
})

test('a list of two hashes of one token is told once', () => {
  const lists = detector([text(2, 'oauth.token.hash')])
  const found = [0, 1].map((atMs) =>
    lists.take(event('a', atMs, { 'oauth.token.hash': 't1.a t2.a' })),
  )
  expect(found.flat()).toMatchObject([{ group: [['oauth.token.hash', 't1.a']], count: 2 }])
})

test('a group that nothing comes for is forgotten after its timespan and the allowance', () => {
  const lastMs = 60_000 + LATE_ALLOWANCE_MS
  // The second came so late that by its own time it is in the window of the first.
  const found = (receivedMs: number) => {
    const one = detector([text(2)])
    one.take({ ...event('a', 0), receivedMs: startMs })
    return one.take({ ...event('a', 1), receivedMs: startMs + receivedMs })
  }
  expect(found(lastMs)).toHaveLength(1)
  expect(found(lastMs + 1)).toEqual([])
})

test('the room of what is forgotten is free, and that is no loss', () => {
  const one = detector([text(2)])
  const everyMs = 60_001 + LATE_ALLOWANCE_MS
  for (const client of ['a', 'b', 'c', 'd', 'e']) {
    one.take(event(client, client.charCodeAt(0) * everyMs))
  }
  expect(one.health()).toMatchObject({ held: 2, evicted: 0 })
})

test('an event that is too late for its group is not counted', () => {
  const one = detector([text(2)])
  const late = (atMs: number) =>
    one.take({ ...event('a', atMs), receivedMs: startMs + LATE_ALLOWANCE_MS + 120_000 })
  late(LATE_ALLOWANCE_MS + 60_000)
  late(-1)
  expect(late(-2)).toEqual([])
  late(0)
  expect(late(1)).toHaveLength(1)
})

test('a match without the field that it is grouped by is counted as missing', () => {
  const one = detector([text(2, 'user.hash')])
  one.take(event('a'))
  expect(one.health().missing).toEqual(new Map([['00000000-0000-4000-8000-000000000001', 1]]))
})

test('a rule that throws is counted, and the others go on', () => {
  const one = detector([text(1)])
  const attributes = new Map([['audit.action', 'oauth.token']])
  attributes.get = (name: string) => {
    if (name === 'oauth.client.id') throw new Error('made up')
    return Map.prototype.get.call(attributes, name) as string | undefined
  }
  const broken = { ...event('a'), attributes }
  expect(one.take(broken)).toEqual([])
  expect(one.health().errors).toEqual(new Map([['00000000-0000-4000-8000-000000000001', 1]]))
  expect(one.take(event('a'))).toHaveLength(1)
})
