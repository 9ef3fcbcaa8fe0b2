// Scenario: a receiver that writes to a real OpenSearch and a real Elasticsearch, while a whole
// OAuth life passes, while it is killed, while one of them is away, and while one refuses.
// Guarantee: every record is a document in each, once, and exactly what the ledger makes of it; no
// document has anything personal or secret; what a server refuses takes nothing else with it.
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeEach, expect } from '@jest/globals'
import { createLedger, foldersUnder, isRecordLeaf, openReader } from '@grantlog/ledger'
import { ATTR, attributeDefinitions, type Span } from '@grantlog/record'
import { documentId, type EcsDocument, ecsDocument, RECORD_PLACE } from '@grantlog/record/ecs'
import { encodeTraceRequest } from '@grantlog/record/otlp'
import {
  person,
  spanOf,
  testProducer,
  type TestProducer,
} from '../../packages/ledger/test/producer.ts'
import { type PersonalData, projectRecord } from '../../packages/receiver/src/forward/project.ts'
import { startService } from '../../packages/sdk/test/fixtures/child.ts'
import { runLife } from '../../packages/sdk/test/fixtures/client.ts'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { leaksOf } from '../flow/leaks.ts'
import { clear, find, type Hit, haveAll, rest, untilSinks } from './documents.ts'
import { peerTest } from './peer-test.ts'
import { emptyServers, stopServers } from './search-servers.ts'
import { freeAddresses, type PeerName, startElasticsearch, startOpenSearch } from './peers.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const run = promisify(execFile)
const needs: PeerName[] = ['opensearch-node', 'elasticsearch-node']

let root: string
let data: string
const cleanUps: (() => unknown)[] = []
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-search-'))
  data = join(root, 'data')
})
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
  await rm(root, { recursive: true, force: true })
})
afterAll(stopServers)

async function startReceiver(...args: string[]): Promise<ReceiverProcess> {
  const receiver = await startReceiverProcess(data, args)
  cleanUps.push(() => receiver.stop())
  return receiver
}

/** What the ledger makes of each record, by id. */
async function expectedDocuments(personalData: PersonalData): Promise<Map<string, EcsDocument>> {
  const reader = await openReader(foldersUnder(data))
  const documents = new Map<string, EcsDocument>()
  const projection = { origin: reader.origin, personalData, verdictOf: () => 'verified' }
  for await (const { entries } of reader.frames(0)) {
    for (const { entry, index, leaf, openings, stored } of entries) {
      if (!isRecordLeaf(leaf) || leaf.type !== 'record' || stored.kind !== 'record') continue
      const { canonical } = stored
      const record = { index, entry, canonical, kid: leaf.kid, openings: openings() }
      const projected = projectRecord(record, projection)
      documents.set(documentId(projected), ecsDocument(projected))
    }
  }
  await reader.close()
  return documents
}

const byId = (hits: readonly Hit[]): Map<string, EcsDocument> =>
  new Map(hits.map(({ _id, _source }) => [_id, _source]))

/** Each record is there once, and nothing else is. */
async function expectExactly(url: string, expected: Map<string, EcsDocument>): Promise<Hit[]> {
  const hits = await find(url)
  expect(hits).toHaveLength(expected.size)
  expect(byId(hits)).toEqual(expected)
  return hits
}

/** Producers that the receiver knows before it starts. */
async function enrolled(count: number): Promise<TestProducer[]> {
  const producers = Array.from({ length: count }, () => testProducer())
  const folders = foldersUnder(data)
  await createLedger(folders, 'search.example/log')
  const list = producers.map(({ enrolment }) => enrolment)
  await writeFile(join(folders.keys, 'enrolled.json'), JSON.stringify(list), { mode: 0o600 })
  return producers
}

function requestOf(producer: TestProducer, spans: readonly Span[]): Uint8Array {
  const { jws, digests } = producer.sign(spans)
  const attributes: [string, string | Uint8Array][] = [
    [ATTR.AUDIT_INTEGRITY_VALUE, jws],
    [ATTR.AUDIT_INTEGRITY_DIGESTS, digests],
  ]
  return encodeTraceRequest([
    { resource: [], scope: { name: '@grantlog/sdk', version: '1', attributes }, spans },
  ])
}

