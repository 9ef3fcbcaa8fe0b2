// Scenario: topologies of collector-config/, from its very files, with ports of this run: a whole
// OAuth life with a real Collector before the receiver or behind it, and with a real Jaeger.
// Guarantee: every record is sealed and verified, by `grantlog verify` on the data folder; none
// meets a sampler or a mask on its way there; and Jaeger's page leads from each to its proof.
import { afterEach, beforeEach, expect } from '@jest/globals'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { foldersUnder } from '@grantlog/ledger'
import { pagePaths } from '../../packages/console/src/page-paths.ts'
import { startService } from '../../packages/sdk/test/fixtures/child.ts'
import { runLife } from '../../packages/sdk/test/fixtures/client.ts'
import { run } from '../crash/data-folder.ts'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { heldByJaeger } from './held.ts'
import { startItemsSink } from './items-sink.ts'
import { peerTest } from './peer-test.ts'
import { startCollector, startJaegerWith } from './peers.ts'
import { startSender } from './senders.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const topologies = join(import.meta.dirname, '../../collector-config')
const execute = promisify(execFile)

let root: string
let data: string
const cleanUps: (() => unknown)[] = []

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-topologies-'))
  data = join(root, 'data')
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  await rm(root, { recursive: true, force: true })
})

const file = (...path: string[]): Promise<string> => readFile(join(topologies, ...path), 'utf8')

async function startReceiver(...args: string[]): Promise<ReceiverProcess> {
  const env = { GRANTLOG_CONSOLE: 'on' }
  const receiver = await startReceiverProcess(data, args, { prefix: [], env })
  cleanUps.push(() => receiver.stop())
  return receiver
}

/** A whole OAuth life of a service that sends its records to this endpoint. */
async function live(endpoint: string, env: Readonly<Record<string, string>> = {}): Promise<void> {
  const credentials = join(root, 'login.json')
  await execute(process.execPath, [
    ...[main, 'keys', 'new', '--data', data, '--service', 'login', '--endpoint', endpoint],
    ...['--role', 'authorization_server', '--role', 'resource_server', '--out', credentials],
  ])
  const state = { GRANTLOG_STATE: join(root, 'state') }
  const service = await startService({ credentials, env: { ...state, ...env } })
  await runLife(service.issuer)
  await service.end()
}

const viaCollector = { GRANTLOG_VIA_COLLECTOR: '1' }

interface Report {
  readonly records: number
  readonly verified: number
  readonly gaps: number
  readonly pending: number
  readonly findingsCount: number
  readonly streams: readonly { readonly closed: boolean }[]
  readonly backends: readonly { readonly verdict?: string; readonly agrees?: boolean }[]
}

/** `grantlog verify` once every stream is closed: Collectors deliver when they like. */
async function verified(...flags: string[]): Promise<Report> {
  const key = (await readFile(join(foldersUnder(data).keys, 'log.vkey'), 'utf8')).trim()
  const command = [process.execPath, main, 'verify', '--data', data, '--key', key, '--json']
  for (let tries = 0; ; tries++) {
    const { output } = await run([...command, ...flags])
    const report = JSON.parse(output.trim().split('\n').at(-1)!) as Report
    const { gaps, pending, streams } = report
    const isSettled = streams.length > 0 && streams.every(({ closed }) => closed)
    if (isSettled && gaps === 0 && pending === 0) return sound(report)
    if (tries === 60) throw new Error(`not settled: ${output}`)
    await delay(200)
  }
}

function sound(report: Report): Report {
  expect(report.findingsCount).toBe(0)
  expect(report.records).toBeGreaterThan(15)
  expect(report.verified).toBe(report.records)
  return report
}

peerTest("Jaeger's page leads to a record's proof", ['jaeger'], async () => {
  const folder = 'agent-receiver-jaeger'
  const jaeger = await startJaegerWith(await file(folder, 'jaeger.yaml'), {
    JAEGER_UI: join(topologies, folder, 'jaeger-ui.json'),
  })
  cleanUps.push(jaeger.stop)
  const receiver = await startReceiver('--forward', jaeger.httpUrl)
  await live(receiver.endpoint)
  const { records } = await verified()
  const spans = await until(async () => {
    const held = await heldByJaeger(jaeger.queryUrl)
    return held.spans.length >= records ? held.spans : null
  })
  expect(spans).toHaveLength(records)
  await checkLinks(jaeger.queryUrl, receiver.adminEndpoint, spans[0]!.tags)
})

