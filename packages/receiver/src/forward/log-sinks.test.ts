// Guarantee: every sealed log record reaches every sink that takes log records, in order, however
// long the sink was away and whatever was dropped from its queue; what it is shown says where in
// the log it is, and nothing personal unless the sink may have that.
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { leafHash } from '@grantlog/tlog'
import { type Folders, foldersUnder, sha256 } from '@grantlog/ledger'
import { base64url, type LogRecord, textOf } from '@grantlog/record'
import { decodeLogsRequest } from '@grantlog/record/otlp'
import { deletion, encodeLogs, type Fields, type Value } from '@grantlog/record/testing'
import {
  eventually,
  type Harness,
  newData,
  rawRequest,
  type Sink,
  startHarness,
  startSink,
} from '../../test/harness.ts'
import { logsBody } from '../../test/other-signals.ts'
import { type SearchServer, startSearchServer } from '../../test/search-server.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'

const limits = { backoffMinMs: 1, backoffMaxMs: 5, sinkPaceMs: 0 }
let data: string
let folders: Folders
let sink: Sink
let other: Sink

beforeEach(async () => {
  data = await newData()
  folders = foldersUnder(data)
  sink = await startSink()
  other = await startSink()
})
afterEach(async () => {
  await sink.close()
  await other.close()
})

const idOf = (n: number): string => `019aaf25-0c00-7000-8000-${n.toString(16).padStart(12, '0')}`

const deletionOf = (n: number, more: Record<string, Value> = {}): Fields => ({
  ...deletion,
  attributes: { ...deletion.attributes, ...more, 'audit.record.id': idOf(n) },
})

async function send({ receiver }: Harness, body: Uint8Array): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const request = { method: 'POST', path: '/v1/logs', headers, body }
  expect((await rawRequest(receiver.otlpPort, request)).status).toBe(200)
}

async function sendDeletions(harness: Harness, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n += 5) {
    const logs = Array.from({ length: Math.min(5, to - n) }, (_, at) => deletionOf(n + at))
    await send(harness, encodeLogs(logs))
  }
}

const isTaken = ({ receiver }: Harness): boolean =>
  receiver.status().sinks.every(({ lag }) => lag.logs === 0 && lag.passThrough === 0)

/** The sealed log records that the sink took, as it reads them. */
function taken(): LogRecord[] {
  return sink.taken
    .filter((_, at) => sink.paths[at] === '/v1/logs')
    .flatMap((body) => [...decodeLogsRequest(body).logs()])
    .map((log) => {
      if ('error' in log) throw log.error
      return log
    })
}
const text = ({ attributes }: LogRecord, name: string): string | undefined =>
  textOf(attributes[name])
const idsTaken = (): string[] => taken().map((log) => text(log, 'audit.record.id') ?? '')
const ids = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, at) => idOf(from + at))

const toSink = (more: object = {}) => [{ name: 'collector', url: sink.url, ...more }]

describe('a sink that is down', () => {
  test('for longer than its queue holds gets all of them when it is back, in order', async () => {
    sink.answer = () => 503
    const bound = { ...limits, bodyBytes: 1024 * 1024, queueBytes: 4 * 1024 * 1024 }
    {
      await using harness = await startHarness({ data, limits: bound, sinks: toSink() })
      await sendDeletions(harness, 0, 20)
      // What is not audit fills the queue, over several of its files.
      const app = logsBody({ filler: 'x'.repeat(900_000) })
      for (let n = 0; n < 40; n++) await send(harness, app)
      expect(harness.events.map(({ code }) => code)).toContain('PASS_THROUGH_DROPPED')
      await sendDeletions(harness, 20, 40)
      expect(idsTaken()).toEqual([])
    }
    sink.answer = () => 200
    await using harness = await startHarness({ data, limits: bound, sinks: toSink() })
    await eventually(() => isTaken(harness))
    expect(idsTaken()).toEqual(ids(0, 40))
    expect(harness.events.map(({ code }) => code)).not.toContain('SINK_LOGS_FROM_LEDGER')
  })

  test('for logs alone, as Jaeger, gets its spans meanwhile', async () => {
    let hasLogs = false
    sink.answer = (_, path) => (path === '/v1/logs' && !hasLogs ? 404 : 200)
    const producer = createProducer()
    await using harness = await startHarness({
      ...{ data, limits, sinks: toSink(), producers: [producer] },
    })
    await sendDeletions(harness, 0, 5)
    await harness.send(signedBody(producer, recordSpans(3)))
    await eventually(() => harness.receiver.status().sinks[0]!.lag.commits === 0)
    expect(harness.receiver.status().sinks[0]!.lag.logs).toBeGreaterThan(0)
    hasLogs = true
    await eventually(() => isTaken(harness))
    expect(idsTaken()).toEqual(ids(0, 5))
  })
})

