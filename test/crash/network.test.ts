// Scenario: the cable between producers and receiver, or between receiver and sink, is pulled under
// load and plugged in again; packets are lost.
// Guarantee: what has a receipt is in the log once; the sink gets every record and every span that
// was acknowledged; who still has a network goes on.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { expect } from '@jest/globals'
import { audit, foldersUnder, openReader } from '@grantlog/ledger'
import { spansIn, textOf } from '../../packages/sdk/test/fixtures/otlp.ts'
import { newDataFolder, requireSound } from './data-folder.ts'
import { faultTest } from './fault.ts'
import { type Cable, newNamespace, noNamespace, noPacketLoss } from './network.ts'
import { startReceiverProcess } from './receiver-process.ts'
import { enrolApi, newPlace, startApp } from './reconciled.ts'
import { startRelay } from './relay.ts'
import { type SenderLoop, startSenders } from './sender-loop.ts'

const skip = noNamespace()
const cutMs = 1_500

interface Sink extends AsyncDisposable {
  readonly url: string
  /** Indexes of records in the log. */
  readonly indexes: ReadonlySet<number>
  /** Names of spans that are not audit. */
  readonly names: ReadonlySet<string>
}

async function startSink(host: string): Promise<Sink> {
  const indexes = new Set<number>()
  const names = new Set<string>()
  const server = createServer(async (request, response) => {
    for (const span of spansIn(await buffer(request))) {
      const index = textOf(span, 'grantlog.index')
      if (index === '') names.add(span.name)
      else indexes.add(Number(index))
    }
    response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  }).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://${host}:${port}`,
    indexes,
    names,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Cables {
  readonly front: Cable
  readonly back: Cable
}

/** Runs `work` with senders in front of a receiver behind cables, and a sink at its back. */
async function behindCables(
  work: (senders: SenderLoop, cables: Cables) => Promise<string>,
): Promise<string> {
  await using namespace = await newNamespace()
  const front = await namespace.addCable()
  const back = await namespace.addCable()
  await using sink = await startSink(back.near)
  await using place = await newDataFolder()
  const args = ['--forward', sink.url]
  const receiver = await startReceiverProcess(place.data, args, namespace.launch)
  const farPort = await namespace.relay(front.far, Number(new URL(receiver.endpoint).port))
  await using relay = await startRelay({ host: '127.0.0.1', toHost: front.far, toPort: farPort })
  const endpoint = `http://127.0.0.1:${relay.port}`
  const senders = startSenders(place, endpoint, { passThrough: true })
  try {
    await senders.more(100)
    const seen = await work(senders, { front, back })
    await senders.stop()
    while (!hasAll(sink, senders)) await delay(50)
    const code = await receiver.stop()
    if (code !== 0) throw new Error(`it stopped with ${code}: ${receiver.log()}`)
    const inLog = await requireSound(place, senders.receipted)
    return `${seen}; ${senders.receipted.length} receipted, ${inLog} in the log and at the sink`
  } finally {
    await senders.stop()
    await receiver.kill()
  }
}

function hasAll({ indexes, names }: Sink, { passed, receipted }: SenderLoop): boolean {
  return receipted.every(({ index }) => indexes.has(index)) && passed.every((one) => names.has(one))
}

faultTest(
  {
    where: 'both sides',
    fault: 'the cable between producers and receiver is pulled, three times (veth down)',
    expected: 'they go on by themselves; each record is sealed once, and at the sink',
    skip,
  },
  () =>
    behindCables(async (senders, { front }) => {
      for (let i = 0; i < 3; i++) {
        await front.pull()
        await delay(cutMs)
        await front.plug()
        await senders.more(100)
      }
      return 'pulled 3 times'
    }),
)

faultTest(
  {
    where: 'sink',
    fault: 'the cable between receiver and sink is pulled, twice (veth down)',
    expected: 'receipts go on meanwhile; the sink gets every record and span afterwards',
    skip,
  },
  () =>
    behindCables(async (senders, { back }) => {
      const before = senders.receipted.length
      for (let i = 0; i < 2; i++) {
        await back.pull()
        await senders.more(400)
        await back.plug()
        await senders.more(100)
      }
      return `${senders.receipted.length - before} receipted meanwhile`
    }),
)

faultTest(
  {
    where: 'both sides',
    fault: 'the cable between a service and the receiver is pulled, three times (veth down)',
    expected: 'the service answers as before; emitted = sealed',
    skip,
  },
  async () => {
    await using namespace = await newNamespace()
    const front = await namespace.addCable()
    const place = newPlace()
    const receiver = await startReceiverProcess(place.data, [], namespace.launch)
    const farPort = await namespace.relay(front.far, Number(new URL(receiver.endpoint).port))
    await using relay = await startRelay({ host: '127.0.0.1', toHost: front.far, toPort: farPort })
    const credentials = await enrolApi(place, `http://127.0.0.1:${relay.port}`)
    const app = await startApp(place, credentials)
    let asked = 0
    const ask = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await requireAnswer(`${app.url}/orders/${1000 + asked++}`)
    }
    try {
      for (let i = 0; i < 3; i++) {
        await front.pull()
        await ask(40)
        await delay(cutMs)
        await front.plug()
        await ask(20)
      }
      await untilRecords(place.data, asked)
      await app.end()
      const code = await receiver.stop()
      if (code !== 0) throw new Error(`it stopped with ${code}: ${receiver.log()}`)
      const folders = foldersUnder(place.data)
      const { findings, gaps, records, streams } = await audit({ folders, logKey: receiver.logKey })
      const closed = streams.every((stream) => stream.closed && stream.dropped === 0)
      expect({ findings, gaps, records, closed }).toEqual({
        findings: [],
        gaps: 0,
        records: asked,
        closed: true,
      })
      return `pulled 3 times, ${asked} answered, ${records} in the log, no number missing`
    } finally {
      await app.kill()
      await receiver.kill()
      place.remove()
    }
  },
)

/** The answer that the service gives without us. */
async function requireAnswer(url: string): Promise<void> {
  const authorization = 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.'
  const response = await fetch(url, { headers: { authorization } })
  expect([response.status, await response.text()]).toEqual([200, '{}'])
}

/** Resolves when the log has so many records; rejects after two minutes. */
async function untilRecords(data: string, expected: number): Promise<void> {
  const until = Date.now() + 120_000
  for (let found = -1; found < expected; await delay(200)) {
    if (Date.now() > until) throw new Error(`${found} of ${expected} records after two minutes`)
    found = 0
    const reader = await openReader(foldersUnder(data))
    for await (const { entries } of reader.frames(0)) {
      found += entries.filter(({ leaf }) => leaf.type === 'record').length
    }
    await reader.close()
  }
}

faultTest(
  {
    where: 'both sides',
    fault: 'one packet of ten is lost between producers and receiver (tc netem)',
    expected: 'slower; each record is sealed once, and at the sink',
    skip: noPacketLoss(),
  },
  () => behindCables(async (senders) => senders.more(400).then(() => 'one of ten packets lost')),
)
