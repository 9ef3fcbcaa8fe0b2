// Scenario: the load generator of the Collector's authors, at a real receiver. Guarantee: as many
// items as it made are at the sink, none twice.
import { afterAll, beforeAll, expect } from '@jest/globals'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { type ItemsSink, startItemsSink } from './items-sink.ts'
import { peerTest } from './peer-test.ts'
import { runTelemetrygen, signals } from './senders.ts'
import { telemetrygenProtocols } from './stock-rows.ts'

const count = 200

let root: string
let sink: ItemsSink
let receiver: ReceiverProcess

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-telemetrygen-'))
  sink = await startItemsSink()
  receiver = await startReceiverProcess(join(root, 'data'), ['--forward', sink.url])
})
afterAll(async () => {
  await receiver.stop()
  await sink.close()
  await rm(root, { recursive: true, force: true })
})

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
