// Scenario: the topologies of collector-config/, from their own files with free ports in them, with
// a real authorization server, Collector and Jaeger. Guarantee: every audit span arrives, unsampled
// and unedited, every ledger verifies, and the Jaeger behind holds what the ledger says.
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect } from '@jest/globals'
import { audit, type AuditReport, foldersUnder } from '@grantlog/ledger'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import { deletion, encodeLogs } from '@grantlog/record/testing'
import { startService } from '../../packages/sdk/test/fixtures/child.ts'
import { runLife } from '../../packages/sdk/test/fixtures/client.ts'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { peerTest } from './peer-test.ts'
import { type Jaeger, startCollector, startJaeger } from './peers.ts'
import { auditedAt } from './world.ts'

const repository = join(import.meta.dirname, '../..')
const main = join(repository, 'packages/cli/dist/main.js')
const run = promisify(execFile)

let root: string
const cleanUps: (() => unknown)[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-topology-'))
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  await rm(root, { recursive: true, force: true })
})

/** A file of a topology with these addresses in place of its own; each must be in it. */
async function fileOf(name: string, changes: Readonly<Record<string, string>>): Promise<string> {
  let text = await readFile(join(repository, 'collector-config', name), 'utf8')
  for (const [from, to] of Object.entries(changes)) {
    expect(text).toContain(from)
    text = text.replace(from, to)
  }
  return text
}

/** Checked by `grantlog config check` before it is used. */
async function configOf(name: string, changes: Readonly<Record<string, string>>): Promise<string> {
  const file = join(root, name.replace('/', '-'))
  await writeFile(file, await fileOf(name, changes))
  await run(process.execPath, [main, 'config', 'check', file])
  return file
}

async function receiverAt(data: string, config: string): Promise<ReceiverProcess> {
  const receiver = await startReceiverProcess(data, ['--config', config, '--no-console'])
  cleanUps.push(() => receiver.stop())
  return receiver
}

async function grantlog(...args: string[]): Promise<string> {
  return (await run(process.execPath, [main, ...args])).stdout
}

/** A whole OAuth life of a service that sends to `endpoint`, enrolled in `data`. */
async function live(data: string, endpoint: string, env: Record<string, string>): Promise<void> {
  const credentials = join(root, 'login.json')
  const roles = ['--role', 'authorization_server', '--role', 'resource_server']
  const place = ['--data', data, '--endpoint', endpoint, '--out', credentials]
  await grantlog('keys', 'new', '--service', 'login', ...roles, ...place)
  const service = await startService({
    credentials,
    env: { GRANTLOG_STATE: join(root, 'state'), ...env },
  })
  await runLife(service.issuer)
  await service.end()
}

/** Audits until every stream is closed: what is on the way arrives when it likes. */
async function settledAudit(data: string): Promise<AuditReport> {
  const folders = foldersUnder(data)
  const logKey = (await readFile(join(folders.keys, 'log.vkey'), 'utf8')).trim()
  for (let tries = 0; ; tries++) {
    const report = await audit({ folders, logKey })
    const settled = report.streams.length > 0 && report.streams.every(({ closed }) => closed)
    if (settled && report.gaps === 0 && report.pending === 0) return report
    if (tries === 200) throw new Error(`not settled: ${JSON.stringify(report, null, 2)}`)
    await delay(100)
  }
}

async function agreesWith(jaeger: Jaeger, data: string): Promise<void> {
  const { backends } = await auditedAt(data).verifyUntil(
    ({ backends: [backend] }) => backend?.agrees === true,
    '--jaeger',
    jaeger.queryUrl,
  )
  expect(backends[0]).toMatchObject({ agrees: true, counts: { altered: 0, missing: 0 } })
}

/** An audit log record of somebody else's SDK. */
async function auditLog(endpoint: string): Promise<void> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const body = Buffer.from(encodeLogs([deletion]))
  const sent = await fetch(`${endpoint}/v1/logs`, { method: 'POST', headers, body })
  expect(sent.status).toBe(200)
}

/** Spans of a service that are no records, with an address in each. */
async function otherSpans(endpoint: string, count: number): Promise<void> {
  const spans = Array.from({ length: count }, (_, at) => ({
    traceId: randomBytes(16).toString('hex'),
    spanId: (at + 1).toString(16).padStart(16, '0'),
    parentSpanId: '',
    name: 'GET /cart',
    kind: 2,
    startTimeUnixNano: BigInt(Date.now()) * 1_000_000n,
    endTimeUnixNano: BigInt(Date.now() + 1) * 1_000_000n,
    status: { code: 1, message: '' },
    attributes: new Map([['enduser.note', 'alice@example.com']]),
  }))
  const scope = { name: 'shop', version: '1', attributes: [] }
  const body = encodeTraceRequest([{ resource: [['service.name', 'shop']], scope, spans }])
  const headers = { 'content-type': 'application/x-protobuf' }
  const url = `${endpoint}/v1/traces`
  const sent = await fetch(url, { method: 'POST', headers, body: Buffer.from(body) })
  expect(sent.status).toBe(200)
}