/** False when there was no answer to rely on: the same request may come again. */
async function post(endpoint: string, body: Uint8Array): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: body as Uint8Array<ArrayBuffer>,
    })
    await response.arrayBuffer()
    return response.ok && response.headers.has('grantlog-receipt')
  } catch {
    return false
  }
}

async function sendRecords(
  endpoint: string,
  producer: TestProducer,
  { first = 0, count }: { first?: number; count: number },
): Promise<void> {
  const spans = Array.from({ length: count }, (_, at) => {
    const attributes = person(`user ${(first + at) % 7}`)
    return spanOf({ seq: first + at, attributes })
  })
  expect(await post(endpoint, requestOf(producer, spans))).toBe(true)
}

const templateIn = (answer: unknown): unknown =>
  (answer as { index_templates: { index_template: unknown }[] }).index_templates[0]!.index_template

peerTest('a whole OAuth life is in both: exact, once, findable, anonymous', needs, async () => {
  const { elasticsearch, opensearch } = await emptyServers()
  const sinks = ['--opensearch', opensearch.url, '--elasticsearch', elasticsearch.url]
  const receiver = await startReceiver(...sinks)
  const credentials = join(root, 'login.json')
  await run(process.execPath, [
    ...[main, 'keys', 'new', '--data', data, '--service', 'login'],
    ...['--endpoint', receiver.endpoint],
    ...['--role', 'authorization_server', '--role', 'resource_server', '--out', credentials],
  ])
  const service = await startService({ credentials, env: { GRANTLOG_STATE: join(root, 'state') } })
  const life = await runLife(service.issuer)
  await service.end()
  const states = await untilSinks(receiver.adminEndpoint, haveAll)
  expect(states).toMatchObject([
    { type: 'opensearch', refused: 0 },
    { type: 'elasticsearch', refused: 0 },
  ])

  const expected = await expectedDocuments('pseudonymised')
  expect(expected.size).toBeGreaterThan(15)
  for (const { url } of [opensearch, elasticsearch]) {
    const hits = await expectExactly(url, expected)
    await expectFindable(url, hits)
    expect(leaksOf([...life.secrets, ...personal], bytesOf(hits))).toEqual([])
    for (const { _source } of hits) {
      expect(withheldIn(_source)).toEqual([])
    }
    expect(JSON.stringify(hits)).toContain('"user":{"hash":"p1.')
  }
  // They would be found: this is what a sink gets that may have all.
  const full = bytesOf([...(await expectedDocuments('full')).values()])
  expect(leaksOf(personal, full)).toHaveLength(personal.length)
  const streams = await rest(opensearch.url, `GET _data_stream/${RECORD_PLACE.dataStream}`)
  expect(streams).toMatchObject({ data_streams: [{ template: 'grantlog-record' }] })
  // What Maven has of Elasticsearch has no data streams; the log says so, of this sink alone.
  const said = receiver
    .log()
    .split('\n')
    .filter((line) => line.includes('SINK_WITHOUT_DATA_STREAM'))
  expect(said).toHaveLength(1)
  expect(said[0]).toContain('"elasticsearch-')
})

const personal = ['scripted-browser/1', '"ada"']
const bytesOf = (value: unknown): Map<string, Buffer> =>
  new Map([['documents', Buffer.from(JSON.stringify(value))]])

/** Fields of personal slots other than the pseudonyms. */
function withheldIn(document: EcsDocument): string[] {
  const names = [...attributeDefinitions.values()]
    .filter(({ slot }) => slot !== null && slot !== 'pseudonym')
    .map(({ name }) => name)
  const valueOf = (name: string): unknown =>
    name.split('.').reduce<unknown>((at, part) => (at as EcsDocument | undefined)?.[part], document)
  return [...names, 'client.ip', 'source.ip'].filter((name) => valueOf(name) !== undefined)
}

