// Scenario: producers die, drop, come late; the receiver is killed and started again.
// Guarantee: for each stream it can be said at any time what was assigned, what is here, what is
// missing and why; silence is in the log once; a restart forgets nothing of it.
import { expect } from '@jest/globals'
import {
  audit,
  openLedger,
  openReader,
  silentMinutesMax,
  type UnclosedLeaf,
} from '@grantlog/ledger'
import { createProducer, type Producer } from '../../packages/receiver/test/producer.ts'
import { enrol, type Harness, newData, startHarness } from '../../packages/receiver/test/harness.ts'
import { createStreamAccounts } from '@grantlog/receiver'
import { faultTest } from './fault.ts'
import { testStream, type TestStream } from './test-stream.ts'

/** A minute of service, so that ten of them are soon over. */
const limits = { minuteMs: 5 }

async function start(
  producer: Producer,
  data: string,
  minuteMs = limits.minuteMs,
): Promise<Harness> {
  return startHarness({ producers: [producer], data, limits: { minuteMs } })
}

async function unclosedLeaves({ ledger }: Harness): Promise<UnclosedLeaf[]> {
  const leaves: UnclosedLeaf[] = []
  for await (const { entries } of ledger.frames(0)) {
    leaves.push(...entries.flatMap(({ leaf }) => (leaf.type === 'unclosed' ? [leaf] : [])))
  }
  return leaves
}

/** Waits for a log event: the receiver says what it noted. */
async function event({ events }: Harness, code: string, count = 1): Promise<void> {
  while (events.filter((each) => each.code === code).length < count) {
    await new Promise((resolve) => setImmediate(resolve))
  }
}

async function send(harness: Harness, stream: TestStream, count: number): Promise<void> {
  expect(await harness.send(stream.records(count))).toMatchObject({ status: 200, rejected: 0 })
}

async function rowOf({ folders, ledger, receiver }: Harness) {
  const accounts = createStreamAccounts({
    ledger,
    queueFolder: folders.queue,
    sinks: () => receiver.status().sinks,
    quarantined: () => new Map(),
  })
  const { streams } = await accounts.page(0, 10)
  return streams
}

async function requireSound({ folders, ledger }: Harness): Promise<void> {
  const report = await audit({ folders, logKey: ledger.logKey })
  expect(report.findings).toEqual([])
}

const killed = {
  where: 'both sides',
  fault: 'a producer is killed, later its receiver too; a new process adopts the spool',
  expected: 'one unclosed leaf with the last number, no second one, then late records and a stop',
} as const

faultTest(killed, async () => {
  const producer = createProducer()
  const data = await newData()
  const stream = testStream(producer)
  const first = await start(producer, data)
  await send(first, stream, 7)
  const spooled = stream.records(3)
  await event(first, 'STREAM_UNCLOSED')
  await first.close()
  const second = await start(producer, data)
  // A stream that is heard to its end, so that minutes pass in which the other says nothing.
  const witness = testStream({ ...producer, instance: createProducer().instance })
  await send(second, witness, 1)
  await event(second, 'STREAM_UNCLOSED')
  const [leaf, ...others] = (await unclosedLeaves(second)).filter(
    ({ instance }) => instance === producer.instance,
  )
  expect(others).toEqual([])
  expect(leaf).toMatchObject({ kid: producer.kid, lastSeq: 6 })
  await second.send(spooled)
  const [late] = await rowOf(second)
  expect(late).toMatchObject({ late: 3, state: 'open', missing: 0, received: 10 })
  await second.send(stream.stop())
  const [closed] = await rowOf(second)
  expect(closed).toMatchObject({ state: 'closed', emitted: 11, received: 11, missing: 0 })
  await second.ledger.settle()
  await requireSound(second)
  await second.close()
  return `unclosed at number ${leaf!.lastSeq}, ${late!.late} late, closed at ${closed!.emitted}`
})

const dropping = {
  where: 'SDK',
  fault: 'a producer drops 5 numbered records and says so; 4 more never come',
  expected: '5 dropped by the producer, 4 unaccounted for once it is silent, the ranges named',
} as const

