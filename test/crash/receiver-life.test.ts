// Scenario: receivers that are told to stop under load, started twice on one folder, or copied;
// producers that are copied; and batches that come again, late, in pieces and out of order.
// Guarantee: what has a receipt is in its place, once; one process writes; copies are found.
import { cp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { afterAll, afterEach, expect } from '@jest/globals'
import { audit, foldersUnder, openReader } from '@grantlog/ledger'
import { testProducer } from '../../packages/ledger/test/producer.ts'
import { type CountingSink, startCountingSink } from './counting-sink.ts'
import { faultTest } from './fault.ts'
import { type ReceiverProcess, startReceiverProcess } from './receiver-process.ts'
import {
  bodyOf,
  enrol,
  newPlace,
  type Place,
  placesIn,
  post,
  type Posted,
  recordsIn,
  spansOf,
} from './senders.ts'

const folders: string[] = []
const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

async function place(producers = 1): Promise<Place> {
  const made = await newPlace(producers)
  folders.push(made.data)
  return made
}

async function start(data: string, ...args: string[]): Promise<ReceiverProcess> {
  const receiver = await startReceiverProcess(data, args)
  ends.push(async () => {
    // A stopped process is not killed before it goes on.
    receiver.signal('SIGCONT')
    await receiver.kill()
  })
  return receiver
}

async function startSink(): Promise<CountingSink> {
  const sink = await startCountingSink()
  ends.push(() => sink.close())
  return sink
}

faultTest(
  {
    where: 'receiver',
    fault: 'SIGTERM under load, while a sink is slow to answer',
    expected: 'what is under way is answered and finished, exit code 0, nothing twice at the sink',
  },
  async () => {
    const { data, producers, receipts } = await place(4)
    const sink = await startSink()
    sink.hold = true
    const receiver = await start(data, '--forward', sink.url)
    let stopped = false
    const receipted: { kid: string; places: Map<number, number> }[] = []
    const load = Promise.withResolvers<void>()
    const senders = producers.map(async (producer) => {
      for (let first = 0; !stopped; first += 10) {
        const spans = spansOf(first, 10)
        const { receipts: got, status } = await post(
          receiver.endpoint,
          bodyOf(producer, spans),
          receipts,
        )
        if (status !== 200) return status
        receipted.push({ kid: producer.kid, places: placesIn(got) })
        if (receipted.length === 100) load.resolve()
      }
      return 200
    })
    await Promise.all([load.promise, sink.until(() => sink.held.length > 0)])
    receiver.signal('SIGTERM')
    await receiver.event('STOPPING')
    // The sink answers only when the receiver has begun to end.
    const statuses = await Promise.all(senders)
    stopped = true
    await expect(connected(receiver.endpoint)).resolves.toBe(false)
    sink.hold = false
    for (const release of sink.held) release()
    expect(await receiver.exited).toBe(0)
    expect(statuses.every((status) => status === 0 || status === 503)).toBe(true)
    const records = await recordsIn(data)
    const inLog = new Map(records.map(({ index, kid, seq }) => [`${kid} ${seq}`, index]))
    const named = receipted.flatMap(({ kid, places }) =>
      [...places].map(([seq, index]) => [`${kid} ${seq}`, index] as const),
    )
    expect(named.every(([name, index]) => inLog.get(name) === index)).toBe(true)
    const again = await start(data, '--forward', sink.url)
    await sink.until(() => sink.taken.size === records.length)
    expect(await again.stop()).toBe(0)
    expect(Math.max(...sink.taken.values())).toBe(1)
    return `${named.length} receipted, ${records.length} in the log and once each at the sink`
  },
)

function connected(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}

faultTest(
  {
    where: 'receiver',
    fault: 'a second SIGTERM while a sink that never answers is waited for',
    expected: 'ends at once, exit code 1; the next start has everything',
  },
  async () => {
    const { data, logKey, producers, receipts } = await place()
    const sink = await startSink()
    sink.hold = true
    const receiver = await start(data, '--forward', sink.url)
    const body = bodyOf(producers[0]!, spansOf(0, 5))
    expect((await post(receiver.endpoint, body, receipts)).status).toBe(200)
    await sink.until(() => sink.held.length === 1)
    receiver.signal('SIGTERM')
    await receiver.event('STOPPING')
    receiver.signal('SIGTERM')
    expect(await receiver.exited).toBe(1)
    sink.hold = false
    const again = await start(data, '--forward', sink.url)
    await sink.until(() => [...sink.taken.values()].every((count) => count === 2))
    expect(await again.stop()).toBe(0)
    const report = await audit({ folders: foldersUnder(data), logKey })
    expect(report).toMatchObject({ records: 5, verified: 5, findings: [] })
    return `exit code 1, then ${report.verified} records verified and sent again`
  },
)

faultTest(
  {
    where: 'receiver',
    fault: 'a sink hangs while the receiver ends',
    expected: 'is waited for only so long, exit code 0, and gets it at the next start',
  },
  async () => {
    const { data, producers, receipts } = await place()
    const sink = await startSink()
    sink.hold = true
    const receiver = await start(data, '--forward', sink.url)
    await post(receiver.endpoint, bodyOf(producers[0]!, spansOf(0, 5)), receipts)
    await sink.until(() => sink.held.length === 1)
    expect(await receiver.stop()).toBe(0)
    sink.hold = false
    const again = await start(data, '--forward', sink.url)
    await sink.until(() => [...sink.taken.values()].every((count) => count === 2))
    expect(await again.stop()).toBe(0)
    return `${sink.taken.size} records, sent again`
  },
)

faultTest(
  {
    where: 'receiver',
    fault: 'four are started at once on one folder, one after another, and beside a stopped one',
    expected: 'one serves, the others end with LEDGER_LOCKED; free again after kill -9',
  },
  async () => {
    const { data } = await place()
    const tries = await Promise.allSettled([1, 2, 3, 4].map(() => start(data)))
    const served = tries.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    const refused = tries.flatMap((each) =>
      each.status === 'rejected' ? [String(each.reason)] : [],
    )
    expect([served.length, refused.length]).toEqual([1, 3])
    const [first] = served as [ReceiverProcess]
    first.signal('SIGSTOP')
    refused.push(String(await start(data).catch((error: unknown) => error)))
    first.signal('SIGCONT')
    await first.kill()
    for (const said of refused) expect(said).toMatch(/LEDGER_LOCKED.*"fix":/)
    const next = await start(data)
    expect(await next.stop()).toBe(0)
    return `${refused.length} refused with LEDGER_LOCKED, the next one after kill -9 serves`
  },
)

faultTest(
  {
    where: 'both sides',
    fault: "a receiver's folder is copied, and both copies run",
    expected: 'the second history is found by the checkpoint of the other',
  },
  async () => {
    const { data, logKey, producers, receipts } = await place(2)
    const first = await start(data)
    const [one, two] = producers as [(typeof producers)[0], (typeof producers)[0]]
    await post(first.endpoint, bodyOf(one, spansOf(0, 5)), receipts)
    expect(await first.stop()).toBe(0)
    const copy = `${data}-copy`
    folders.push(copy)
    await cp(data, copy, { recursive: true })
    const checkpoints: Buffer[] = []
    for (const [at, producer] of [
      [data, one],
      [copy, two],
    ] as const) {
      const receiver = await start(at)
      const { status } = await post(receiver.endpoint, bodyOf(producer, spansOf(5, 5)), receipts)
      expect(status).toBe(200)
      expect(await receiver.stop()).toBe(0)
      const reader = await openReader(foldersUnder(at))
      checkpoints.push(Buffer.from(reader.published!))
      await reader.close()
    }
    const [ours, theirs] = checkpoints as [Buffer, Buffer]
    const report = async (seen: Buffer) =>
      await audit({ folders: foldersUnder(data), logKey, seen: [seen] })
    expect((await report(ours)).findings).toEqual([])
    const { findings } = await report(theirs)
    expect(findings.length).toBeGreaterThan(0)
    return `${findings.map(({ code }) => code).join(', ')} with the other's checkpoint, else none`
  },
)

faultTest(
  {
    where: 'both sides',
    fault: 'a producer is cloned: the same key, instance and numbers, other records',
    expected: 'the second ones are refused as CONFLICT, counted, logged, and sealed as refusals',
  },
  async () => {
    const { data, logKey, producers, receipts } = await place()
    const [producer] = producers as [(typeof producers)[0]]
    const receiver = await start(data)
    const send = (named: string): Promise<Posted> =>
      post(receiver.endpoint, bodyOf(producer, spansOf(0, 10, named)), receipts)
    const before = await send('alice')
    const clone = await send('mallory')
    expect([before.status, clone.status]).toEqual([200, 200])
    expect([placesIn(before.receipts).size, placesIn(clone.receipts).size]).toEqual([10, 0])
    const refusal = await receiver.event('SPANS_REFUSED')
    expect(refusal).toMatchObject({ reason: 'CONFLICT', sender: producer.kid, spans: 10 })
    const ready = await fetch(`${receiver.adminEndpoint}/readyz`)
    expect(await ready.json()).toMatchObject({ refused: { CONFLICT: 10 }, committed: 10 })
    expect(await receiver.stop()).toBe(0)
    const report = await audit({ folders: foldersUnder(data), logKey })
    expect(report).toMatchObject({ records: 10, verified: 10, findings: [] })
    expect(await refusalsIn(data)).toEqual([
      expect.objectContaining({ reasons: { CONFLICT: 10 }, sender: producer.kid }),
    ])
    return '10 of 20 committed, 10 refused as CONFLICT, one refusals leaf'
  },
)

async function refusalsIn(data: string): Promise<unknown[]> {
  const reader = await openReader(foldersUnder(data))
  const found: unknown[] = []
  for await (const { entries } of reader.frames(0)) {
    for (const { leaf, stored } of entries) {
      if (leaf.type !== 'refusals' || stored.kind !== 'content') continue
      found.push(JSON.parse(Buffer.from(stored.content).toString()))
    }
  }
  await reader.close()
  return found
}

faultTest(
  {
    where: 'both sides',
    fault: 'batches come twice at once, in pieces, merged, out of order, and again after a restart',
    expected: 'one leaf for each record, and always the same place in the receipt',
  },
  async () => {
    const { data, logKey, receipts } = await place()
    const producer = testProducer()
    await enrol(data, [producer])
    const batches = Array.from({ length: 12 }, (_, at) => spansOf(at * 20, 20))
    const places = new Map<number, number>()
    let answers = 0
    let receiver = await start(data)
    const send = async (body: Uint8Array): Promise<void> => {
      const { receipts: got, status } = await post(receiver.endpoint, body, receipts)
      expect(status).toBe(200)
      answers++
      for (const [seq, index] of placesIn(got)) {
        expect(places.get(seq) ?? index).toBe(index)
        places.set(seq, index)
      }
    }
    const whole = batches.map((spans) => bodyOf(producer, spans))
    // Backwards, and each twice on two connections at once.
    for (const body of whole.slice(6).toReversed()) await Promise.all([send(body), send(body)])
    // In pieces, the last one first and overlapping.
    for (const spans of batches.slice(0, 6)) {
      const pieces = [spans.slice(12), spans.slice(5, 15), spans.slice(0, 8)]
      await Promise.all(pieces.map((part) => send(bodyOf(producer, spans, part))))
    }
    // Merged, as a Collector does.
    await send(Buffer.concat([whole[3]!, whole[11]!, whole[3]!]))
    const size = (await recordsIn(data)).length
    await receiver.kill()
    receiver = await start(data)
    for (const body of whole) await send(body)
    expect(await receiver.stop()).toBe(0)
    const records = await recordsIn(data)
    expect([size, records.length, places.size]).toEqual([240, 240, 240])
    for (const { index, seq } of records) expect(places.get(seq)).toBe(index)
    const report = await audit({ folders: foldersUnder(data), logKey })
    expect(report).toMatchObject({ records: 240, verified: 240, findings: [] })
    return `${answers} requests, ${records.length} leaves for ${places.size} records`
  },
)
