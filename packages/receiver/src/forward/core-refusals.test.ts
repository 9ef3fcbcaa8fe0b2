// Scenario: a core that refuses, one that cannot sign what it says, and one with tenants.
// Guarantee: the edge's offset moves only with something that the pinned key signed, which is kept;
// whatever else is answered is waited for, told, and left to the operator, who can give a record
// up.
import { expect, test } from '@jest/globals'
import { openRefusal, type SignedRefusal } from '@grantlog/ledger'
import { deletion, encodeLogs } from '@grantlog/record/testing'
import { edgeAndCore } from '../../test/edge-and-core.ts'
import {
  eventually,
  type Harness,
  newData,
  newTenant,
  rawRequest,
  type TenantHarness,
} from '../../test/harness.ts'
import { createProducer, recordSpan, recordSpans, signedBody } from '../../test/producer.ts'
import { readKeptReceipts } from './core/kept.ts'
import { coreKeyOf } from './core/receipts.ts'
import { readDeadLetters } from './io/dead-letter.ts'

const producer = createProducer()
const limits = { backoffMinMs: 1, backoffMaxMs: 4, sinkPaceMs: 0, refusedAllMs: 20 }
const { defer, startCore, startEdge, startWay } = edgeAndCore({ producers: [producer], limits })

/** The producer, of a core that has revoked its key. */
const revoked = {
  ...producer,
  enrolment: { ...producer.enrolment, revoked: 'key_compromise' as const },
}

const sinkOf = ({ receiver }: Harness) => receiver.status().sinks[0]!
const isCaughtUp = (edge: Harness): boolean => sinkOf(edge).lag.commits === 0
const hasTried = (edge: Harness): boolean => isCaughtUp(edge) || sinkOf(edge).retries > 8

async function refusalsKept(
  { folders: { queue } }: Harness,
  core: Harness,
): Promise<(SignedRefusal & { readonly indexes: readonly number[] })[]> {
  const { verifier } = coreKeyOf(core.ledger.receiptKey)
  const found: (SignedRefusal & { readonly indexes: readonly number[] })[] = []
  for await (const { note, records } of readKeptReceipts(queue, 'core')) {
    if (!note.startsWith('grantlog-refusal-v1')) continue
    const indexes = records.map(([index]) => index)
    found.push({ ...openRefusal(Buffer.from(note), verifier), indexes })
  }
  return found
}

test('what a core refuses for good, it signs; the edge keeps that, once, and goes on', async () => {
  const core = await startCore()
  await core.send(signedBody(producer, [recordSpan(1, { 'audit.outcome': 'failure' })]))
  const edge = await startEdge(core)
  await edge.send(signedBody(producer, recordSpans(3)))
  await eventually(() => isCaughtUp(edge))
  expect(sinkOf(edge)).toMatchObject({ forwarded: 2, refused: 1 })
  const [refusal, ...more] = await refusalsKept(edge, core)
  expect(more).toEqual([])
  expect(refusal).toMatchObject({
    origin: 'core.example.com/log',
    parts: [{ code: 'CONFLICT', firstSeq: 1, lastSeq: 1 }],
  })
  const [letter] = await readDeadLetters(edge.folders.queue, 'core')
  expect(letter).toMatchObject({ status: 422, error: 'CONFLICT', indexes: refusal!.indexes })
})

test('a refusal of a revoked key is signed, and kept once however often it comes', async () => {
  const core = await startCore({ producers: [revoked] })
  const edge = await startEdge(core)
  await edge.send(signedBody(producer, recordSpans(2)))
  await eventually(() => isCaughtUp(edge))
  expect(sinkOf(edge)).toMatchObject({ forwarded: 0, refused: 2 })
  const refusals = await refusalsKept(edge, core)
  expect(refusals.map(({ parts }) => parts)).toEqual([
    [expect.objectContaining({ code: 'REVOKED', firstSeq: 0, lastSeq: 1 })],
  ])
})

test('who is no edge gets no refusal signed', async () => {
  const core = await startCore({ producers: [revoked] })
  const answer = await core.send(signedBody(producer, recordSpans(1)))
  expect([answer.rejected, answer.headers.get('grantlog-refusal')]).toEqual([1, null])
})

