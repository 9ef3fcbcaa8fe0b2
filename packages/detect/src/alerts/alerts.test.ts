import { describe, expect, test } from '@jest/globals'
import { decodeFindingOf, encodeFinding } from '@grantlog/ledger'
import { findingStateOf } from '../../test/detections.ts'
import {
  FAILURES_TOLD,
  MAX_ALERT_AGE_MS,
  MAX_DELIVERIES_PER_MINUTE,
  MAX_WAITING_ALERTS,
} from '../finding-limits.ts'
import type { FindingState } from '../finding-state.ts'
import { createAlerts } from './alerts.ts'
import type { Channel, Notice, Outcome } from './channel.ts'
import { failingFinding } from './failing.ts'

interface World {
  now: number
  answer: (url: string) => Outcome
  silenced: boolean
  readonly sent: string[]
  readonly refused: string[]
  readonly ending: AbortController
}

const taken = (): Outcome => ({ outcome: 'taken' })
const later = (): Outcome => ({ outcome: 'later', reason: 'HTTP 503', waitMs: 0 })

function worldOf(...channels: Channel[]): World & { readonly alerts: ReturnType<typeof make> } {
  const world: World = {
    ...{ now: 1_000_000, answer: taken, silenced: false, sent: [], refused: [] },
    ending: new AbortController(),
  }
  const make = () =>
    createAlerts({
      channels,
      signal: world.ending.signal,
      get: (id) => states.get(id),
      isSilenced: () => world.silenced,
      now: () => world.now,
      onRefused: (name) => world.refused.push(name),
      deliver: ({ url }, { body }) => {
        const outcome = world.answer(url)
        if (outcome.outcome === 'taken') world.sent.push(`${url} ${body}`)
        return Promise.resolve(outcome)
      },
    })
  return Object.assign(world, { alerts: make() })
}

const channelOf = (name: string, more: Partial<Channel> = {}): Channel => ({
  ...{ name, type: 'webhook', url: name, level: 'medium', kinds: ['found', 'again', 'status'] },
  noticesMax: 1,
  request: (notices: readonly Notice[]) => {
    const body = notices.map(({ finding, index, kind }) => `${finding.words} ${kind} ${index}`)
    return Promise.resolve({ headers: {}, body: body.join() })
  },
  ...more,
})

const states = new Map<string, FindingState>()
const stateOf = (n: number, more: Partial<FindingState> = {}): FindingState => {
  const state = findingStateOf(n, { words: `f${n}`, lastAt: 999_000, ...more })
  states.set(state.id, state)
  return state
}

test('each channel gets what happened, once', async () => {
  const { alerts, sent } = worldOf(channelOf('a'), channelOf('b', { kinds: ['found'] }))
  alerts.take(stateOf(1), 'found', 7)
  await alerts.send()
  alerts.take(stateOf(1), 'status', 8)
  await alerts.send()
  await alerts.send()
  expect(sent).toEqual(['a f1 found 7', 'b f1 found 7', 'a f1 status 8'])
})

test('what is less bad, older than a day, or silenced is not sent; a decision is', async () => {
  const world = worldOf(channelOf('a'))
  const { alerts, sent } = world
  alerts.take(stateOf(1, { rule: { ...stateOf(1).rule, level: 'low' } }), 'found', 1)
  alerts.take(stateOf(2, { lastAt: world.now - MAX_ALERT_AGE_MS - 1 }), 'found', 2)
  alerts.take(stateOf(3, { lastAt: world.now - MAX_ALERT_AGE_MS }), 'found', 3)
  world.silenced = true
  alerts.take(stateOf(4), 'found', 4)
  alerts.take(stateOf(4), 'status', 5)
  await alerts.send()
  expect(sent).toEqual(['a f3 found 3', 'a f4 status 5'])
})

