// Guarantee: every metric of the table is told, and no other; what it says is what /readyz says; it
// names no person, and whoever pushes hears of an endpoint that does not take it.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { beforeAll, expect, test } from '@jest/globals'
import { commitFolder, foldersUnder, localDisk, openLedger } from '@grantlog/ledger'
import { enrol, newData, rawRequest, startHarness } from '../../test/harness.ts'
import { certificateFiles, secureRequest } from '../../test/secure.ts'
import { logsBody, metricsBody } from '../../test/other-signals.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'
import { type LogEvent, startReceiver } from '../index.ts'
import { createMetrics } from './metrics.ts'
import { prometheusName } from './prometheus-name.ts'
import { type MetricDescription, METRICS } from './table.ts'
import { timedFiles } from './timed-files.ts'

const described = Object.entries<MetricDescription>(METRICS)
const nameOf = (name: string, { kind, unit }: MetricDescription): string =>
  `${prometheusName(name, unit)}${kind === 'counter' ? '_total' : ''}`

/** Values by name and attribute. */
function valuesIn(text: string): Map<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]),
  )
}

const [producer, stranger] = [createProducer(), createProducer()]
let text: string
let status: Record<string, unknown>

beforeAll(async () => {
  await using certificate = await certificateFiles()
  const metrics = createMetrics()
  const data = await newData()
  const folders = foldersUnder(data)
  await enrol(folders, [producer])
  const files = timedFiles(localDisk.files, commitFolder(folders), metrics.synced)
  const ledger = await openLedger(folders, {}, { ...localDisk, files })
  const receiver = await startReceiver({
    ...{ ledger, folders, metrics },
    ...{ otlp: { port: 0 }, grpc: { port: 0 }, admin: { port: 0 } },
    sinks: [{ name: 'nowhere', url: 'http://127.0.0.1:9/v1/traces' }],
    mainLimits: { diskBytes: 2 ** 40 },
    tls: { cert: certificate.tls.cert, key: certificate.tls.key },
    furtherMetrics: () => Promise.resolve('further_metric 1\n'),
  })
  const ca = certificate.authority.cert
  const post = (path: string, body: Uint8Array) =>
    secureRequest(receiver.otlpPort, { ca, path, body })
  await post('/v1/traces', signedBody(producer, recordSpans(5)))
  await post('/v1/traces', signedBody(stranger, recordSpans(3)))
  await post('/v1/nothing', new Uint8Array())
  await post('/v1/logs', logsBody({ 'audit.record.id': 'one' }, { a: '1' }))
  await post('/v1/metrics', metricsBody(3))
  text = (await rawRequest(receiver.adminPort, { path: '/metrics' })).body.toString()
  status = JSON.parse((await rawRequest(receiver.adminPort, { path: '/readyz' })).body.toString())
  await receiver.close()
  await ledger.close()
  await metrics.close()
})

test('all of the table, with kind and description, and nothing else', () => {
  const told = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
    ([, name, kind]) => `${name} ${kind}`,
  )
  const wanted = described.map(([name, metric]) => `${nameOf(name, metric)} ${metric.kind}`)
  expect(told.toSorted()).toEqual(wanted.toSorted())
  for (const [name, metric] of described) {
    expect(text).toContain(`# HELP ${nameOf(name, metric)} ${metric.description}\n`)
  }
})

test('attributes are those of the table', () => {
  for (const [name, metric] of described) {
    const own = [...valuesIn(text).keys()].filter((line) =>
      line.startsWith(`${nameOf(name, metric)}{`),
    )
    for (const line of own) {
      expect(line).toMatch(`{${metric.attribute?.[0].replaceAll('.', '_')}="`)
    }
  }
})

test('it says what /readyz says', () => {
  const values = valuesIn(text)
  expect(values.get('grantlog_receiver_ready')).toBe(1)
  expect(values.get('grantlog_receiver_requests_total')).toBe(status.requests)
  expect(values.get('grantlog_receiver_spans_refused_total{error_type="UNKNOWN_KEY"}')).toBe(3)
  expect(values.get('grantlog_receiver_spans_committed_total')).toBe(5)
  expect(values.get('grantlog_receiver_acknowledgement_duration_seconds_count')).toBe(3)
  const refused = (code: string): string =>
    `grantlog_receiver_requests_refused_total{error_type="${code}"}`
  expect(values.get(refused('RECEIVER_PATH_UNKNOWN'))).toBe(1)
  expect(values.get(refused('RECEIVER_KEY_UNKNOWN'))).toBe(1)
  expect(values.get('grantlog_receiver_log_committed')).toBe(status.size)
  expect(values.get('grantlog_receiver_sink_lag{grantlog_sink="nowhere"}')).toBeGreaterThan(0)
  expect(
    values.get('grantlog_receiver_certificate_validity_seconds{grantlog_certificate="otlp"}'),
  ).toBeGreaterThan(0)
  expect(values.get('further_metric')).toBe(1)
})

test('writes of the journal are counted, one by one', async () => {
  const metrics = createMetrics()
  const folders = foldersUnder(await newData())
  const files = timedFiles(localDisk.files, commitFolder(folders), metrics.synced)
  const ledger = await openLedger(folders, {}, { ...localDisk, files })
  const count = async (): Promise<number> =>
    valuesIn(await metrics.text()).get('grantlog_receiver_journal_sync_duration_seconds_count') ?? 0
  const before = await count()
  await ledger.commitContent({ type: 'refusals', id: randomUUID(), content: new Uint8Array(3) })
  expect(await count()).toBeGreaterThan(before)
  await ledger.close()
  await metrics.close()
})

test.each(['otlp', 'grpc', 'admin'])('metrics may not be pushed to our own %s', async (name) => {
  const port = 45_318
  const otlpUrl = `http://localhost:${port}/v1/metrics`
  const metrics = createMetrics({ otlpUrl })
  const starting = startHarness({ metrics, [name]: { port } }).then((harness) => harness.close())
  await expect(starting).rejects.toMatchObject({ code: 'RECEIVER_METRICS_TO_OURSELVES' })
  await metrics.close()
})

test('a push at the end brings all of them; one that fails is told once', async () => {
  const bodies: Buffer[] = []
  const answers = [400, 200]
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks))
      response.writeHead(answers[bodies.length - 1] ?? 200).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const events: LogEvent[] = []
  const otlpUrl = `http://127.0.0.1:${port}/v1/metrics`
  const metrics = createMetrics({ otlpUrl, log: (event) => events.push(event) })
  metrics.readFrom(() => Promise.resolve([['grantlog.receiver.requests', 7]]))
  await metrics.push()
  expect(events.map(({ code }) => code)).toEqual(['METRICS_PUSH_FAILED'])
  await metrics.close()
  expect(events.map(({ code }) => code)).toEqual(['METRICS_PUSH_FAILED', 'METRICS_PUSH_BACK'])
  expect(bodies[1]!.toString('latin1')).toContain('grantlog.receiver.requests')
  server.close()
})

test('logs, metrics and limits are told as /readyz tells them', () => {
  const told = valuesIn(text)
  const sum = (name: string): number =>
    [...told].reduce((all, [line, value]) => (line.startsWith(name) ? all + value : all), 0)
  const receiver = 'grantlog_receiver'
  expect(sum(`${receiver}_log_records_committed`)).toBe(1)
  expect(sum(`${receiver}_log_records_passed_through`)).toBe(1)
  expect(sum(`${receiver}_data_points_passed_through`)).toBe(3)
  expect(told.get(`${receiver}_requests_limited_total`)).toBe(0)
})
