// Scenario: a Collector between a service and the receiver, with each processor that may meet
// audit spans; then with all of them, in the topology that keeps them off. Guarantee: what a
// processor did to records is told (a code, or gaps), nothing of it is sealed, and what came as it
// was made is verified; in that topology all is.
import { afterEach, beforeEach, expect } from '@jest/globals'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { run } from '../crash/data-folder.ts'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { bodyOf, newPlace, type Place, spansOf } from '../crash/senders.ts'
import { type BetweenRow, betweenRows } from './between-rows.ts'
import { peerTest } from './peer-test.ts'
import { startCollector } from './peers.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const topologies = join(import.meta.dirname, '../../collector-config')
const inFront = join(topologies, 'collector-in-front/collector.yaml')
const count = 40

let place: Place
let receiver: ReceiverProcess

beforeEach(async () => {
  place = await newPlace(1)
  receiver = await startReceiverProcess(place.data)
})
afterEach(async () => {
  await receiver.stop()
  await rm(place.data, { recursive: true, force: true })
})

for (const row of betweenRows) {
  peerTest(`${row.processor} ${row.does}: ${row.seen}`, ['otelcol-peer'], () => alone(row))
}
peerTest('all of them for the rest, and none for audit spans', ['otelcol-peer'], keptOff)

async function alone({ committed, config, processor, refused }: BetweenRow): Promise<void> {
  const log = await send(
    stringify({
      receivers: { otlp: { protocols: { http: { endpoint: '${env:OTLP_HTTP}' } } } },
      processors: { [processor]: config },
      exporters: { otlphttp: { endpoint: '${env:GRANTLOG_URL}', compression: 'gzip' } },
      service: {
        telemetry: { metrics: { level: 'none' } },
        pipelines: {
          traces: { receivers: ['otlp'], processors: [processor], exporters: ['otlphttp'] },
        },
      },
    }),
  )
  const status = await settled()
  const refusals = Object.entries(status.refused).filter(([, times]) => times > 0)
  expect(refusals).toEqual(refused === null ? [] : [[refused, count - committed]])
  expect(status.committed).toBe(committed)
  // A Collector is told of refused spans, as of a partial success, and has them in its log.
  expect(log.includes('Partial success')).toBe(refused !== null)
  const report = await verified()
  expect(report).toMatchObject({ records: committed, verified: committed, findingsCount: 0 })
  if (committed > 0) expect(report.gaps > 0).toBe(committed < count)
}

async function keptOff(): Promise<void> {
  const topology = parse(await readFile(inFront, 'utf8')) as {
    processors: Record<string, object>
    service: { pipelines: Record<string, { processors: string[] }> }
  }
  const names = betweenRows.map(({ config, processor }, at) => {
    topology.processors[`${processor}/${at}`] = config
    return `${processor}/${at}`
  })
  topology.service.pipelines['traces/rest']!.processors = ['filter/no_audit', ...names]
  await send(stringify(topology))
  const status = await settled()
  expect(status).toMatchObject({ committed: count, received: count })
  const report = await verified()
  expect(report).toMatchObject({ records: count, verified: count, findingsCount: 0, gaps: 0 })
}

/** Sends the records of one batch through a Collector, and gives its log once it has ended. */
async function send(yaml: string): Promise<string> {
  const collector = await startCollector(yaml, { GRANTLOG_URL: receiver.endpoint })
  const body = bodyOf(place.producers[0]!, spansOf(0, count)) as Uint8Array<ArrayBuffer>
  const headers = { 'content-type': 'application/x-protobuf' }
  const url = `${collector.httpUrl}/v1/traces`
  try {
    const answer = await fetch(url, { method: 'POST', headers, body })
    expect(answer.status).toBe(200)
    await settled()
  } finally {
    // It sends what it has before it ends.
    await collector.stop()
  }
  return collector.log()
}

interface Status {
  readonly received: number
  readonly committed: number
  readonly refused: Readonly<Record<string, number>>
}

/** Once some have come and what was taken is sealed. */
async function settled(): Promise<Status> {
  for (let tries = 0; tries < 1_000; tries++) {
    const answer = await fetch(`${receiver.adminEndpoint}/readyz`)
    const status = (await answer.json()) as Status & { size: number; published: number }
    if (status.received > 0 && status.size === status.published) return status
    await delay(50)
  }
  throw new Error('nothing came, or it was not sealed')
}

async function verified(): Promise<{ readonly gaps: number }> {
  const flags = ['--data', place.data, '--key', place.logKey, '--json']
  const { output } = await run([process.execPath, main, 'verify', ...flags])
  return JSON.parse(output.trim().split('\n').at(-1)!) as { gaps: number }
}
