// Scenario: stock senders, each protocol and compression they have, at a real receiver; then at
// one that is busy, and at one that is not there yet. Guarantee: each item is at the sink once and
// as it was made, and the sender was told so; what a sender loses is what its SDK gives up by
// itself.
import { afterAll, beforeAll, expect } from '@jest/globals'
import type { ReceiverProcess } from '../crash/receiver-process.ts'
import { startValve } from '../crash/valve.ts'
import { allAtSink } from './arrival.ts'
import { startBusyFront } from './busy-front.ts'
import type { ItemsSink } from './items-sink.ts'
import { peerTest } from './peer-test.ts'
import { freeAddresses } from './peers.ts'
import { startReceiverAndSink } from './receiver-and-sink.ts'
import {
  type Order,
  type Protocol,
  type Sending,
  type Signal,
  signals,
  startSender,
} from './senders.ts'
import { rowsOf, sdks, type State, type StockRow } from './stock-rows.ts'

/** Three requests of 10, 10 and 5. */
const count = 25

let sink: ItemsSink
let receiver: ReceiverProcess
let stop: () => Promise<void>

beforeAll(async () => {
  ;({ sink, receiver, stop } = await startReceiverAndSink())
})
afterAll(() => stop())

let made = 0
const newRun = (): string => `run-${++made}`

function endpointOf({ endpoint, grpcEndpoint }: ReceiverProcess, protocol: Protocol): string {
  return protocol === 'grpc' ? grpcEndpoint : endpoint
}

const runs: Readonly<Record<State, (row: StockRow) => Promise<void>>> = {
  async ready({ compression, needs, protocol }) {
    const endpoint = endpointOf(receiver, protocol)
    for (const signal of signals) {
      const order = { endpoint, protocol, compression, signal, count, run: newRun() }
      await allArrive(order, startSender(needs, order))
    }
  },
  'busy at first': arriveWhenBusy,
  'not there at first': arriveLate,
}

for (const row of sdks.flatMap(rowsOf)) {
  const { compression, needs, protocol, sender, state } = row
  peerTest(`${sender}, ${protocol}, ${compression}: ${state}`, [needs], () => runs[state](row))
}

/** The first connection is told to come again. */
async function arriveWhenBusy({ isLost, needs, protocol }: StockRow): Promise<void> {
  for (const signal of isLost ? (['traces'] as const) : signals) {
    const front = await startBusyFront(endpointOf(receiver, protocol), protocol)
    try {
      const order = orderOf(front.endpoint, protocol, signal)
      const sending = startSender(needs, order)
      await (isLost ? allLost(sending, /UNAVAILABLE/) : allArrive(order, sending))
      expect(front.refused()).toBeGreaterThan(0)
    } finally {
      await front.close()
    }
  }
}

/** Nobody listens when it begins to send. */
async function arriveLate({ isLost, needs, protocol }: StockRow): Promise<void> {
  const [address] = await freeAddresses(1)
  const order = orderOf(`http://${address}`, protocol, 'traces')
  const sending = startSender(needs, order)
  await sending.sending
  if (isLost) return allLost(sending, /ECONNREFUSED|connection refused/)
  // A receiver takes seconds to start on a busy machine, and a sender gives up after ten.
  const late = await startValve(Number(address!.split(':')[1]))
  late.lead(endpointOf(receiver, protocol))
  try {
    await allArrive(order, sending)
  } finally {
    await late.close()
  }
}

function orderOf(endpoint: string, protocol: Protocol, signal: Signal): Order {
  return { endpoint, protocol, compression: 'gzip', signal, count, run: newRun() }
}

/** It gives up each of its three requests by itself, and says why. */
async function allLost(sending: Sending, why: RegExp): Promise<void> {
  const { failures } = await sending.told
  expect(failures).toEqual(Array(3).fill(expect.stringMatching(why)))
}

/** Each item once, as it was made, and the sender was told of no failure. */
async function allArrive(order: Omit<Order, 'endpoint'>, sending: Sending): Promise<void> {
  const { signal, run } = order
  const { failures, items, requests } = await sending.told
  expect({ failures, said: sending.said() }).toEqual({ failures: [], said: expect.anything() })
  expect(requests).toBeGreaterThan(0)
  expect(sending.said()).not.toMatch(/partial/i)
  await allAtSink(sink, order)
  const ids = sink.itemsOf(signal, run).map(({ traceId, spanId }) => `${traceId}:${spanId}`)
  if (signal === 'traces') expect(ids.toSorted()).toEqual([...items].toSorted())
}