interface FoundTraces {
  readonly data: readonly { readonly spans: readonly unknown[] }[]
}

async function tracesOf(jaeger: Jaeger, service: string): Promise<FoundTraces> {
  const url = `${jaeger.queryUrl}/api/traces?service=${service}&limit=1000`
  const answer = (await (await fetch(url)).json()) as { data: FoundTraces['data'] | null }
  return { data: answer.data ?? [] }
}

peerTest(
  'agent-receiver-jaeger: what the agent samples and redacts are all spans but records',
  ['otelcol-peer', 'jaeger'],
  async () => {
    const folder = 'agent-receiver-jaeger'
    const jaeger = await startJaeger()
    cleanUps.push(() => jaeger.stop())
    const data = join(root, 'data')
    const changes = { 'grpc://127.0.0.1:14317': `grpc://${jaeger.grpcAddress}` }
    const receiver = await receiverAt(data, await configOf(`${folder}/grantlog.yaml`, changes))
    const yaml = await fileOf(`${folder}/collector.yaml`, {})
    const collector = await startCollector(yaml, { GRANTLOG: receiver.endpoint })
    cleanUps.push(() => collector.stop())
    await live(data, collector.httpUrl, { GRANTLOG_VIA_COLLECTOR: '1' })
    await otherSpans(collector.httpUrl, 300)
    const report = await settledAudit(data)
    expect(report).toMatchObject({ findingsCount: 0, gaps: 0 })
    expect(report.records).toBe(report.verified)
    expect(report.records).toBeGreaterThan(10)
    await agreesWith(jaeger, data)
    let shop = await tracesOf(jaeger, 'shop')
    for (let tries = 0; shop.data.length === 0 && tries < 200; tries++) {
      await delay(100)
      shop = await tracesOf(jaeger, 'shop')
    }
    // Ten of a hundred, by the hash of their random ids: 30, and never 0 or 150.
    expect(shop.data.length).toBeGreaterThan(0)
    expect(shop.data.length).toBeLessThan(150)
    expect(JSON.stringify(shop)).not.toContain('alice@example.com')
  },
)

peerTest(
  'edge-core: the core has what the edge has, and Jaeger what the core has',
  ['jaeger'],
  async () => {
    const jaeger = await startJaeger()
    cleanUps.push(() => jaeger.stop())
    const [edgeData, coreData] = [join(root, 'edge'), join(root, 'core')]
    const coreConfig = await configOf('edge-core/core.yaml', {
      'grpc://127.0.0.1:14317': `grpc://${jaeger.grpcAddress}`,
    })
    const core = await receiverAt(coreData, coreConfig)
    const receiptKey = (await readFile(join(coreData, 'keys/receipt.vkey'), 'utf8')).trim()
    // The origin, and the receiptKey of that log: config check compares them.
    const edgeConfig = await configOf('edge-core/edge.yaml', {
      'http://127.0.0.1:4338': core.endpoint,
      'core.example.com/log/receipt+VKEY': receiptKey,
    })
    const edge = await receiverAt(edgeData, edgeConfig)
    await live(edgeData, edge.endpoint, {})
    await auditLog(edge.endpoint)
    // As README.md says it: the enrolments are carried over, whenever that is.
    const keys = join(root, 'edge-keys.json')
    await writeFile(keys, await grantlog('keys', 'export', '--data', edgeData))
    await grantlog('keys', 'import', keys, '--data', coreData)
    const [here, there] = [await settledAudit(edgeData), await settledAudit(coreData)]
    for (const report of [here, there]) {
      expect(report).toMatchObject({ findingsCount: 0, gaps: 0, records: here.records })
    }
    const args = ['--data', edgeData, '--sink', 'core', '--receipt-key', receiptKey, '--json']
    const receipts = JSON.parse(await grantlog('receipts', ...args)) as Record<string, unknown>
    const nothing = { refused: 0, missing: 0, foreign: 0 }
    expect(receipts).toMatchObject({ origin: 'core.example.com/log', ...nothing })
    expect([here.logs, there.logs]).toEqual([1, 1])
    expect(receipts['receipted']).toBeGreaterThan(here.records + 1)
    await agreesWith(jaeger, coreData)
  },
)
