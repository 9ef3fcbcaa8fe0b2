// Scenario: a real authorization server with the SDK, a real receiver, and programs that others
// wrote: a stock Collector in between, Jaeger behind, Tessera's fsck and a Python verifier on the
// log. Guarantee: they agree with us about the same bytes.
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect } from '@jest/globals'
import { audit, type AuditReport, foldersUnder } from '@grantlog/ledger'
import { changeFile, copyOf, flip } from '@grantlog/ledger/testing'
import { startService } from '../../packages/sdk/test/fixtures/child.ts'
import { type Run, runLife } from '../../packages/sdk/test/fixtures/client.ts'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { peerTest } from './peer-test.ts'
import { findPeer, runTesseraFsck, startCollector, startJaeger } from './peers.ts'

const repository = join(import.meta.dirname, '../..')
const main = join(repository, 'packages/cli/dist/main.js')
const verifyPy = join(repository, 'test/vectors/verify.py')
const run = promisify(execFile)

let root: string
let data: string
const cleanUps: (() => unknown)[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-peers-'))
  data = join(root, 'data')
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  await rm(root, { recursive: true, force: true })
})

interface Lived {
  readonly receiver: ReceiverProcess
  readonly life: Run
}

/** A whole OAuth life, its records at a receiver; by way of `via` when given. */
async function live(options: {
  forward?: string
  via?: (receiver: ReceiverProcess) => Promise<string>
}): Promise<Lived> {
  const { forward, via } = options
  const receiver = await startReceiverProcess(data, forward ? ['--forward', forward] : [])
  cleanUps.push(() => receiver.stop())
  const endpoint = via ? await via(receiver) : receiver.endpoint
  const credentials = join(root, 'login.json')
  await run(process.execPath, [
    ...[main, 'keys', 'new', '--data', data, '--service', 'login', '--endpoint', endpoint],
    ...['--role', 'authorization_server', '--role', 'resource_server', '--out', credentials],
  ])
  const service = await startService({
    credentials,
    env: { GRANTLOG_STATE: join(root, 'state'), ...(via ? { GRANTLOG_VIA_COLLECTOR: '1' } : {}) },
  })
  const life = await runLife(service.issuer)
  await service.end()
  return { receiver, life }
}

/** Audits until every stream is closed: a Collector delivers when it likes. */
async function settledAudit(): Promise<AuditReport> {
  const folders = foldersUnder(data)
  const logKey = (await readFile(join(folders.keys, 'log.vkey'), 'utf8')).trim()
  for (let tries = 0; ; tries++) {
    const report = await audit({ folders, logKey })
    const settled = report.streams.length > 0 && report.streams.every(({ closed }) => closed)
    if (settled && report.gaps === 0 && report.pending === 0) return report
    if (tries === 100) throw new Error(`not settled: ${JSON.stringify(report, null, 2)}`)
    await delay(100)
  }
}

peerTest(
  'tessera fsck accepts the log over HTTP, and refuses it with a tile changed',
  ['tessera-fsck'],
  async () => {
    const { receiver } = await live({})
    const { size } = await settledAudit()
    expect(size).toBeGreaterThan(15)
    const vkey = join(foldersUnder(data).keys, 'log.vkey')
    const result = await runTesseraFsck(`${receiver.adminEndpoint}/`, vkey)
    expect(result.log).toContain("Successfully fsck'd")
    const copy = await copyOf(data)
    cleanUps.push(() => rm(copy, { recursive: true, force: true }))
    await changeFile(copy, 'tile/entries/000', (bytes) => flip(bytes, 40))
    const other = await runTesseraFsck(`file://${foldersUnder(copy).ledger}/`, vkey)
    expect(other.ok).toBe(false)
  },
)

