// Scenario: a Collector before a receiver that is busy, or not there yet. Guarantee: nothing is
// lost, whatever the protocol: each item is at the sink once and as it was made.
import { afterAll, beforeAll, expect } from '@jest/globals'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { allAtSink } from './arrival.ts'
import { startBusyFront } from './busy-front.ts'
import type { ItemsSink } from './items-sink.ts'
import { peerTest } from './peer-test.ts'
import { type Collector, freeAddresses, startCollector } from './peers.ts'
import { startReceiverAndSink } from './receiver-and-sink.ts'
import { type Protocol, startSender } from './senders.ts'
import { collectorProtocols } from './stock-rows.ts'

const count = 25

let root: string
let sink: ItemsSink
let receiver: ReceiverProcess
let stop: () => Promise<void>

beforeAll(async () => {
  ;({ root, sink, receiver, stop } = await startReceiverAndSink())
})
afterAll(() => stop())

for (const protocol of collectorProtocols) {
  peerTest(`${protocol}: busy at first`, ['otelcol-peer', 'sender-go'], async () => {
    const target = protocol === 'grpc' ? receiver.grpcEndpoint : receiver.endpoint
    const front = await startBusyFront(target, protocol)
    const collector = await startCollector(configOf(front.endpoint, protocol))
    try {
      const run = `busy ${protocol}`
      await send(collector, run)
      await allAtSink(sink, { signal: 'traces', count, run })
      expect(front.refused()).toBeGreaterThan(0)
    } finally {
      await collector.stop()
      await front.close()
    }
  })

  peerTest(`${protocol}: not there at first`, ['otelcol-peer', 'sender-go'], async () => {
    const [address] = await freeAddresses(1)
    const collector = await startCollector(configOf(`http://${address}`, protocol))
    const run = `late ${protocol}`
    try {
      await send(collector, run)
      while (!collector.log().includes('connection refused')) await delay(20)
      const port = [protocol === 'grpc' ? '--grpc-port' : '--port', address!.split(':')[1]!]
      const folder = join(root, protocol.replace('/', '-'))
      const late = await startReceiverProcess(folder, [...port, '--forward', sink.url])
      try {
        await allAtSink(sink, { signal: 'traces', count, run })
      } finally {
        await late.stop()
      }
    } finally {
      await collector.stop()
    }
  })
}

async function send(collector: Collector, run: string): Promise<void> {
  const endpoint = collector.httpUrl
  const way = { protocol: 'http/protobuf', compression: 'gzip', signal: 'traces' } as const
  const { told } = startSender('sender-go', { endpoint, ...way, count, run })
  expect(await told).toMatchObject({ failures: [] })
}

/** As it comes, but for how soon it tries again. */
function configOf(target: string, protocol: Protocol): string {
  const waits = 'retry_on_failure: { initial_interval: 500ms }'
  const exporter =
    protocol === 'grpc'
      ? `otlp: { endpoint: "${new URL(target).host}", tls: { insecure: true }, ${waits} }`
      : `otlphttp: { endpoint: "${target}", encoding: ${encodings[protocol]}, ${waits} }`
  return `
receivers: { otlp: { protocols: { http: { endpoint: "\${env:OTLP_HTTP}" } } } }
exporters:
  ${exporter}
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [${exporter.split(':')[0]}] } }
`
}

const encodings = { 'http/protobuf': 'proto', 'http/json': 'json' }
