// Claims on rows and sums; test/crash/accounting.test.ts has the same over real receivers.
import { expect, test } from '@jest/globals'
import { streamName, Streams } from '@grantlog/ledger'
import { accountant, type AccountContext, badness, exactTotals, totalsOf } from './account.ts'

const receivedAt = 1_000
const minute = 60_000

function streamsOf(): Streams {
  const streams = new Streams()
  let index = 0
  const add = (instance: string, seq: number, type: 'record' | 'heartbeat' | 'stop', dropped = 0) =>
    streams.add({ kid: 'k', instance, seq, type, receivedAt }, index++, { assigned: 0, dropped })
  for (const seq of [0, 1, 2]) add('whole', seq, 'record')
  add('whole', 3, 'stop')
  for (const seq of [0, 5]) add('holed', seq, 'record')
  add('holed', 9, 'heartbeat', 3)
  return streams
}

const dead = new Map([[streamName('k', 'whole'), { least: 1, most: 1 }]])
const contextOf = (more: Partial<AccountContext> = {}): AccountContext => ({
  ...{ streams: streamsOf(), published: 6, refused: new Map(), quarantined: new Map() },
  sinks: [{ name: 'jaeger', below: 5, dead, deadTotal: 1 }],
  ...more,
})

const rowsOf = (context: AccountContext) =>
  Array.from(context.streams.states(), accountant(context))

test('each count is told apart; no sink gets what a stream says of itself', () => {
  expect(rowsOf(contextOf())).toMatchObject([
    {
      ...{ state: 'closed', emitted: 4, received: 4, sealed: 4, missing: 0, missingRanges: [] },
      ...{ forwarded: { jaeger: 2 }, deadLettered: { jaeger: 1 } },
    },
    {
      ...{ state: 'open', emitted: 10, received: 3, sealed: 2, missing: 7 },
      ...{ forwarded: { jaeger: 1 }, deadLettered: { jaeger: 0 } },
      missingWhy: { dropped: 3, refused: 0, onTheWay: 4, unknown: 0 },
      missingRanges: [
        [1, 4],
        [6, 8],
      ],
    },
  ])
})

test('of a request that a sink took a part of, a stream has bounds and the sum is exact', () => {
  const dead = new Map([
    [streamName('k', 'whole'), { least: 0, most: 2 }],
    [streamName('k', 'holed'), { least: 0, most: 1 }],
  ])
  const sinks = [{ name: 'jaeger', below: 6, dead, deadTotal: 2 }]
  const rows = rowsOf(contextOf({ sinks }))
  expect(rows).toMatchObject([
    { forwarded: { jaeger: 1 }, deadLettered: { jaeger: 2 }, uncertain: { jaeger: 2 } },
    { forwarded: { jaeger: 1 }, deadLettered: { jaeger: 1 }, uncertain: { jaeger: 1 } },
  ])
  expect(exactTotals(totalsOf(rows), sinks)).toMatchObject({
    ...{ forwarded: { jaeger: 3 }, deadLettered: { jaeger: 2 } },
  })
})

test('no count is below zero at a sink that was put back behind its dead letters', () => {
  const sinks = [{ name: 'jaeger', below: 0, dead, deadTotal: 1 }]
  const none = { forwarded: { jaeger: 0 }, deadLettered: { jaeger: 0 }, uncertain: { jaeger: 0 } }
  expect(rowsOf(contextOf({ sinks }))).toMatchObject([none, none])
})

test('the reasons add up to what is missing, whatever is said more than once', () => {
  const name = streamName('k', 'holed')
  const refused = new Map([[name, { ALTERED: 2, WITHHELD: 1 }]])
  const [, row] = rowsOf(contextOf({ refused, quarantined: new Map([[name, 100]]) }))
  expect(row!.missingWhy).toEqual({ dropped: 3, refused: 4, onTheWay: 0, unknown: 0 })
})

test('without a receiver silence goes by the clock, and what is missing is unaccounted for', () => {
  const [closed, holed] = rowsOf(contextOf({ now: receivedAt + 11 * minute }))
  expect([closed!.state, holed!.state]).toEqual(['closed', 'silent'])
  expect(holed!.missingWhy).toEqual({ dropped: 3, refused: 0, onTheWay: 0, unknown: 4 })
  expect(badness(holed!)).toBeGreaterThan(badness(closed!))
})

test('sums over the rows are the sums of the streams', () => {
  const context = contextOf()
  const totals = totalsOf(rowsOf(context))
  const { closed, dropped, emitted, late, missing, records, streams } = context.streams.totals
  expect(totals).toMatchObject({ closed, dropped, emitted, late, missing, received: records })
  expect([totals.streams, totals.forwarded]).toEqual([streams, { jaeger: 3 }])
})