peerTest(
  'the Python verifier agrees about the log and every record of it',
  ['verify-python'],
  async () => {
    const { receiver } = await live({})
    const report = await settledAudit()
    const out = join(root, 'proofs')
    await run(process.execPath, [
      main,
      'prove',
      '--all',
      '--disclose',
      'all',
      '--data',
      data,
      '--out',
      out,
    ])
    const bundles = join(out, 'bundles.jsonl')
    const vkey = join(foldersUnder(data).keys, 'log.vkey')
    const records = (await readFile(bundles, 'utf8')).trim().split('\n').length
    expect(records).toBeGreaterThanOrEqual(report.records)
    for (const log of [foldersUnder(data).ledger, `${receiver.adminEndpoint}/`]) {
      const summary = await verifyInPython(['ledger', log, '--key', vkey, '--bundles', bundles])
      const root = Buffer.from(report.root, 'base64url').toString('base64')
      expect(summary).toMatchObject({
        ok: true,
        leaves: report.size,
        bundles: records,
        findings: 0,
        root,
      })
    }
    await verifyChangedInPython(bundles, vkey)
  },
)

async function verifyInPython(args: readonly string[]): Promise<Record<string, unknown>> {
  const { stdout } = await run(findPeer('verify-python').path!, [verifyPy, ...args]).catch(
    (error: { stdout: string; stderr: string }) => error,
  )
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Record<string, unknown>
}

/** One letter of a record changed: both say so. */
async function verifyChangedInPython(bundles: string, vkey: string): Promise<void> {
  const changed = `${bundles}.changed`
  const text = await readFile(bundles, 'utf8')
  await writeFile(changed, text.replace('oauth.authorize', 'oauth.authoriz3'))
  const summary = await verifyInPython(['bundle', changed, '--key', vkey])
  expect(summary).toMatchObject({ ok: false })
}

/** Cuts batches into other sizes, and adds what Collectors in front of clusters add. */
const rebatching = (target: string): string => `
receivers:
  otlp:
    protocols:
      grpc: { endpoint: "\${env:OTLP_GRPC}" }
      http: { endpoint: "\${env:OTLP_HTTP}" }
processors:
  batch: { timeout: 150ms, send_batch_size: 7, send_batch_max_size: 7 }
  attributes: { actions: [{ key: k8s.pod.name, value: login-0, action: upsert }] }
  transform:
    trace_statements:
      - context: resource
        statements: ['set(attributes["deployment.environment.name"], "test")']
exporters:
  otlphttp: { endpoint: "${target}", compression: gzip }
service:
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], processors: [attributes, transform, batch], exporters: [otlphttp] }
`

peerTest(
  'records verify through a stock Collector that re-batches and adds attributes',
  ['otelcol-peer'],
  async () => {
    await live({
      via: async ({ endpoint }) => {
        const collector = await startCollector(rebatching(endpoint))
        cleanUps.push(collector.stop)
        return collector.httpUrl
      },
    })
    const report = await settledAudit()
    expect(report.findings).toEqual([])
    expect(report.records).toBeGreaterThan(15)
    expect(report.verified).toBe(report.records)
  },
)

interface JaegerSpan {
  readonly operationName: string
  readonly tags: readonly { readonly key: string; readonly value: unknown }[]
}

peerTest('Jaeger shows every record, and neither a secret nor a name', ['jaeger'], async () => {
  const jaeger = await startJaeger()
  cleanUps.push(jaeger.stop)
  const { life } = await live({ forward: jaeger.httpUrl })
  const report = await settledAudit()
  const spans = await jaegerSpans(jaeger.queryUrl, report.records)
  expect(spans).toHaveLength(report.records)
  const tags = new Map(spans[0]!.tags.map(({ key, value }) => [key, value]))
  expect(tags.get('grantlog.verdict')).toBe('verified')
  expect(tags.get('grantlog.origin')).toBe(report.origin)
  expect(spans.map(({ operationName }) => operationName)).toContain('oauth.token')
  const text = JSON.stringify(spans)
  for (const secret of [...life.secrets, '"ada"', 'scripted-browser'])
    expect(text).not.toContain(secret)
})

async function jaegerSpans(queryUrl: string, wanted: number): Promise<JaegerSpan[]> {
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${queryUrl}/api/traces?service=login&limit=1000`)
    const { data: traces } = (await answer.json()) as { data: { spans: JaegerSpan[] }[] | null }
    const spans = (traces ?? []).flatMap((trace) => trace.spans)
    if (spans.length >= wanted || tries === 100) return spans
    await delay(100)
  }
}