/** ECS fields with the types of the template: terms, numbers, and times to the microsecond. */
async function expectFindable(url: string, hits: readonly Hit[]): Promise<void> {
  const failures = await find(url, { term: { 'event.outcome': 'failure' } })
  expect(failures.length).toBeGreaterThan(3)
  expect(failures.length).toBeLessThan(hits.length)
  const reused = await find(url, { term: { 'event.reason': 'refresh_reused' } })
  expect(reused.length).toBeGreaterThan(0)
  const scoped = await find(url, { term: { 'oauth.scope.requested': 'orders' } })
  expect(scoped.length).toBeGreaterThan(0)
  const starts = hits.map(({ _source }) => _source['@timestamp'] as string)
  const [first] = starts.toSorted()
  const after = await find(url, { range: { '@timestamp': { gt: first } } })
  expect(after).toHaveLength(starts.filter((start) => start !== first).length)
  const indexes = await find(url, { range: { 'grantlog.index': { gte: 0 } } })
  expect(indexes).toHaveLength(hits.length)
}

peerTest('a receiver that is killed while it writes leaves each record once', needs, async () => {
  const { elasticsearch, opensearch } = await emptyServers()
  const sinks = ['--opensearch', opensearch.url, '--elasticsearch', elasticsearch.url]
  const producers = await enrolled(3)
  let receiver = await startReceiverProcess(data, sinks)
  const state = { stop: false, acknowledged: 0 }
  const send = async (producer: TestProducer): Promise<void> => {
    for (let first = 0; !state.stop; first += 10) {
      const spans = Array.from({ length: 10 }, (_, at) => spanOf({ seq: first + at }))
      const body = requestOf(producer, spans)
      while (!(await post(receiver.endpoint, body))) await delay(5)
      state.acknowledged++
    }
  }
  const senders = producers.map(send)
  for (let kills = 0; kills < 8; kills++) {
    // A few requests on, and not always at once: kills must hit all that a sink does.
    const next = state.acknowledged + 10
    while (state.acknowledged < next) await delay(5)
    await delay((kills * 37) % 100)
    await receiver.kill()
    receiver = await startReceiverProcess(data, sinks)
  }
  state.stop = true
  await Promise.all(senders)
  await untilSinks(receiver.adminEndpoint, haveAll)
  expect(await receiver.stop()).toBe(0)
  const expected = await expectedDocuments('pseudonymised')
  expect(expected.size).toBeGreaterThan(800)
  await expectExactly(opensearch.url, expected)
  await expectExactly(elasticsearch.url, expected)
  // What came twice was there already, which is no refusal.
  const files = await readdir(foldersUnder(data).queue)
  expect(files.filter((name) => name.endsWith('.dead.jsonl'))).toEqual([])
})

peerTest(
  'a server that is away is caught up with, and the other waits for nobody',
  needs,
  async () => {
    const { elasticsearch } = await emptyServers()
    const [address] = await freeAddresses(1)
    const away = { address: address!, data: join(root, 'opensearch') }
    const sinks = ['--opensearch', `http://${address}`, '--elasticsearch', elasticsearch.url]
    const [producer] = await enrolled(1)
    const receiver = await startReceiver(...sinks)

    // Before it is there for the first time: no template, no data stream.
    await sendRecords(receiver.endpoint, producer!, { count: 20 })
    const isWaiting = ([os, es]: Awaited<ReturnType<typeof untilSinks>>): boolean =>
      os!.retries > 1 && es!.lag.commits === 0
    const [waiting] = await untilSinks(receiver.adminEndpoint, isWaiting)
    expect(waiting).toMatchObject({ forwarded: 0, reason: 'ECONNREFUSED' })
    expect(await find(elasticsearch.url)).toHaveLength(20)
    const first = await startOpenSearch(away)
    cleanUps.push(first.stop)
    await untilSinks(receiver.adminEndpoint, haveAll)
    await expectExactly(first.url, await expectedDocuments('pseudonymised'))

    // In the middle.
    await first.stop()
    await sendRecords(receiver.endpoint, producer!, { first: 20, count: 30 })
    await untilSinks(receiver.adminEndpoint, isWaiting)
    expect(await find(elasticsearch.url)).toHaveLength(50)
    const second = await startOpenSearch(away)
    cleanUps.push(second.stop)
    await untilSinks(receiver.adminEndpoint, haveAll)
    const expected = await expectedDocuments('pseudonymised')
    expect(expected.size).toBe(50)
    await expectExactly(second.url, expected)
    await expectExactly(elasticsearch.url, expected)
  },
)

