// Scenario: the demo's whole traffic at four applications that make their own traces, too; a
// receiver that forwards all of it to a real Jaeger, and to one on a real OpenSearch, and writes
// documents there itself; then hands that change what these hold.
// Guarantee: among whole traces `grantlog verify` finds every record exact, and tells what was
// altered, lost and made up. Each record hangs in the trace of its request. No secret of the
// traffic is in anything that the backends hold, in any encoding, and no person in the records.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect } from '@jest/globals'
import type { LedgerRecord } from '@grantlog/query'
import { ATTR, spanFrom } from '@grantlog/record'
import { RECORD_PLACE } from '@grantlog/record/ecs'
import { verifyArgs } from '../../examples/demo/proof/drill.ts'
import { createProcesses } from '../../examples/demo/stage/processes.ts'
import { buildStage, type Stage } from '../../examples/demo/stage/stage.ts'
import { until } from '../../examples/demo/stage/until.ts'
import { runTraffic, type Taken } from '../../examples/demo/traffic/traffic.ts'
import { createWorld, expectStatus, type World } from '../../examples/demo/traffic/world.ts'
import { leaksOf } from '../flow/leaks.ts'
import { startProxy, type Tap } from '../flow/tap.ts'
import { secretsIn } from '../flow/wire-secrets.ts'
import { haveAll, untilSinks } from './documents.ts'
import { changed, checkHarmed, harmDocuments, harmSpans, none, sendToJaeger } from './harm.ts'
import { heldByJaeger, heldByOpenSearch, type HeldDocument, type HeldSpan } from './held.ts'
import { peerTest } from './peer-test.ts'
import {
  type Jaeger,
  type PeerName,
  type SearchNode,
  startJaeger,
  startJaegerOnOpenSearch,
  startOpenSearch,
} from './peers.ts'
import { type Audited, auditedAt, type Verified } from './world.ts'

const needs: PeerName[] = ['jaeger', 'opensearch-node']
const backends = ['jaeger', 'opensearch/jaeger', 'opensearch/records']

interface Lived {
  readonly audited: Audited
  /** `grantlog verify` without a flag that names a backend. */
  readonly ledger: readonly string[]
  readonly taken: readonly Taken[]
  readonly secrets: ReadonlySet<string>
  readonly opensearch: SearchNode
  /** One keeps its spans in memory, one in that OpenSearch. */
  readonly jaeger: Jaeger
  readonly stored: Jaeger
  readonly spans: readonly HeldSpan[]
  readonly documents: readonly HeldDocument[]
  /** All that the backends answered and printed, by name. */
  readonly held: Map<string, Buffer>
}

const cleanUps: (() => unknown)[] = []
afterAll(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp()
})

let living: Promise<Lived> | undefined
/** The life that all of these tests look at: it is lived once, by the first that runs. */
const lived = (): Promise<Lived> => (living ??= live())

async function live(): Promise<Lived> {
  const root = await mkdtemp(join(tmpdir(), 'grantlog-demo-world-'))
  cleanUps.push(() => rm(root, { recursive: true, force: true }))
  const [opensearch, jaeger] = await Promise.all([startOpenSearch(), startJaeger()])
  cleanUps.push(opensearch.stop, jaeger.stop)
  const stored = await startJaegerOnOpenSearch(opensearch.url)
  cleanUps.push(stored.stop)
  const processes = createProcesses(['--conditions=@grantlog/source'])
  cleanUps.push(() => processes.stopAll())
  const inside: Tap[] = []
  const stage = await buildStage({
    processes,
    folder: root,
    jaeger: stored.httpUrl,
    sinkUrl: jaeger.httpUrl,
    receiverArgs: ['--opensearch', opensearch.url],
    front: async (_, url) => {
      const proxy = await startProxy(url)
      cleanUps.push(proxy.close)
      inside.push(proxy)
      return proxy.url
    },
  })
  cleanUps.push(stage.apps.stop)
  const taken = await takeSteps(stage)
  await stage.apps.stop()
  await untilSinks(stage.adminUrl, haveAll)
  const secrets = secretsIn(inside.flatMap(({ exchanges }) => exchanges))
  return {
    audited: auditedAt(stage.data),
    ledger: verifyArgs(stage.data, stage).slice(3, -1),
    taken,
    secrets: new Set([...secrets.values()].flatMap((kind) => [...kind])),
    ...{ opensearch, jaeger, stored },
    ...(await readHeld(opensearch, jaeger, stored)),
  }
}

