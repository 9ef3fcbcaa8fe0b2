// Scenario: the load generator of the Collector's authors, at a real receiver. Guarantee: as many
// items as it made are at the sink, none twice.
import { afterAll, beforeAll, expect } from '@jest/globals'
import type { ReceiverProcess } from '../crash/receiver-process.ts'
import type { ItemsSink } from './items-sink.ts'
import { peerTest } from './peer-test.ts'
import { startReceiverAndSink } from './receiver-and-sink.ts'
import { runTelemetrygen, signals } from './senders.ts'
import { telemetrygenProtocols } from './stock-rows.ts'

const count = 200

let sink: ItemsSink
let receiver: ReceiverProcess
let stop: () => Promise<void>

beforeAll(async () => {
  ;({ sink, receiver, stop } = await startReceiverAndSink())
})
afterAll(() => stop())

/** What it makes for one of its `--traces`, `--logs` or `--metrics`. */
const itemsEach = { traces: 2, logs: 1, metrics: 1 }

for (const protocol of telemetrygenProtocols) {
  peerTest(`telemetrygen over ${protocol}`, ['telemetrygen'], async () => {
    const endpoint = protocol === 'grpc' ? receiver.grpcEndpoint : receiver.endpoint
    for (const signal of signals) {
      const run = `${protocol} ${signal}`
      await runTelemetrygen({ endpoint, protocol, signal, count, run })
      const wanted = count * itemsEach[signal]
      await sink.until(() => sink.itemsOf(signal, run).length >= wanted)
      expect(sink.itemsOf(signal, run)).toHaveLength(wanted)
    }
    const spans = sink.itemsOf('traces', `${protocol} traces`)
    expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
  })
}
