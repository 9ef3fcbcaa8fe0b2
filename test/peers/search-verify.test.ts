// Scenario: a real authorization server, and a real receiver that forwards to a real Jaeger on a
// real OpenSearch, and writes to that and to a real Elasticsearch itself; then hands that change
// what the servers hold. Guarantee: `grantlog verify --opensearch --elasticsearch` says of every
// record what became of it in each, names the field that was altered, and finds what was made up.
import { afterEach, beforeEach, expect } from '@jest/globals'
import type { BackendReport, LedgerRecord } from '@grantlog/query'
import { ATTR } from '@grantlog/record'
import { peerTest } from './peer-test.ts'
import { startElasticsearch, startJaegerOnOpenSearch, startOpenSearch } from './peers.ts'
import { openWorld, type Verified, type World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

const names = ['opensearch/jaeger', 'opensearch/records', 'elasticsearch/records']

peerTest(
  'Jaeger’s storage and our own documents agree; what was altered, lost and made up is told',
  ['jaeger', 'opensearch-node', 'elasticsearch-node'],
  async () => {
    const [opensearch, elasticsearch] = await Promise.all([startOpenSearch(), startElasticsearch()])
    world.atEnd(opensearch.stop)
    world.atEnd(elasticsearch.stop)
    const jaeger = await startJaegerOnOpenSearch(opensearch.url)
    world.atEnd(jaeger.stop)
    await world.live(
      ...['--forward', jaeger.httpUrl],
      ...['--opensearch', opensearch.url, '--elasticsearch', elasticsearch.url],
    )
    const asked = ['--opensearch', opensearch.url, '--elasticsearch', elasticsearch.url]
    const agree = ({ backends }: Verified): boolean =>
      backends.length === names.length && backends.every(({ agrees }) => agrees)

    const whole = await world.verifyUntil(agree, ...asked)
    const records = await world.records()
    expect(records.length).toBeGreaterThan(15)
    expect(whole.backends.map(({ backend }) => backend)).toEqual(names)
    for (const { counts, searchedAll } of whole.backends) {
      expect(counts).toEqual({ ...none, exact: records.length })
      expect(searchedAll).toBe(true)
    }
    // 3 is the ledger's own word: no checkpoint from elsewhere was given.
    expect(whole.code).toBe(3)
    // The same Jaeger, asked itself.
    const query = await world.verify('--jaeger', jaeger.queryUrl)
    expect(query.backends[0]).toMatchObject({ backend: 'jaeger', agrees: true })

    const ofClient = records.filter(({ view }) => view.attributes.has(ATTR.OAUTH_CLIENT_ID))
    const [altered, deleted] = ofClient as [LedgerRecord, LedgerRecord]
    await harmSpans(opensearch.url, altered, deleted)
    await harmDocuments(opensearch.url, altered, deleted)
    await harmDocuments(elasticsearch.url, altered, deleted)

    const harmed = await world.verify(...asked)
    expect(harmed.code).toBe(1)
    expect(harmed.backends.map(({ backend }) => backend)).toEqual(names)
    for (const report of harmed.backends) checkHarmed(report, altered, deleted)
  },
)

const none = { exact: 0, 'changed as known': 0, altered: 0, missing: 0, foreign: 0 }
const unknownId = '01a213e9-bd95-767b-9ac5-000000000000'

function checkHarmed(report: BackendReport, altered: LedgerRecord, deleted: LedgerRecord): void {
  const { counts, findings, records } = report
  expect(counts).toEqual({ ...none, exact: records - 2, altered: 1, missing: 1, foreign: 1 })
  const of = (verdict: string): object => findings.find((one) => one.verdict === verdict)!
  expect(of('altered')).toMatchObject({
    ...{ index: altered.index, id: altered.leaf.id },
    fields: [
      {
        ...{ field: ATTR.OAUTH_CLIENT_ID, backend: 'mallory' },
        ledger: altered.view.attributes.get(ATTR.OAUTH_CLIENT_ID),
      },
    ],
    place: expect.stringMatching(/^\S+\/\S+$/),
  })
  expect(of('missing')).toMatchObject({ index: deleted.index, id: deleted.leaf.id })
  expect(of('foreign')).toMatchObject({ index: null, id: unknownId })
}

interface Stored {
  readonly _index: string
  readonly _id: string
  readonly _source: { [name: string]: unknown }
}

async function request(url: string, method: string, body?: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return JSON.parse(text)
}

async function find(url: string, indices: string, query: object): Promise<Stored> {
  const body = { query: { term: query } }
  const answer = await request(`${url}/${indices}/_search`, 'POST', body)
  const { hits } = (answer as { hits: { hits: Stored[] } }).hits
  expect(hits).toHaveLength(1)
  return hits[0]!
}

/** In Jaeger's storage: one span altered, one deleted, one made up of another. */
async function harmSpans(url: string, altered: LedgerRecord, deleted: LedgerRecord): Promise<void> {
  const span = ({ view }: LedgerRecord): Promise<Stored> =>
    find(url, '*jaeger-span-*', { spanID: view.spanId })
  const { _id, _index, _source } = await span(altered)
  const at = `${url}/${_index}/_doc`
  await request(`${at}/${_id}?refresh=true`, 'PUT', withTag(_source, 'oauth.client.id', 'mallory'))
  await request(`${at}/${(await span(deleted))._id}?refresh=true`, 'DELETE')
  const madeUp = withTag(_source, 'audit.record.id', unknownId)
  await request(`${at}?refresh=true`, 'POST', { ...madeUp, spanID: '7'.repeat(16) })
}

type Tag = { readonly key: string }

function withTag(source: Stored['_source'], key: string, value: string): Stored['_source'] {
  const tags = (source.tags as Tag[]).map((tag) => (tag.key === key ? { ...tag, value } : tag))
  return { ...source, tags }
}

/** The same with the documents of our own sink. */
async function harmDocuments(
  url: string,
  altered: LedgerRecord,
  deleted: LedgerRecord,
): Promise<void> {
  const stream = 'logs-grantlog.record-default'
  const document = ({ leaf }: LedgerRecord): Promise<Stored> =>
    find(url, stream, { 'audit.record.id': leaf.id })
  const { _id, _index, _source } = await document(altered)
  const doc = { oauth: { client: { id: 'mallory' } } }
  await request(`${url}/${_index}/_update/${_id}?refresh=true`, 'POST', { doc })
  await request(`${url}/${_index}/_doc/${(await document(deleted))._id}?refresh=true`, 'DELETE')
  const audit = { ...(_source.audit as object), record: { id: unknownId } }
  await request(`${url}/${stream}/_create/${unknownId}?refresh=true`, 'PUT', { ..._source, audit })
}