async function takeSteps(stage: Stage): Promise<Taken[]> {
  const world = createWorld(stage.apps)
  const taken: Taken[] = []
  for await (const each of runTraffic(world)) taken.push(each)
  await sendTokenInQuery(world)
  return taken
}

/** RFC 6750 section 2.3 allows it; this API does not look there, and the shop sends it on. */
async function sendTokenInQuery(world: World): Promise<void> {
  const { aliceAtHome, api, mallory, memory } = world
  world.nextTrace()
  const { access_token } = memory.tokens.get('bob')!
  const query = new URLSearchParams({ access_token })
  expectStatus(401, await mallory.send(`${api}/orders?${query}`))
  await aliceAtHome.shop(200, `/api/orders?${query}`)
}

const idOf = ({ spanId, traceId }: HeldSpan): string => `${traceId}/${spanId}`

/** What all of them hold once the Jaeger that writes in its own time has what the other has. */
async function readHeld(
  opensearch: SearchNode,
  jaeger: Jaeger,
  stored: Jaeger,
): Promise<Pick<Lived, 'documents' | 'held' | 'spans'>> {
  const { answers, spans } = await heldByJaeger(jaeger.queryUrl)
  const ids = new Set(spans.map(idOf))
  const byOther = await until('the other Jaeger', async () => {
    const found = await heldByJaeger(stored.queryUrl)
    return new Set(found.spans.map(idOf)).size === ids.size ? found : undefined
  })
  expect(new Set(byOther.spans.map(idOf))).toEqual(ids)
  const { documents, settings } = await heldByOpenSearch(opensearch.url)
  const held = new Map([
    ['Jaeger', Buffer.concat(answers)],
    ['Jaeger on OpenSearch', Buffer.concat(byOther.answers)],
    ['the documents', Buffer.from(documents.map(({ text }) => text).join('\n'))],
    ['the indices', settings],
  ])
  for (const peer of [opensearch, jaeger, stored])
    held.set(`log ${peer.pid}`, Buffer.from(peer.log()))
  return { documents, held, spans: [...spans, ...byOther.spans] }
}

const isRecord = ({ tags }: HeldSpan): boolean => tags.has(ATTR.AUDIT_RECORD_ID)

peerTest('among whole traces every record is exact in each backend', needs, async () => {
  const { audited, jaeger, ledger, opensearch, spans, stored } = await lived()
  const agree = (verified: Verified): boolean => verified.backends.every(({ agrees }) => agrees)
  const search = ['--opensearch', opensearch.url]
  const all = [...ledger, '--jaeger', jaeger.queryUrl, ...search]
  const whole = await audited.verifyUntil(agree, ...all)
  const records = await audited.records()
  expect(records.length).toBeGreaterThan(100)
  expect(spans.filter((span) => !isRecord(span)).length).toBeGreaterThan(2 * records.length)
  expect(whole.backends.map(({ backend }) => backend)).toEqual(backends)
  for (const { counts, searchedAll } of whole.backends) {
    expect(counts).toEqual({ ...none, exact: records.length })
    expect(searchedAll).toBe(true)
  }
  expect(whole.code).toBe(0)
  const other = await audited.verify(...ledger, '--jaeger', stored.queryUrl)
  expect(other).toMatchObject({ code: 0, backends: [{ counts: whole.backends[0]!.counts }] })
})

peerTest('each record hangs in the trace of its request', needs, async () => {
  const { spans, taken } = await lived()
  const byId = new Map(spans.map((span) => [idOf(span), span]))
  const inSteps = new Set(taken.map(({ traceId }) => traceId))
  const records = spans.filter((span) => isRecord(span) && inSteps.has(span.traceId))
  expect(new Set(records.map(idOf)).size).toBeGreaterThan(100)
  const lost = records.filter(({ parentId, service, traceId }) => {
    const parent = byId.get(`${traceId}/${parentId}`)
    return parent?.service !== service || !isHttp(parent)
  })
  expect(lost.map(({ text }) => text)).toEqual([])

  const { traceId } = taken.find(({ step }) => step.name === 'log-in')!
  const logIn = spans.filter((span) => span.traceId === traceId)
  const told = logIn
    .filter(isHttp)
    .map(({ service, tags }) => `${tags.get('span.kind')} ${service}`)
  expect([...new Set(told)].toSorted()).toEqual(['client web', 'server login', 'server web'])
  const actions = logIn.filter(isRecord).map(({ service, tags }) => {
    return `${service} ${tags.get(ATTR.AUDIT_ACTION)}`
  })
  const acts = ['authorize', 'consent', 'login', 'token'].map((act) => `login oauth.${act}`)
  expect(actions).toEqual(expect.arrayContaining([...acts, 'web oauth.token']))
})

