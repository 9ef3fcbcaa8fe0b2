// Scenario: the clock of a receiver is set forwards and back while it serves.
// Guarantee: `receivedAt` never decreases, nothing that waits waits for the clock, and each jump is
// told.
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect } from '@jest/globals'
import { audit, foldersUnder, openLedger } from '@grantlog/ledger'
import { type LogEvent, startReceiver } from '@grantlog/receiver'
import { testProducer, type TestProducer } from '../../packages/ledger/test/producer.ts'
import { startCountingSink } from './counting-sink.ts'
import { faultTest } from './fault.ts'
import { startReceiverProcess } from './receiver-process.ts'
import { bodyOf, enrol, newPlace, type Place, post, recordsIn, spansOf } from './senders.ts'

const dayMs = 86_400_000
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})

async function place(): Promise<Place> {
  const made = await newPlace(1)
  ends.push(() => rm(made.data, { recursive: true, force: true }))
  return made
}

/** The log as it must be after whatever the clock did; gives how many times there are in it. */
async function checkTimes({ data, logKey }: Place, records: number): Promise<number> {
  const times = (await recordsIn(data)).map(({ receivedAt }) => receivedAt)
  expect(times).toHaveLength(records)
  expect(times).toEqual(times.toSorted((a, b) => a - b))
  const report = await audit({ folders: foldersUnder(data), logKey })
  expect(report).toMatchObject({ records, verified: records, findings: [] })
  return new Set(times).size
}

faultTest(
  {
    where: 'receiver',
    fault: 'its clock goes a year forwards, two years back, and to 1970',
    expected: 'receivedAt never decreases, each jump is told, enrolments are read as before',
  },
  async () => {
    const made = await place()
    const { data, receipts } = made
    const [producer] = made.producers as [TestProducer]
    let offsetMs = 0
    const now = (): number => Date.now() + offsetMs
    const ledger = await openLedger(foldersUnder(data), { now })
    const events: LogEvent[] = []
    const receiver = await startReceiver({
      ledger,
      folders: foldersUnder(data),
      otlp: { port: 0 },
      grpc: null,
      admin: { port: 0 },
      limits: { lookMs: 5, enrolmentLookMs: 5 },
      now,
      log: (event) => events.push(event),
    })
    const endpoint = `http://127.0.0.1:${receiver.otlpPort}`
    const steps = [0, 365 * dayMs, -365 * dayMs, -Date.now()]
    let seq = 0
    for (const step of steps) {
      offsetMs = step
      // A new key at each time, so that a look at the file is due.
      const another = testProducer()
      await enrol(data, [producer, another])
      for (const each of [producer, another]) {
        const first = each === producer ? seq : 0
        const body = bodyOf(each, spansOf(first, 5))
        expect((await post(endpoint, body, receipts)).status).toBe(200)
      }
      seq += 5
      const told = (): LogEvent[] => events.filter(({ code }) => code === 'CLOCK_JUMPED')
      while (told().length < steps.indexOf(step)) await new Promise((done) => setImmediate(done))
    }
    const jumps = events.filter(({ code }) => code === 'CLOCK_JUMPED')
    expect(receiver.status().clock).toMatchObject({ jumps: 3 })
    await receiver.close()
    await ledger.close()
    const distinct = await checkTimes(made, 40)
    const days = jumps.map(({ byMs }) => Math.round(Number(byMs) / dayMs))
    return `40 records at ${distinct} times in order, jumps by ${days.join(', ')} days told`
  },
)

const faketime = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
].find((path) => existsSync(path))

faultTest(
  {
    where: 'receiver',
    fault: 'the clock of its machine is set a day forwards and two back, while a sink is away',
    expected: 'told each time, receivedAt in order, the sink gets all as soon as it is back',
    skip: faketime === undefined ? 'needs libfaketime' : null,
  },
  async () => {
    const made = await place()
    const { data, receipts } = made
    const [producer] = made.producers as [TestProducer]
    const sink = await startCountingSink()
    ends.push(() => sink.close())
    sink.status = 503
    const folder = await mkdtemp(join(tmpdir(), 'grantlog-clock-'))
    ends.push(() => rm(folder, { recursive: true, force: true }))
    const file = join(folder, 'time')
    await writeFile(file, '+0\n')
    const env = {
      LD_PRELOAD: faketime!,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
    const forward = ['--forward', sink.url]
    const receiver = await startReceiverProcess(data, forward, { prefix: [], env })
    ends.push(() => receiver.kill())
    let seq = 0
    for (const [time, forwards] of [
      ['+0', null],
      ['+1d', true],
      ['-1d', false],
    ] as const) {
      await writeFile(file, `${time}\n`)
      if (forwards !== null) {
        await receiver.event('CLOCK_JUMPED', ({ byMs }) => Number(byMs) > 0 === forwards)
      }
      const body = bodyOf(producer, spansOf(seq, 5))
      expect((await post(receiver.endpoint, body, receipts)).status).toBe(200)
      seq += 5
    }
    sink.status = 200
    await sink.until(() => sink.taken.size === 15)
    expect(await receiver.stop()).toBe(0)
    const distinct = await checkTimes(made, 15)
    return `15 records at ${distinct} times in order, 2 jumps told, 15 at the sink`
  },
)