test('several of one request, where a channel takes several', async () => {
  const { alerts, sent } = worldOf(channelOf('a', { noticesMax: 2 }))
  for (const n of [1, 2, 3]) alerts.take(stateOf(n), 'found', n)
  await alerts.send()
  expect(sent).toEqual(['a f1 found 1,f2 found 2', 'a f3 found 3'])
})

test('a request that cannot be made is refused, and holds up nothing', async () => {
  const request = ([notice]: readonly Notice[]) =>
    notice?.index === 1
      ? Promise.reject(new Error('its record is gone'))
      : Promise.resolve({ headers: {}, body: String(notice?.index) })
  const { alerts, refused, sent } = worldOf(channelOf('a', { request }))
  for (const n of [1, 2]) alerts.take(stateOf(n), 'found', n)
  await alerts.send()
  expect([sent, refused]).toEqual([['a 2'], ['a']])
})

test('a clock that is put back makes no channel wait for what it was', async () => {
  const world = worldOf(channelOf('a'))
  const { alerts, sent } = world
  world.now += 1e9
  world.answer = later
  alerts.take(stateOf(1, { lastAt: world.now }), 'found', 1)
  await alerts.send()
  world.answer = taken
  world.now -= 1e9
  await alerts.send()
  expect(sent).toEqual(['a f1 found 1'])
  world.now += 2e9
  for (let n = 2; n < MAX_DELIVERIES_PER_MINUTE + 3; n++) {
    alerts.take(stateOf(n, { lastAt: world.now }), 'found', n)
  }
  await alerts.send()
  expect(alerts.status[0]).toMatchObject({ waiting: 1 })
  world.now -= 2e9
  await alerts.send()
  expect(alerts.status[0]).toMatchObject({ waiting: 0 })
})

test('what ends while it is sent stays, and nothing more is sent', async () => {
  const world = worldOf(channelOf('a'))
  const { alerts, ending } = world
  world.answer = () => {
    ending.abort()
    return later()
  }
  for (const n of [1, 2]) alerts.take(stateOf(n), 'found', n)
  await alerts.send()
  world.answer = taken
  await alerts.send()
  expect(alerts.status[0]).toMatchObject({ waiting: 2, failures: 0, sent: 0 })
})

