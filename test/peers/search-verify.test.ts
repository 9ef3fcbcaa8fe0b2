// Scenario: a real authorization server, and a real receiver that forwards to a real Jaeger on a
// real OpenSearch, and writes to that and to a real Elasticsearch itself; then hands that change
// what the servers hold. Guarantee: `grantlog verify --opensearch --elasticsearch` says of every
// record what became of it in each, names the field that was altered, and finds what was made up.
import { afterEach, beforeEach, expect } from '@jest/globals'
import type { LedgerRecord } from '@grantlog/query'
import { ATTR } from '@grantlog/record'
import { checkHarmed, harmDocuments, harmSpans, none } from './harm.ts'
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