test.each([
  ['without its signature', ({ 'grantlog-refusal': _, ...rest }: Record<string, string>) => rest],
  [
    'with a wrong one',
    (headers: Record<string, string>) => {
      const note = Buffer.from(headers['grantlog-refusal'] ?? '', 'base64').toString()
      const changed = Buffer.from(note.replace('REVOKED', 'CONFLICT')).toString('base64')
      return { ...headers, 'grantlog-refusal': changed }
    },
  ],
  ['as a whole, by a status', () => 413],
  ['as a whole, by another', () => 400],
])(
  'a refusal %s moves nothing; it is told with the index, which can be given up',
  async (_, way) => {
    const core = await startCore({ producers: [revoked] })
    const data = await newData()
    const url = await startWay(core, { answer: way })
    const edge = await startEdge(core, { url }, { data })
    await edge.send(signedBody(producer, recordSpans(1)))
    await eventually(() => hasTried(edge))
    const index = 2
    expect(sinkOf(edge)).toMatchObject({
      ...{ forwarded: 0, refused: 0, lag: { commits: 1 } },
      reason: expect.stringMatching(
        new RegExp(`(HTTP 4|REVOKED|signed by).*, (index ${index}|of core)`),
      ) as unknown,
    })
    expect(edge.events).toContainEqual(
      expect.objectContaining({ code: 'SINK_DOWN', level: 'error' }),
    )
    expect(await refusalsKept(edge, core)).toEqual([])
    await edge.close()
    const again = await startEdge(core, { url, abandon: [index] }, { data })
    await eventually(() => isCaughtUp(again))
    const letters = await readDeadLetters(again.folders.queue, 'core')
    expect(letters).toMatchObject([{ error: 'ABANDONED', indexes: [index] }])
  },
)

test('what is too much for a core in one request goes in parts', async () => {
  const core = await startCore({ limits: { ...limits, bodyBytes: 4000 } })
  const edge = await startEdge(core)
  await edge.send(signedBody(producer, recordSpans(12)))
  await eventually(() => isCaughtUp(edge))
  expect(sinkOf(edge)).toMatchObject({ forwarded: 12, refused: 0 })
})

async function coreWithTenant(): Promise<{ core: Harness; tenant: TenantHarness }> {
  const tenant = await newTenant('a', { producers: [producer] })
  const core = await startCore({ producers: [], tenants: [tenant.served] })
  defer(async () => tenant[Symbol.asyncDispose]())
  return { core, tenant }
}

async function typesIn({ ledger }: Pick<Harness, 'ledger'>): Promise<string[]> {
  const types: string[] = []
  for await (const { entries } of ledger.frames(0)) {
    types.push(...entries.map(({ leaf }) => leaf.type))
  }
  return types.filter((type) => type === 'record' || type === 'log')
}

test('all that a sink has goes to the log of its receiptKey, also of a tenant', async () => {
  const { core, tenant } = await coreWithTenant()
  const { receiptKey } = tenant.ledger
  const edge = await startEdge(core, { receiptKey, origin: 'example.com/a' })
  await edge.send(signedBody(producer, recordSpans(2)))
  const headers = { 'content-type': 'application/x-protobuf' }
  const asked = { method: 'POST', path: '/v1/logs', headers, body: encodeLogs([deletion]) }
  await rawRequest(edge.receiver.otlpPort, asked)
  await eventually(() => isCaughtUp(edge))
  expect(sinkOf(edge)).toMatchObject({ forwarded: 3, refused: 0 })
  expect(await typesIn(tenant)).toEqual(['record', 'record', 'log'])
  expect(await typesIn(core)).toEqual([])
})

test('a key of one log and the records of another: it is told, and nothing is lost', async () => {
  const { core, tenant } = await coreWithTenant()
  const edge = await startEdge(core)
  await edge.send(signedBody(producer, recordSpans(1)))
  await eventually(() => hasTried(edge))
  expect(sinkOf(edge)).toMatchObject({ forwarded: 0, lag: { commits: 1 } })
  expect(await typesIn(tenant)).toEqual([])
})

test('a log that the core does not have is told at once', async () => {
  const core = await startCore()
  const other = await newTenant('elsewhere')
  defer(async () => other[Symbol.asyncDispose]())
  const edge = await startEdge(core, { receiptKey: other.ledger.receiptKey })
  await edge.send(signedBody(producer, recordSpans(1)))
  await eventually(() => hasTried(edge))
  const reason =
    'HTTP 404: there is no log example.com/elsewhere for this sender; see receiptKey of the sink'
  expect(sinkOf(edge)).toMatchObject({ forwarded: 0, reason })
  expect(edge.events).toContainEqual(expect.objectContaining({ code: 'SINK_DOWN', reason }))
})

test.each([
  [
    { origin: 'core.example.com/other' },
    'receiptKey is of core.example.com/log, not of the origin',
  ],
  [{ url: 'http://127.0.0.1:4318/ingest' }, 'the url does not end in /v1/traces'],
])('a sink that contradicts itself starts nothing: %j', async (change, message) => {
  const core = await startCore()
  await expect(startEdge(core, change)).rejects.toMatchObject({
    code: 'RECEIVER_SINK_INVALID',
    message: expect.stringContaining(message) as unknown,
  })
})
