// Guarantee: what /readyz says of a sink's refusals is what its dead letters say, in both files.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { WireWriter } from '@grantlog/record/otlp'
import { eventually, type Harness, type Sink, startHarness, startSink } from '../../test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'
import type { StreamsPage, StreamsSummary } from './streams.ts'

const producer = createProducer()
let sink: Sink

beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

async function ask({ receiver }: Harness): Promise<[StreamsSummary, StreamsPage]> {
  const base = `http://127.0.0.1:${receiver.adminPort}`
  const paths = ['/readyz', '/grantlog/v1/streams']
  const answers = paths.map(async (path) => (await fetch(`${base}${path}`)).json())
  const [status, page] = await Promise.all(answers)
  return [(status as { streams: StreamsSummary }).streams, page as StreamsPage]
}

async function send(limits: object): Promise<Harness> {
  const sinks = [{ name: 'picky', url: sink.url }]
  const harness = await startHarness({ producers: [producer], sinks, limits })
  await harness.send(signedBody(producer, recordSpans(4)))
  await eventually(() => harness.receiver.status().sinks[0]!.lag.commits === 0)
  return harness
}

test('letters in the file that was set aside are counted', async () => {
  // Four in one request, in halves, then one by one: the first and the third are refused.
  const statuses = [400, 400, 400, 200, 400, 400]
  sink.answer = () => statuses.shift() ?? 200
  await using harness = await send({ deadLetterBytes: 150 })
  expect(existsSync(join(harness.folders.queue, 'picky.dead.1.jsonl'))).toBe(true)
  const [summary, { streams }] = await ask(harness)
  const counts = { forwarded: { picky: 2 }, deadLettered: { picky: 2 } }
  expect(summary).toMatchObject(counts)
  expect(streams).toMatchObject([{ ...counts, uncertain: { picky: 0 } }])
})

test('of a part of a request no more is counted than was refused', async () => {
  const writer = new WireWriter()
  writer.message(1, (inner) => inner.varint(1, 3))
  const answer = { status: 200, type: 'application/x-protobuf', body: writer.finish() }
  sink.answer = () => answer
  await using harness = await send({})
  expect((await ask(harness))[0]).toMatchObject({
    ...{ forwarded: { picky: 1 }, deadLettered: { picky: 3 } },
  })
})
