// Scenario: stock senders, each protocol and compression they have, at a real receiver; then at one
// that is busy, and at one that is not there yet. Guarantee: each item is at the sink once and as it
// was made, and the sender was told so; what a sender loses is what its SDK gives up by itself.
import { afterAll, beforeAll, expect } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { startBusyFront } from './busy-front.ts'
import { conformanceRow } from './conformance.ts'
import { type ItemsSink, startItemsSink } from './items-sink.ts'
import { peerTest } from './peer-test.ts'
import { freeAddresses, startCollector } from './peers.ts'
import {
  expectedContent,
  type Order,
  type Protocol,
  runTelemetrygen,
  type SdkName,
  type Sending,
  type Signal,
  signals,
  startSender,
} from './senders.ts'

/** Three requests of 10, 10 and 5. */
const count = 25

let root: string
let sink: ItemsSink
let receiver: ReceiverProcess

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-senders-'))
  sink = await startItemsSink()
  receiver = await startReceiverProcess(join(root, 'data'), ['--forward', sink.url])
})
afterAll(async () => {
  await receiver.stop()
  await sink.close()
  await rm(root, { recursive: true, force: true })
})

interface Sdk {
  readonly name: SdkName
  readonly title: string
  readonly ways: Readonly<Partial<Record<Protocol, readonly string[]>>>
}

const sdks: readonly Sdk[] = [
  {
    name: 'sender-js',
    title: 'JavaScript SDK 3.1.0',
    ways: {
      grpc: ['none', 'gzip'],
      'http/protobuf': ['none', 'gzip'],
      'http/json': ['none', 'gzip'],
    },
  },
  {
    name: 'sender-python',
    title: 'Python SDK 1.45.2',
    ways: { grpc: ['none', 'gzip', 'deflate'], 'http/protobuf': ['none', 'gzip', 'deflate'] },
  },
  {
    name: 'sender-go',
    title: 'Go SDK 1.47.0',
    ways: { grpc: ['none', 'gzip'], 'http/protobuf': ['none', 'gzip'] },
  },
  {
    name: 'sender-java',
    title: 'Java SDK 1.68.0',
    ways: { grpc: ['none', 'gzip'], 'http/protobuf': ['none', 'gzip'] },
  },
]

const table = 'Stock senders'
let runs = 0
const newRun = (): string => `run-${++runs}`

function endpointOf({ endpoint, grpcEndpoint }: ReceiverProcess, protocol: Protocol): string {
  return protocol === 'grpc' ? grpcEndpoint : endpoint
}

for (const { name, title, ways } of sdks) {
  for (const [protocol, compressions] of Object.entries(ways) as [Protocol, string[]][]) {
    for (const compression of compressions) {
      peerTest(`${title}, ${protocol}, ${compression}`, [name], async () => {
        const endpoint = endpointOf(receiver, protocol)
        for (const signal of signals) {
          const order = { endpoint, protocol, compression, signal, count, run: newRun() }
          await allArrive(order, startSender(name, order))
        }
        tell({ sender: title, protocol, compression })
      })
    }
    peerTest(`${title}, ${protocol}, to a receiver that is busy`, [name], async () => {
      const front = await startBusyFront(endpointOf(receiver, protocol), protocol)
      try {
        for (const signal of signals) {
          const { endpoint } = front
          const order = { ...{ endpoint, protocol, signal, count }, ...quiet() }
          await allArrive(order, startSender(name, order))
        }
        expect(front.refused()).toBeGreaterThan(0)
      } finally {
        await front.close()
      }
      tell({ sender: title, protocol, compression: 'gzip', state: 'busy at first' })
    })
    peerTest(`${title}, ${protocol}, before the receiver is there`, [name], async () => {
      const [address] = await freeAddresses(1)
      const port = address!.split(':')[1]!
      const order = { ...{ endpoint: `http://${address}`, protocol, count }, ...quiet() }
      const sending = startSender(name, { ...order, signal: 'traces' })
      await sending.sending
      const flag = protocol === 'grpc' ? '--grpc-port' : '--port'
      const args = [flag, port, '--forward', sink.url]
      const late = await startReceiverProcess(join(root, `late-${runs}`), args)
      try {
        await allArrive({ ...order, signal: 'traces' }, sending)
      } finally {
        await late.stop()
      }
      tell({ sender: title, protocol, compression: 'gzip', state: 'not there at first' })
    })
  }
}

function quiet(): Pick<Order, 'compression' | 'run'> {
  return { compression: 'gzip', run: newRun() }
}

/** Each item once, as it was made, and the sender was told of no failure. */
async function allArrive(order: Omit<Order, 'endpoint'>, sending: Sending): Promise<void> {
  const { signal, run } = order
  const { failures, items, requests } = await sending.told
  expect({ failures, said: sending.said() }).toEqual({ failures: [], said: expect.anything() })
  expect(requests).toBeGreaterThan(0)
  await allAtSink(signal, run)
  const ids = sink.itemsOf(signal, run).map(({ traceId, spanId }) => `${traceId}:${spanId}`)
  if (signal === 'traces') expect(ids.toSorted()).toEqual([...items].toSorted())
}

async function allAtSink(signal: Signal, run: string): Promise<void> {
  await sink.until(() => sink.itemsOf(signal, run).length >= count)
  const expected = Array.from({ length: count }, (_, i) => expectedContent(signal, i, run))
  const byNumber = sink
    .itemsOf(signal, run)
    .toSorted((a, b) => numberOf(a.attributes) - numberOf(b.attributes))
  const members = Object.keys(expected[0]!)
  const contents = byNumber.map((item) =>
    Object.fromEntries(members.map((member) => [member, item[member]])),
  )
  expect(contents).toEqual(expected)
}

function numberOf(attributes: Readonly<Record<string, { readonly intValue?: string }>>): number {
  return Number(attributes['conformance.item']?.intValue)
}

function tell(way: {
  readonly sender: string
  readonly protocol: Protocol
  readonly compression: string
  readonly state?: string
}): void {
  const { state = 'ready', ...rest } = way
  const kept = 'each item once, unchanged'
  const sent = state === 'not there at first' ? 'traces' : signals.join(', ')
  conformanceRow({ table, cells: { ...rest, receiver: state, signals: sent, result: kept } })
}