function isHttp({ tags }: HeldSpan): boolean {
  return /instrumentation-(?:http|undici)$/.test(tags.get('otel.scope.name') ?? '')
}

peerTest('no secret of the traffic is in anything that they hold', needs, async () => {
  const { held, secrets } = await lived()
  expect(secrets.size).toBeGreaterThan(80)
  expect(leaksOf(secrets, held)).toEqual([])
  // They are searched, and hold what they should.
  for (const name of ['Jaeger', 'Jaeger on OpenSearch', 'the documents']) {
    const one = new Map([[name, held.get(name)!]])
    expect(leaksOf(['oauth.token', 'refresh_reused', 'invalid_token'], one)).toHaveLength(3)
  }
})

peerTest('it would be there: their places are redacted', needs, async () => {
  const { spans } = await lived()
  const urls = spans.flatMap(({ tags }) => ['url.query', 'url.full'].map((key) => tags.get(key)))
  for (const name of ['code', 'state', 'access_token', 'id_token_hint']) {
    const parameter = new RegExp(`(?<=[?&]|^)${name}=([^&#]*)`, 'g')
    const values = urls.flatMap((url) => [...(url ?? '').matchAll(parameter)])
    expect([...new Set(values.map(([, value]) => value))]).toEqual(['REDACTED'])
  }
  const paths = spans.map(({ tags }) => tags.get('url.path') ?? '')
  expect(paths).toEqual(expect.arrayContaining(['/auth/REDACTED', '/interaction/REDACTED']))
})

peerTest('nobody is named in the records', needs, async () => {
  const { audited, documents, spans } = await lived()
  const count = (await audited.records()).length
  const ofSpans = spans.filter(isRecord)
  const ofDocuments = documents.filter(isDocumentOfRecord)
  expect([ofSpans.length, ofDocuments.length]).toEqual([2 * count, 2 * count])
  const all = new Map(
    [...ofSpans, ...ofDocuments].map(({ text }, i) => [`${i}`, Buffer.from(text)]),
  )
  const personal = ['alice', '"bob"', 'carol', '/users/bob', 'bob@example', 'grantlog-demo']
  const addressed = [...all.values()].map(String).filter((text) => clientAddress.test(text))
  expect({ leaks: leaksOf(personal, all), addressed }).toEqual({ leaks: [], addressed: [] })
})

/** As a tag of a span, and in a document of our own. */
const clientAddress = /"client\.address","type":"\w+","value":"127\.|"client":\{"address":"127\./

/** Of both forms. */
function isDocumentOfRecord({ index, text }: HeldDocument): boolean {
  if (index.includes(RECORD_PLACE.dataStream)) return true
  return index.includes('jaeger-span') && text.includes(`"key":"${ATTR.AUDIT_RECORD_ID}"`)
}

peerTest('what was altered, lost and made up among it is told', needs, async () => {
  const { audited, jaeger, ledger, opensearch, stored } = await lived()
  const records = await audited.records()
  const ofClient = records.filter(({ view }) => view.attributes.has(ATTR.OAUTH_CLIENT_ID))
  const [altered, deleted] = ofClient as [LedgerRecord, LedgerRecord]
  const forged = changed(spanFrom(altered.view, []), [ATTR.OAUTH_CLIENT_ID, 'mallory'])
  await sendToJaeger(jaeger.httpUrl, forged)
  await sendToJaeger(jaeger.httpUrl, { ...forged, spanId: '7'.repeat(16) })
  await harmSpans(opensearch.url, altered, deleted)
  await harmDocuments(opensearch.url, altered, deleted)

  const all = [...ledger, '--jaeger', jaeger.queryUrl, '--opensearch', opensearch.url]
  const areFound = (verified: Verified): boolean =>
    verified.backends.every(({ counts }) => counts.altered + counts.foreign === 2)
  const { backends: reports, code } = await audited.verifyUntil(areFound, ...all)
  expect(code).toBe(1)
  expect(reports.map(({ backend }) => backend)).toEqual(backends)
  const [inMemory, ...inOpenSearch] = reports
  const exact = records.length - 1
  expect(inMemory!.counts).toEqual({ ...none, exact, altered: 1, foreign: 1 })
  for (const report of inOpenSearch) checkHarmed(report, altered, deleted)
  // The same storage, asked through its Jaeger.
  const other = await audited.verify(...ledger, '--jaeger', stored.queryUrl)
  expect(other.code).toBe(1)
  const changes = { altered: 1, missing: 1, foreign: 1 }
  expect(other.backends[0]!.counts).toEqual({ ...none, exact: exact - 1, ...changes })
})