peerTest("a record that does not fit somebody's mapping is put aside, alone", needs, async () => {
  const { elasticsearch, opensearch } = await emptyServers()
  const client = { oauth: { properties: { client: { properties: { id: { type: 'long' } } } } } }
  const own = {
    index_patterns: ['logs-grantlog.record-*'],
    priority: 900,
    _meta: { version: 1_000 },
    template: { mappings: { properties: client } },
  }
  const path = '_index_template/grantlog-record'
  await rest(opensearch.url, `PUT ${path}`, { body: { ...own, data_stream: {} } })
  await rest(elasticsearch.url, `PUT ${path}`, { body: own })
  const sinks = ['--opensearch', opensearch.url, '--elasticsearch', elasticsearch.url]
  const [producer] = await enrolled(1)
  const receiver = await startReceiver(...sinks, '--personal-data', 'full')
  const ids = ['17', 'web', '18', 'mobile', '19']
  const spans = ids.map((id, seq) =>
    spanOf({ seq, attributes: [[ATTR.OAUTH_CLIENT_ID, id], ...person('Ada Lovelace')] }),
  )
  expect(await post(receiver.endpoint, requestOf(producer!, spans))).toBe(true)
  const states = await untilSinks(receiver.adminEndpoint, haveAll)
  expect(states).toMatchObject([
    { forwarded: 3, refused: 2, retries: 0 },
    { forwarded: 3, refused: 2, retries: 0 },
  ])

  const expected = await expectedDocuments('full')
  const indexOf = (document: EcsDocument): unknown => (document['grantlog'] as EcsDocument)['index']
  const isRefused = (_: unknown, at: number): boolean => Number.isNaN(Number(ids[at]))
  const [refused, taken] = [true, false].map((wanted) =>
    [...expected].filter((each, at) => isRefused(each, at) === wanted),
  )
  for (const [at, { url }] of [opensearch, elasticsearch].entries()) {
    await expectExactly(url, new Map(taken))
    const file = join(foldersUnder(data).queue, `${states[at]!.name}.dead.jsonl`)
    const letters = await readFile(file, 'utf8')
    expect(JSON.parse(letters)).toMatchObject({
      status: 400,
      error: 'mapper_parsing_exception: oauth.client.id',
      indexes: refused!.map(([, document]) => indexOf(document)),
    })
    for (const text of [letters, receiver.log()]) expect(text).not.toMatch(/mobile|Ada Lovelace/)
    expect(templateIn(await rest(url, `GET ${path}`))).toMatchObject({ priority: 900 })
  }

  // With the mapping repaired and the offset gone, what was put aside arrives, and nothing twice.
  await receiver.stop()
  for (const { url } of [opensearch, elasticsearch]) await clear(url)
  for (const { name } of states) await rm(join(foldersUnder(data).queue, `${name}.offset`))
  const again = await startReceiver(...sinks, '--personal-data', 'full')
  await untilSinks(again.adminEndpoint, haveAll)
  await expectExactly(opensearch.url, expected)
  await expectExactly(elasticsearch.url, expected)
})

peerTest(
  "Elasticsearch OSS is refused by Elastic's client, and taken as OpenSearch",
  needs,
  async () => {
    const oss = await startElasticsearch({ flavor: 'oss' })
    cleanUps.push(oss.stop)
    const [producer] = await enrolled(1)
    const receiver = await startReceiver('--opensearch', oss.url, '--elasticsearch', oss.url)
    await sendRecords(receiver.endpoint, producer!, { count: 5 })
    const [, elastic] = await untilSinks(receiver.adminEndpoint, ([os, es]) => {
      return os!.forwarded === 5 && es!.retries > 0
    })
    expect(elastic).toMatchObject({
      forwarded: 0,
      reason: expect.stringMatching(/^ProductNotSupp/),
    })
    await expectExactly(oss.url, await expectedDocuments('pseudonymised'))
  },
)