describe('a channel that takes nothing', () => {
  test('is tried later and later, holds up no other, and gets the newest at last', async () => {
    const world = worldOf(channelOf('dead'), channelOf('b'))
    const { alerts, sent } = world
    world.answer = (url) => (url === 'dead' ? later() : taken())
    alerts.take(stateOf(1), 'found', 1)
    await alerts.send()
    alerts.take(stateOf(1), 'again', 2)
    await alerts.send()
    expect(sent).toEqual(['b f1 found 1', 'b f1 again 2'])
    world.answer = taken
    world.now += 999
    await alerts.send()
    expect(sent).toHaveLength(2)
    world.now += 1
    await alerts.send()
    // That it was found is what it has not heard yet.
    expect(sent.slice(2)).toEqual(['dead f1 found 2'])
  })

  type Made = ReturnType<typeof worldOf>
  /** So many times, with pauses that are long enough. */
  async function fail(world: Made, times: number): Promise<void> {
    world.answer = later
    for (let n = 0; n < times; n++) {
      world.now += 300_000
      await world.alerts.send()
    }
  }
  /** As after a crash: from the last snapshot. */
  function restarted({ alerts, now }: Made): Made {
    const world = worldOf(channelOf('dead'))
    world.alerts.restore(JSON.parse(JSON.stringify(alerts.snapshot())) as string)
    return Object.assign(world, { now })
  }

  test('is a finding at last, once for each time', async () => {
    const world = worldOf(channelOf('dead'))
    const { alerts } = world
    alerts.take(stateOf(1), 'found', 1)
    await fail(world, FAILURES_TOLD - 1)
    expect(alerts.failing).toEqual([])
    await fail(world, 1)
    const since = 1_300_000
    const failing = { channel: 'dead', since, failures: FAILURES_TOLD, reason: 'HTTP 503' }
    expect(alerts.failing).toEqual([failing])
    const content = failingFinding(failing, 5)
    expect(decodeFindingOf(content.id, encodeFinding(content))).toEqual(content)
    alerts.told(failing)
    await fail(world, 3)
    expect(alerts.failing).toEqual([])
    world.answer = taken
    world.now += 300_000
    await alerts.send()
    alerts.take(stateOf(2), 'found', 2)
    await fail(world, FAILURES_TOLD)
    expect(alerts.failing).toHaveLength(1)
    expect(failingFinding(alerts.failing[0]!, 5).id).not.toBe(content.id)
  })

  test('is one finding, whatever restarts before and after it is told', async () => {
    const first = worldOf(channelOf('dead'))
    first.alerts.take(stateOf(1), 'found', 1)
    await fail(first, FAILURES_TOLD - 1)
    const second = restarted(first)
    await fail(second, 1)
    // It ends before anybody knows: the next one has the same to tell.
    const third = restarted(second)
    expect(third.alerts.failing).toEqual(second.alerts.failing)
    expect(third.alerts.failing).toMatchObject([{ since: 1_300_000, failures: FAILURES_TOLD }])
    third.alerts.told(third.alerts.failing[0]!)
    const fourth = restarted(third)
    await fail(fourth, 2 * FAILURES_TOLD)
    expect(fourth.alerts.failing).toEqual([])
  })

  test('waits as long as it is told to', async () => {
    const world = worldOf(channelOf('a'))
    world.answer = () => ({ outcome: 'later', reason: 'HTTP 429', waitMs: 60_000 })
    world.alerts.take(stateOf(1), 'found', 1)
    await world.alerts.send()
    world.answer = taken
    world.now += 59_999
    await world.alerts.send()
    expect(world.sent).toEqual([])
    world.now += 1
    await world.alerts.send()
    expect(world.sent).toHaveLength(1)
  })
})

test('what is refused is told, and holds up nothing', async () => {
  const world = worldOf(channelOf('a'))
  world.answer = () => ({ outcome: 'refused', reason: 'HTTP 400' })
  world.alerts.take(stateOf(1), 'found', 1)
  await world.alerts.send()
  expect(world.refused).toEqual(['a'])
  expect(world.alerts.status).toMatchObject([{ waiting: 0, refused: 1, sent: 0 }])
})

test('not more than so many deliveries a minute; the rest waits', async () => {
  const world = worldOf(channelOf('a'))
  for (let n = 0; n <= MAX_DELIVERIES_PER_MINUTE; n++) world.alerts.take(stateOf(n), 'found', n)
  await world.alerts.send()
  expect(world.sent).toHaveLength(MAX_DELIVERIES_PER_MINUTE)
  world.now += 60_000
  await world.alerts.send()
  expect(world.sent).toHaveLength(MAX_DELIVERIES_PER_MINUTE + 1)
})

test('not more than so many wait: the oldest are dropped, and counted', () => {
  const { alerts } = worldOf(channelOf('a'))
  for (let n = 0; n <= MAX_WAITING_ALERTS; n++) alerts.take(stateOf(n), 'found', n)
  expect(alerts.status).toMatchObject([{ waiting: MAX_WAITING_ALERTS, dropped: 1 }])
})

test('what waits is there after a restart', async () => {
  const before = worldOf(channelOf('a'))
  before.alerts.take(stateOf(1), 'found', 1)
  const after = worldOf(channelOf('a'), channelOf('new'))
  after.alerts.restore(JSON.parse(JSON.stringify(before.alerts.snapshot())) as string)
  await after.alerts.send()
  expect(after.sent).toEqual(['a f1 found 1'])
  // What is known may be older than what was sent: the same leaf comes again.
  after.alerts.take(stateOf(1), 'found', 1)
  await after.alerts.send()
  expect(after.alerts.status[0]).toMatchObject({ waiting: 0, sent: 1 })
})