faultTest(dropping, async () => {
  const producer = createProducer()
  const harness = await start(producer, await newData())
  const stream = testStream(producer)
  await send(harness, stream, 4)
  stream.drop(5)
  await harness.send(stream.heartbeat())
  stream.lose(4)
  await send(harness, stream, 2)
  const [open] = await rowOf(harness)
  expect(open!.missingWhy).toEqual({ dropped: 5, refused: 0, onTheWay: 4, unknown: 0 })
  await event(harness, 'STREAM_UNCLOSED')
  const [row] = await rowOf(harness)
  expect(row).toMatchObject({
    ...{ emitted: 16, received: 7, missing: 9, dropped: 5, state: 'unclosed' },
    missingWhy: { dropped: 5, refused: 0, onTheWay: 0, unknown: 4 },
    missingRanges: [
      [4, 8],
      [10, 13],
    ],
  })
  await requireSound(harness)
  await harness.close()
  const { dropped, unknown } = row!.missingWhy
  return `${row!.emitted} assigned, ${row!.received} here, ${dropped} dropped, ${unknown} unknown`
})

const restarted = {
  where: 'receiver',
  fault: 'the receiver is stopped and started; offline the folders are counted anew',
  expected: 'the same row before, after, and from the folders alone',
} as const

faultTest(restarted, async () => {
  const producer = createProducer()
  const data = await newData()
  const stream = testStream(producer)
  const first = await start(producer, data, 60_000)
  await send(first, stream, 5)
  stream.drop(2)
  await first.send(stream.heartbeat())
  await first.ledger.settle()
  const [before] = await rowOf(first)
  await first.close()
  const reader = await openReader(first.folders)
  const { streams } = await reader.streams()
  const offline = [...streams.states()][0]
  await reader.close()
  const second = await start(producer, data, 60_000)
  const [after] = await rowOf(second)
  expect(after).toEqual(before)
  expect(offline).toMatchObject({ emitted: 8, records: 6, missing: 2, dropped: 2 })
  await second.close()
  return `${after!.emitted} assigned, ${after!.received} here, ${after!.missing} missing, thrice`
})

const restless = {
  where: 'receiver',
  fault: 'a producer is killed; its receiver is stopped and started after each three minutes',
  expected: 'one unclosed leaf after ten minutes of service, whatever the restarts',
} as const

faultTest(restless, async () => {
  const producer = createProducer()
  const data = await newData()
  let lives = 0
  let longest = 0
  for (let noted = 0; noted === 0; lives++) {
    expect(lives).toBeLessThan(10)
    const harness = await start(producer, data, 20)
    if (lives === 0) await send(harness, testStream(producer), 7)
    const state = () => harness.ledger.streams.get(producer.kid, producer.instance)!
    while (state().silentMinutes < 3 && !state().unclosed) {
      await new Promise((resolve) => setImmediate(resolve))
    }
    longest = Math.max(longest, state().silentMinutes)
    await harness.receiver.close()
    noted = (await unclosedLeaves(harness)).length
    if (noted > 0) {
      await harness.ledger.settle()
      await requireSound(harness)
    }
    await harness.close()
    expect(noted).toBeLessThan(2)
  }
  expect(longest).toBeLessThan(silentMinutesMax)
  return `unclosed in life ${lives}, the longest of ${longest} minutes`
})

const clock = {
  where: 'receiver',
  fault: "the receiver's clock jumps ten hours ahead and back while 50 streams are open",
  expected: 'no stream is noted as silent',
} as const

faultTest(clock, async () => {
  const producer = createProducer()
  const data = await newData()
  const harness = await start(producer, data, 60_000)
  await enrol(harness.folders, [producer])
  await harness.close()
  let now = Date.now()
  const ledger = await openLedger(harness.folders, { now: () => now })
  const streams = Array.from({ length: 50 }, () =>
    testStream({ ...producer, instance: createProducer().instance }),
  )
  for (const stream of streams) await ledger.commit(stream.toCommit(1))
  let noted = 0
  for (const step of [36_000_000, 0, -36_000_000, 60_000]) {
    now += step
    noted += (await ledger.minute()).length
  }
  expect(noted).toBe(0)
  await ledger.close()
  return `${streams.length} open, ${noted} noted`
})
