// Scenario: the peers of install.sh, started by peers.ts. Guarantee: each runs and answers here, so
// that a red test elsewhere in this folder is about Grantlog.
import { afterEach, expect } from '@jest/globals'
import { generateKeyPairSync, createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { peerTest } from './peer-test.ts'
import { type PeerName, runPeer, runTesseraFsck } from './peers.ts'
import {
  type SearchNode,
  startCollector,
  startElasticsearch,
  startJaeger,
  startJaegerOnOpenSearch,
  startOpenSearch,
} from './peers.ts'

const cleanUps: (() => void | Promise<void>)[] = []
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0)) await cleanUp()
})

const COLLECTOR_YAML = `
receivers:
  otlp:
    protocols:
      grpc: { endpoint: "\${env:OTLP_GRPC}" }
      http: { endpoint: "\${env:OTLP_HTTP}" }
exporters: { debug: {} }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: { receivers: [otlp], exporters: [debug] } }
`

peerTest('a Collector starts and takes an empty OTLP request', ['otelcol-peer'], async () => {
  const collector = await startCollector(COLLECTOR_YAML)
  cleanUps.push(collector.stop)
  const response = await fetch(`${collector.httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(0),
  })
  expect(response.status).toBe(200)
  await collector.stop()
  expect(() => process.kill(collector.pid, 0)).toThrow('ESRCH')
})

peerTest('a Collector that cannot start gives its log', ['otelcol-peer'], async () => {
  await expect(startCollector('receivers: { nothing: {} }')).rejects.toThrow(/nothing/)
})

peerTest('a Jaeger starts and lists no services', ['jaeger'], async () => {
  const jaeger = await startJaeger()
  cleanUps.push(jaeger.stop)
  const response = await fetch(`${jaeger.queryUrl}/api/services`)
  expect(await response.json()).toMatchObject({ total: 0, errors: null })
})

peerTest('a Jaeger keeps a trace in an OpenSearch', ['jaeger', 'opensearch-node'], async () => {
  const opensearch = await startOpenSearch()
  cleanUps.unshift(opensearch.stop)
  const jaeger = await startJaegerOnOpenSearch(opensearch.url)
  cleanUps.unshift(jaeger.stop)
  const traceId = '5b8aa5a2d2c872e8321cf37308d69df2'
  // Jaeger looks for a trace only in the indices of the last three days.
  const start = BigInt(Date.now()) * 1_000_000n
  const [startTimeUnixNano, endTimeUnixNano] = [`${start}`, `${start + 1_000n}`]
  const times = { startTimeUnixNano, endTimeUnixNano }
  const span = { traceId, spanId: '051581bf3cb55c13', name: 'a', ...times }
  const sent = await fetch(`${jaeger.httpUrl}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
  })
  expect(sent.status).toBe(200)
  const trace = (): Promise<Response> => fetch(`${jaeger.queryUrl}/api/v3/traces/${traceId}`)
  // Found once OpenSearch has refreshed its index, each second.
  while (!(await trace()).ok) await delay(200)
  const indices = await fetch(`${opensearch.url}/_cat/indices/peer-jaeger-span-*?h=index`)
  expect(await indices.text()).toMatch(/^peer-jaeger-span-\d{4}-\d\d-\d\d\n$/)
})

const searchNodes: [name: PeerName, start: () => Promise<SearchNode>, version: object][] = [
  ['opensearch-node', startOpenSearch, { distribution: 'opensearch', number: '2.19.1' }],
  ['elasticsearch-node', startElasticsearch, { build_flavor: 'default', number: '7.10.2' }],
]
for (const [name, start, version] of searchNodes) {
  peerTest(`${name} keeps a document`, [name], async () => {
    const node = await start()
    cleanUps.push(node.stop)
    expect(await (await fetch(node.url)).json()).toMatchObject({ version })
    const put = await fetch(`${node.url}/a/_doc/1?refresh=true`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"a":1}',
    })
    expect(put.status).toBe(201)
    await node.stop()
    expect(() => process.kill(node.pid, 0)).toThrow('ESRCH')
  })
}

const tlog: PeerName[] = ['tessera-fsck', 'tessera-posix-oneshot']
peerTest('fsck accepts a log that Tessera wrote, and no log with a flipped bit', tlog, async () => {
  const dir = mkdtempSync(join(tmpdir(), 'grantlog-fsck-'))
  cleanUps.push(() => rmSync(dir, { recursive: true }))
  const file = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text)
    return join(dir, name)
  }
  const { privateKey, verifierKey } = noteKeys('peers.example/log')
  const keyFile = file('log.vkey', verifierKey)
  await runPeer('tessera-posix-oneshot', [
    `--storage_dir=${join(dir, 'log')}`,
    `--private_key=${file('log.key', privateKey)}`,
    `--entries=${file('entry.txt', 'one entry')}`,
  ])
  const url = pathToFileURL(join(dir, 'log')).href
  expect(await runTesseraFsck(url, keyFile)).toMatchObject({ ok: true })
  file('log/tile/entries/000.p/1', '\0\x09one Entry')
  expect(await runTesseraFsck(url, keyFile)).toMatchObject({ ok: false })
})

/** A key pair of the signed-note format (golang.org/x/mod/sumdb/note), Ed25519. */
function noteKeys(name: string): { privateKey: string; verifierKey: string } {
  const pair = generateKeyPairSync('ed25519')
  const jwk = pair.privateKey.export({ format: 'jwk' })
  const [seed, point] = [jwk.d, jwk.x].map((text) =>
    Buffer.concat([Buffer.of(1), Buffer.from(text ?? '', 'base64url')]),
  )
  const digest = createHash('sha256').update(`${name}\n`).update(point!).digest()
  const tail = `${name}+${digest.toString('hex', 0, 4)}`
  return {
    privateKey: `PRIVATE+KEY+${tail}+${seed!.toString('base64')}`,
    verifierKey: `${tail}+${point!.toString('base64')}`,
  }
}