test('it is told where in the log each is, and what came of its signature', async () => {
  await using harness = await startHarness({ data, limits, sinks: toSink() })
  await sendDeletions(harness, 0, 3)
  await eventually(() => isTaken(harness))
  for (const log of taken()) {
    const index = Number(text(log, 'grantlog.index'))
    const entry = await harness.ledger.entry(index)
    expect(text(log, 'grantlog.leaf')).toBe(base64url(leafHash(sha256, entry)))
    expect(text(log, 'grantlog.origin')).toBe('example.com/log')
    expect(text(log, 'grantlog.verdict')).toBe('observed')
    expect(log).toMatchObject({
      ...{ eventName: 'document.deleted', severityNumber: 9, severityText: 'INFO', body: {} },
      ...{ traceId: '5b8aa5a2d2c872e8321cf37308d69df2', spanId: '051581bf3cb55c13', flags: 1 },
      ...{ timeUnixNano: deletion.time, observedTimeUnixNano: deletion.observed },
      resource: { attributes: { 'service.name': { stringValue: 'billing' } } },
      scope: { name: 'billing' },
    })
  }
})

test('it is shown slots only if it may have all that is personal', async () => {
  const sinks = [...toSink({ personalData: 'full' }), { name: 'other', url: other.url }]
  await using harness = await startHarness({ data, limits, sinks })
  await send(harness, encodeLogs([deletionOf(1, { 'user.hash': 'p1.alice', share: 0.25 })]))
  await eventually(() => isTaken(harness))
  const [log] = taken()
  expect(log).toMatchObject({
    body: { stringValue: 'alice deleted invoice 17' },
    attributes: {
      'user.id': { stringValue: 'alice' },
      'client.address': { stringValue: '203.0.113.7' },
      'document.number': { intValue: '9007199254740993' },
      share: { doubleValue: '3fd0000000000000' },
      'audit.slot.user.salt': { stringValue: expect.stringMatching(/^[\w-]{22}$/) },
      'audit.slot.body.salt': { stringValue: expect.stringMatching(/^[\w-]{22}$/) },
    },
  })
  expect(log!.attributes).not.toHaveProperty(['audit.slot.user.commitment'])
  const all = Buffer.concat(other.taken).toString()
  for (const personal of ['alice', '203.0.113.7', 'invoice']) expect(all).not.toContain(personal)
  expect(all).toContain('audit.slot.user.commitment')
})

test('a filter is for them, too, and what passes through is not', async () => {
  const filter = { outcomes: ['denied'] }
  await using harness = await startHarness({ data, limits, sinks: toSink({ filter }) })
  const denied = deletionOf(2, { 'audit.outcome': 'denied' })
  await send(harness, encodeLogs([deletionOf(1), denied, { body: 'app' }, deletionOf(3)]))
  await eventually(() => isTaken(harness))
  expect(idsTaken()).toEqual([idOf(2)])
  expect(harness.receiver.status().logs).toMatchObject({ discarded: 1 })
})

test('a sink that is to have no logs gets none', async () => {
  await using harness = await startHarness({ data, limits, sinks: toSink({ signals: ['traces'] }) })
  await sendDeletions(harness, 0, 5)
  expect(harness.receiver.status().sinks).toMatchObject([{ lag: { logs: 0 }, forwarded: 0 }])
  expect(sink.statuses).toEqual([])
})

test('what comes again is not forwarded again', async () => {
  await using harness = await startHarness({ data, limits, sinks: toSink() })
  await sendDeletions(harness, 0, 5)
  await eventually(() => isTaken(harness))
  await sendDeletions(harness, 0, 10)
  await eventually(() => isTaken(harness))
  expect(idsTaken()).toEqual(ids(0, 10))
})

test('one that it refuses alone is a dead letter, and the others reach it', async () => {
  sink.answer = (body) => (Buffer.from(body).includes(idOf(3)) ? 400 : 200)
  await using harness = await startHarness({ data, limits, sinks: toSink() })
  await send(harness, encodeLogs([1, 2, 3, 4].map((n) => deletionOf(n))))
  await eventually(() => isTaken(harness))
  expect(idsTaken().toSorted()).toEqual([1, 2, 4].map(idOf))
  expect(harness.events).toContainEqual(
    expect.objectContaining({ code: 'SINK_REFUSED', source: 'ledger-logs', spans: 1 }),
  )
})

describe.each(['opensearch', 'elasticsearch'] as const)('%s', (type) => {
  let server: SearchServer
  beforeEach(async () => {
    server = await startSearchServer()
  })
  afterEach(() => server.close())

  test('gets each as a document, once, in a data stream of its own', async () => {
    const sinks = [{ name: 'search', type, url: server.url }]
    {
      await using harness = await startHarness({ data, limits, sinks })
      await sendDeletions(harness, 0, 10)
      await eventually(() => isTaken(harness))
      expect(server.requests).toContain('PUT /_index_template/grantlog-log')
      expect(server.requests).toContain('PUT /logs-grantlog.log-default/_bulk')
    }
    expect([...server.documents.keys()]).toEqual(ids(0, 10))
    const document = server.documents.get(idOf(7))!
    expect(document).toMatchObject({
      event: { action: 'document.delete', outcome: 'success', dataset: 'grantlog.log' },
      grantlog: { verdict: 'observed', origin: 'example.com/log' },
      service: { name: 'billing' },
    })
    expect(JSON.stringify(document)).not.toMatch(/"alice"|203\.0\.113\.7|invoice/)
    // A crash before its offset was durable: all come again, and are there already.
    await rm(join(folders.queue, 'search.ledger-logs.offset'))
    const before = new Map(server.documents)
    await using again = await startHarness({ data, limits, sinks })
    await eventually(() => isTaken(again))
    expect(server.documents).toEqual(before)
    expect(again.receiver.status().sinks).toMatchObject([{ forwarded: 10, refused: 0 }])
  })
})
