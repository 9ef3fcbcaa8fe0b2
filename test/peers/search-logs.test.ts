// Scenario: a receiver that is killed once writes audit log records, of SDKs that never heard of
// our registry, to a real OpenSearch and a real Elasticsearch; their sender comes again.
// Guarantee: each is a document in both, once, and exactly what the ledger makes of it; it is found
// by its fields, and whatever was written into one, no server refuses it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect } from '@jest/globals'
import { createLedger, foldersUnder } from '@grantlog/ledger'
import { LOG_PLACE } from '@grantlog/record/ecs'
import { type ReceiverProcess, startReceiverProcess } from '../crash/receiver-process.ts'
import { find, haveAll, type Hit, rest, untilSinks } from './documents.ts'
import { peerTest } from './peer-test.ts'
import { deletions, expectedLogDocuments, sendLogs } from './search-logs.ts'
import { emptyServers, stopServers } from './search-servers.ts'

let data: string
const receivers: ReceiverProcess[] = []

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-search-logs-'))
})
afterEach(async () => {
  for (const receiver of receivers.splice(0)) await receiver.stop()
  await rm(data, { recursive: true, force: true })
})
afterAll(stopServers)

const byId = (hits: readonly Hit[]): Map<string, Hit['_source']> =>
  new Map(hits.map(({ _id, _source }) => [_id, _source]))

peerTest(
  'audit log records are in both: exact, once, findable, whoever wrote them',
  ['opensearch-node', 'elasticsearch-node'],
  async () => {
    const { elasticsearch, opensearch } = await emptyServers()
    const sinks = ['--opensearch', opensearch.url, '--elasticsearch', elasticsearch.url]
    const full = ['--personal-data', 'full']
    await createLedger(foldersUnder(data), 'search.example/log')
    const first = await startReceiverProcess(data, [...sinks, ...full])
    for (let n = 0; n < 60; n += 20) {
      expect(await sendLogs(first.endpoint, deletions(n, 20))).toBe(200)
    }
    await first.kill()
    const receiver = await startReceiverProcess(data, [...sinks, ...full])
    receivers.push(receiver)
    // What came before comes again, too.
    for (let n = 0; n < 120; n += 20) {
      expect(await sendLogs(receiver.endpoint, deletions(n, 20))).toBe(200)
    }
    const states = await untilSinks(receiver.adminEndpoint, haveAll)
    expect(states).toMatchObject([{ refused: 0 }, { refused: 0 }])
    const expected = await expectedLogDocuments(data, 'full')
    expect(expected.size).toBe(120)
    for (const { url } of [opensearch, elasticsearch]) {
      const ask = (query: object): Promise<Hit[]> => find(url, query, LOG_PLACE)
      const all = await ask({ match_all: {} })
      expect(all).toHaveLength(expected.size)
      expect(byId(all)).toEqual(expected)
      expect(await ask({ term: { 'event.action': 'document.delete' } })).toHaveLength(120)
      expect(await ask({ term: { 'oauth.scope.requested': 'b' } })).not.toHaveLength(0)
      expect(await ask({ match: { message: 'invoice' } })).not.toHaveLength(0)
      expect(await ask({ range: { 'grantlog.index': { gte: 0 } } })).toHaveLength(120)
    }
    const streams = await rest(opensearch.url, `GET _data_stream/${LOG_PLACE.dataStream}`)
    expect(streams).toMatchObject({ data_streams: [{ template: 'grantlog-log' }] })
  },
)