interface LinkPattern {
  readonly key: string
  readonly url: string
}

/** Jaeger gives its page the patterns; each is of a tag, leads to a page, and has the record. */
async function checkLinks(
  queryUrl: string,
  adminEndpoint: string,
  tags: ReadonlyMap<string, string>,
): Promise<void> {
  const { linkPatterns } = JSON.parse(await file('agent-receiver-jaeger', 'jaeger-ui.json')) as {
    linkPatterns: readonly LinkPattern[]
  }
  const served = await (await fetch(`${queryUrl}/search`)).text()
  for (const { key, url } of linkPatterns) {
    expect(served).toContain(url)
    expect(tags.has(key)).toBe(true)
    const { pathname } = new URL(url.replace(/#\{[^}]+\}/g, 'x'))
    const page = pathname.replace(/x$/, key === 'grantlog.index' ? ':index' : ':target')
    expect(pagePaths).toContain(page)
  }
  const record = await until(async () => {
    const answer = await fetch(`${adminEndpoint}/api/v1/records/${tags.get('grantlog.index')}`)
    return answer.ok ? await answer.text() : null
  })
  expect(record).toContain(tags.get('audit.record.id'))
}

peerTest('Collector in front', ['otelcol-peer', 'sender-go'], async () => {
  const backend = await startItemsSink()
  cleanUps.push(() => backend.close())
  const receiver = await startReceiver()
  const collector = await startCollector(await file('collector-in-front', 'collector.yaml'), {
    ...{ GRANTLOG_URL: receiver.endpoint, BACKEND_URL: backend.url, POD_NAME: 'login-7' },
  })
  cleanUps.push(collector.stop)
  await live(collector.httpUrl, viaCollector)
  const count = 300
  const order = {
    endpoint: collector.httpUrl,
    protocol: 'http/protobuf',
    signal: 'traces',
  } as const
  const sending = startSender('sender-go', { ...order, compression: 'gzip', count, run: 'rest' })
  expect(await sending.told).toMatchObject({ failures: [] })
  await verified()
  await collector.stop()
  const status = (await (await fetch(`${receiver.adminEndpoint}/readyz`)).json()) as object
  expect(status).toMatchObject({ passedThrough: 0, discarded: 0 })
  const rest = backend.itemsOf('traces', 'rest')
  expect(rest.length).toBeGreaterThan(0)
  expect(rest.length).toBeLessThan(count)
  for (const { attributes } of rest)
    expect(attributes['k8s.pod.name']).toEqual({ stringValue: 'login-7' })
  expect(backend.all('traces')).toHaveLength(rest.length)
})

peerTest('receiver in front of a Collector', ['otelcol-peer'], async () => {
  const out = join(root, 'gateway.jsonl')
  const yaml = await file('receiver-in-front-of-collector', 'gateway.yaml')
  const gateway = await startCollector(yaml, { OUT_FILE: out })
  cleanUps.push(gateway.stop)
  const receiver = await startReceiver('--forward', gateway.httpUrl)
  await live(receiver.endpoint)
  const { records } = await verified()
  const indexes = await until(async () => {
    const text = await readFile(out, 'utf8').catch(() => '')
    const found = [...text.matchAll(/"grantlog\.index","value":\{"stringValue":"(\d+)"/g)]
    return found.length >= records ? found.map(([, index]) => index) : null
  })
  expect(new Set(indexes).size).toBe(records)
  const text = await readFile(out, 'utf8')
  expect(text.match(/"grantlog\.verdict","value":\{"stringValue":"verified"/g)).toHaveLength(
    records,
  )
  expect(text).toContain('"deployment.environment.name"')
})

/** Asks until there is an answer. */
async function until<T>(ask: () => Promise<T | null>): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await ask()
    if (answer !== null) return answer
    if (tries === 200) throw new Error('not there in time')
    await delay(100)
  }
}
