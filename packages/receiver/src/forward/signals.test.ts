// Guarantee: logs and metrics reach each sink at their own path, byte for byte, and never hold up
// its spans; what has nowhere to go is counted, and told once.
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  eventually,
  newData,
  rawRequest,
  type Sink,
  startHarness,
  startSink,
} from '../../test/harness.ts'
import { logsBody, metricsBody } from '../../test/other-signals.ts'
import { plainBody } from '../../test/producer.ts'

let sink: Sink

beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

async function send(port: number, signal: string, body: Uint8Array): Promise<[number, string]> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const request = { method: 'POST', path: `/v1/${signal}`, headers, body }
  const answer = await rawRequest(port, request)
  return [answer.status, answer.body.toString()]
}

const limits = { backoffMinMs: 1, backoffMaxMs: 5 }
const toSink = (more: object = {}) => [{ name: 'collector', url: sink.url, ...more }]

test('each signal goes to its own path, byte for byte', async () => {
  await using harness = await startHarness({ sinks: toSink() })
  const port = harness.receiver.otlpPort
  const bodies = { logs: logsBody({ a: '1' }), metrics: metricsBody(3), traces: plainBody() }
  for (const [signal, body] of Object.entries(bodies)) {
    expect(await send(port, signal, body)).toEqual([200, ''])
  }
  await sink.until(() => sink.taken.length === 3)
  const taken = new Map(sink.paths.map((path, at) => [path, sink.taken[at]]))
  for (const [signal, body] of Object.entries(bodies)) {
    expect(taken.get(`/v1/${signal}`)).toEqual(Buffer.from(body))
  }
  expect(harness.receiver.status()).toMatchObject({
    passedThrough: 1,
    logs: { passedThrough: 1, discarded: 0, audit: 0 },
    metrics: { passedThrough: 3, discarded: 0 },
  })
})

test('log records lose attributes that look like our marks', async () => {
  await using harness = await startHarness({ sinks: toSink() })
  const port = harness.receiver.otlpPort
  const faked = logsBody({ a: '1', 'grantlog.verdict': 'verified' }, { b: '2' })
  expect(await send(port, 'logs', faked)).toEqual([200, ''])
  await sink.until(() => sink.taken.length === 1)
  const clean = logsBody({ a: '1' }, { b: '2' })
  expect(sink.taken[0]).toEqual(Buffer.from(clean))
  expect(harness.receiver.status().logs).toMatchObject({ passedThrough: 2, audit: 0 })
})

test('a sink without a path for logs gets its spans, and the logs when it has one', async () => {
  let hasLogs = false
  sink.answer = (_, path) => (path === '/v1/logs' && !hasLogs ? 404 : 200)
  const data = await newData()
  {
    await using harness = await startHarness({ data, limits, sinks: toSink() })
    const port = harness.receiver.otlpPort
    await send(port, 'logs', logsBody({ a: '1' }))
    await sink.until(() => sink.statuses.includes(404))
    await send(port, 'traces', plainBody())
    await sink.until(() => sink.taken.length === 1)
    await eventually(() => harness.receiver.status().sinks[0]!.lag.passThrough === 1)
    expect(sink.paths).toEqual(['/v1/traces'])
  }
  hasLogs = true
  await using harness = await startHarness({ data, limits, sinks: toSink() })
  await sink.until(() => sink.paths.includes('/v1/logs'))
  await eventually(() => harness.receiver.status().sinks[0]!.lag.passThrough === 0)
})

test.each([
  ['no sink', () => []],
  [
    'a sink whose URL leads to no logs',
    () => toSink({ url: sink.url.replace('/v1/traces', '/x') }),
  ],
  ['a sink that is to have no logs', () => toSink({ signals: ['traces', 'metrics'] })],
])('%s: they are taken, counted as discarded, and said so once', async (_what, sinks) => {
  await using harness = await startHarness({ sinks: sinks() as never })
  const port = harness.receiver.otlpPort
  for (const _ of [1, 2]) expect(await send(port, 'logs', logsBody({ a: '1' }))).toEqual([200, ''])
  expect(harness.receiver.status().logs).toMatchObject({ passedThrough: 0, discarded: 2 })
  const told = harness.events.filter(({ code }) => code === 'PASS_THROUGH_DISCARDED')
  expect(told).toEqual([{ code: 'PASS_THROUGH_DISCARDED', level: 'warn', signal: 'logs' }])
})

test.each(['logs', 'metrics'])('%s that are none are 400', async (signal) => {
  await using harness = await startHarness({ sinks: toSink() })
  for (const bad of [
    [0x08, 0x01],
    [0x0a, 0x02, 0x10, 0x01],
    [0x0a, 0xff],
  ]) {
    const [status] = await send(harness.receiver.otlpPort, signal, Uint8Array.from(bad))
    expect(status).toBe(400)
  }
})
