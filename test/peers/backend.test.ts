// Scenario: a real authorization server, a real receiver that forwards to a real Jaeger, and hands
// that change what the Jaeger holds. Guarantee: `grantlog verify --jaeger` says of every record
// what became of it, and finds what was made up.
import { afterEach, beforeEach, expect } from '@jest/globals'
import type { BackendReport, LedgerRecord, Lineage } from '@grantlog/query'
import { ATTR, spanFrom } from '@grantlog/record'
import { changed, sendToJaeger } from './harm.ts'
import { peerTest } from './peer-test.ts'
import { startJaeger } from './peers.ts'
import { openWorld, type World } from './world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.close())

interface Verified {
  readonly code: number
  readonly report: BackendReport
}

async function verify(queryUrl: string): Promise<Verified> {
  const { backends, code } = await world.verify('--jaeger', queryUrl)
  return { code, report: backends[0]! }
}

async function verifyUntil(
  queryUrl: string,
  isSo: (report: BackendReport) => boolean,
): Promise<Verified> {
  const { backends, code } = await world.verifyUntil(
    (verified) => isSo(verified.backends[0]!),
    ...['--jaeger', queryUrl],
  )
  return { code, report: backends[0]! }
}

peerTest(
  'what a real Jaeger holds agrees; a forgery, a made-up record and a loss are told apart',
  ['jaeger'],
  async () => {
    const jaeger = await startJaeger()
    world.atEnd(jaeger.stop)
    await world.live('--forward', jaeger.httpUrl)
    const whole = await verifyUntil(jaeger.queryUrl, ({ agrees }) => agrees)
    expect(whole.report).toMatchObject({ backend: 'jaeger', agrees: true, searchedAll: true })
    const { counts, records } = whole.report
    expect(records).toBeGreaterThan(15)
    expect(counts.exact + counts['changed as known']).toBe(records)
    // 3 is the ledger's own word: no checkpoint from elsewhere was given.
    expect(whole.code).toBe(3)

    // Readers make Jaeger leave its remarks in the spans it keeps.
    await fetch(`${jaeger.queryUrl}/api/traces?service=login&limit=1000`)
    const read = await verify(jaeger.queryUrl)
    expect(read.report.agrees).toBe(true)

    const all = await world.records()
    expect(all).toHaveLength(records)
    const { index, leaf, view } = all.find(({ attributes }) => attributes.has('oauth.client.id'))!
    await sendToJaeger(jaeger.httpUrl, changed(spanFrom(view, []), ['oauth.client.id', 'mallory']))
    const forged = await verifyUntil(jaeger.queryUrl, (report) => report.counts.altered > 0)
    expect(forged.code).toBe(1)
    expect(forged.report.counts).toMatchObject({ altered: 1, missing: 0, foreign: 0 })
    const [finding] = forged.report.findings.filter(({ verdict }) => verdict === 'altered')
    expect(finding).toMatchObject({ index, id: leaf.id, traceId: view.traceId })
    expect(finding!.fields).toContainEqual({
      field: ATTR.OAUTH_CLIENT_ID,
      ledger: view.attributes.get(ATTR.OAUTH_CLIENT_ID),
      backend: 'mallory',
    })

    const madeUp = { ...spanFrom(view, []), traceId: '5'.repeat(32), spanId: '7'.repeat(16) }
    await sendToJaeger(jaeger.httpUrl, changed(madeUp, ['grantlog.verdict', 'verified']))
    await sendToJaeger(jaeger.httpUrl, { ...madeUp, traceId: view.traceId, spanId: '8'.repeat(16) })
    const foreign = await verifyUntil(jaeger.queryUrl, (report) => report.counts.foreign > 1)
    expect(foreign.report.counts).toMatchObject({ altered: 1, missing: 0, foreign: 2 })

    // Its memory is gone with it.
    await jaeger.stop()
    const restarted = await startJaeger()
    world.atEnd(restarted.stop)
    const lost = await verify(restarted.queryUrl)
    expect(lost.code).toBe(1)
    expect(lost.report.counts).toEqual({
      exact: 0,
      'changed as known': 0,
      altered: 0,
      missing: records,
      foreign: 0,
    })
    await checkLineage(all)
  },
)

/** The records of the real authorization server make lineages, too. */
async function checkLineage(records: readonly LedgerRecord[]): Promise<void> {
  const reused = records.find(({ attributes }) => attributes.get('oauth.refresh.reuse_detected'))!
  const told = await world.grantlog('lineage', reused.leaf.id, '--json')
  const { edges, nodes } = JSON.parse(told) as Lineage
  expect(edges.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['issued', 'refreshed', 'reuse', 'revoked']),
  )
  expect(nodes.find(({ index }) => index === reused.index)?.flags).toEqual(['refresh-reuse'])
}
