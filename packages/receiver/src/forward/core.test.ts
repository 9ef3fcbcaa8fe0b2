// Scenario: a producer, an edge and a core, each receiver with a log of its own. Guarantee: the
// core has every record as its producer signed it, verified by itself; the edge's offset moves only
// with a receipt of the core, which is kept; whatever breaks, nothing is lost and nothing is twice.
import { rm } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { type FrameEntry, isRecordLeaf } from '@grantlog/ledger'
import { edgeAndCore } from '../../test/edge-and-core.ts'
import { enrol, eventually, type Harness, newData } from '../../test/harness.ts'
import { createProducer, recordSpan, recordSpans, signedBody } from '../../test/producer.ts'
import { ledgerEvidence } from '../ledger.ts'
import type { SignedRecord } from './core/evidence.ts'
import { readKeptReceipts } from './core/kept.ts'
import { coreKeyOf } from './core/receipts.ts'
import { coreSender } from './core/sender.ts'

const producer = createProducer()
const limits = { backoffMinMs: 1, backoffMaxMs: 4, sinkPaceMs: 0 }
const { defer, newCoreData, startCore, started, startEdge } = edgeAndCore({
  producers: [producer],
  limits,
})

async function recordsOf({ ledger }: Harness): Promise<FrameEntry[]> {
  const found: FrameEntry[] = []
  for await (const { entries } of ledger.frames(0)) {
    found.push(...entries.filter(({ leaf }) => isRecordLeaf(leaf)))
  }
  return found
}

/** What a record is, apart from where and when it was taken. */
async function signedParts(harness: Harness): Promise<unknown[]> {
  return (await recordsOf(harness)).map(({ evidence, leaf, openings, stored }) => {
    if (stored.kind !== 'record') throw new Error('no record')
    const { receivedAt: _, ...rest } = leaf
    const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
    return {
      leaf: rest,
      jws: evidence?.jws,
      digests: Buffer.from(evidence?.digests ?? []).toString('hex'),
      canonical: text(stored.canonical),
      unsigned: text(stored.unsigned),
      openings: openings().map(({ opening, slot }) => [slot, text(opening)]),
    }
  })
}

const isCaughtUp = ({ receiver }: Harness): boolean => receiver.status().sinks[0]?.lag.commits === 0

/** Often enough to have been wrong, or done. */
const hasTried = (edge: Harness): boolean =>
  isCaughtUp(edge) || (edge.receiver.status().sinks[0]?.retries ?? 0) > 2

async function keptBy({ folders: { queue } }: Harness): Promise<[number, number][]> {
  const seqs = new Map<number, number>()
  for await (const { records } of readKeptReceipts(queue, 'core')) {
    for (const [index, seq, count] of records) {
      for (let at = 0; at < count; at++) seqs.set(index + at, seq + at)
    }
  }
  return [...seqs].toSorted(([a], [b]) => a - b)
}

describe('a core', () => {
  test('has every record as it was signed, and the edge its receipts', async () => {
    const core = await startCore()
    const edge = await startEdge(core)
    const spans = [
      recordSpan(0, { 'audit.action': 'audit.stream.start' }),
      recordSpan(1, { 'http.other': 'unsigned', 'http.count': 7n, 'http.on': true }),
      recordSpan(2, { 'audit.action': 'audit.stream.heartbeat' }),
      recordSpan(3, { 'audit.action': 'audit.stream.stop' }),
    ]
    await edge.send(signedBody(producer, spans.slice(0, 2)))
    await edge.send(signedBody(producer, spans.slice(2)))
    await eventually(() => isCaughtUp(edge))
    expect(await signedParts(core)).toEqual(await signedParts(edge))
    const types = (await recordsOf(core)).map(({ leaf }) => leaf.type)
    expect(types).toEqual(['start', 'record', 'heartbeat', 'stop'])
    const own = await recordsOf(edge)
    expect(await keptBy(edge)).toEqual(own.map(({ index }, seq) => [index, seq]))
    expect(edge.receiver.status().sinks[0]).toMatchObject({ type: 'grantlog', forwarded: 4 })
  })

  test('gets many batches of many streams, each once', async () => {
    const producers = Array.from({ length: 30 }, () => createProducer())
    const core = await startCore({ producers })
    const edge = await startEdge(core, {}, { producers })
    for (const one of producers) await edge.send(signedBody(one, recordSpans(3)))
    await eventually(() => isCaughtUp(edge))
    const [there, here] = [await signedParts(core), await signedParts(edge)]
    expect(there).toHaveLength(90)
    expect(there).toEqual(expect.arrayContaining(here))
    expect(await keptBy(edge)).toHaveLength(90)
  })

  test('that does not know a key is waited for, and then gets all', async () => {
    const core = await startCore({ producers: [] })
    const edge = await startEdge(core)
    await edge.send(signedBody(producer, recordSpans(2)))
    await eventually(() => hasTried(edge))
    expect(await recordsOf(core)).toEqual([])
    expect(await keptBy(edge)).toEqual([])
    await enrol(core.folders, [producer])
    await eventually(() => isCaughtUp(edge))
    expect(await signedParts(core)).toEqual(await signedParts(edge))
    expect(edge.receiver.status().sinks[0]).toMatchObject({ forwarded: 2, refused: 0 })
  })

  test('whose receipts are of another key is believed nothing', async () => {
    const core = await startCore()
    const other = await started({ data: await newCoreData() })
    const edge = await startEdge(core, { receiptKey: other.ledger.receiptKey })
    await edge.send(signedBody(producer, recordSpans(2)))
    await eventually(() => hasTried(edge))
    const why = 'with another key than receiptKey, of core.example.com/log'
    expect(edge.receiver.status().sinks[0]).toMatchObject({
      forwarded: 0,
      reason: `signed by core.example.com/log ${why}`,
      lag: { commits: 1 },
    })
    expect(await keptBy(edge)).toEqual([])
  })
})

test('receipts that find no space are waited for: nothing is taken without one', async () => {
  const core = await startCore()
  const edge = await startEdge(core)
  await edge.send(signedBody(producer, recordSpans(1)))
  await eventually(() => isCaughtUp(edge))
  const answer = await core.send(signedBody(producer, recordSpans(1)))
  const receipt = Buffer.from(answer.receipts[0]!).toString('base64')
  const full = Object.assign(new Error('full'), { code: 'JOURNAL_FULL' })
  const signed: SignedRecord[] = []
  for await (const { records } of ledgerEvidence(edge.ledger).read(0)) signed.push(...records)
  const [record] = signed
  const send = coreSender({
    origin: edge.ledger.origin,
    key: coreKeyOf(core.ledger.receiptKey),
    kept: { keep: () => Promise.reject(full) },
    held: { has: () => false, hold: () => Promise.resolve(true), release: () => Promise.resolve() },
    now: Date.now,
    ask: () =>
      Promise.resolve({
        outcome: 'answered',
        status: 200,
        headers: { 'grantlog-receipt': receipt },
        rejected: 0,
        message: '',
        retryAfterMs: 0,
      }),
  })
  const later = { outcome: 'later', reason: 'no space for its receipts', retryAfterMs: 0 }
  const sent = await send([{ index: record!.index, frame: 0, spans: 1, record: record! }])
  expect(sent).toEqual({ outcome: 'each', units: [later] })
})

test('a sink without a key of receipts starts nothing', async () => {
  const core = await startCore()
  const edge = startEdge(core, { receiptKey: core.ledger.logKey })
  await expect(edge).rejects.toMatchObject({ code: 'RECEIVER_SINK_INVALID' })
})

/** Stands between edge and core, and may lose an answer after the core has taken a request. */
async function lossyWay(
  core: Harness,
  loses: () => boolean,
): Promise<{ readonly url: string; readonly requests: () => number }> {
  let requests = 0
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      requests++
      void core.send(Buffer.concat(chunks)).then((answer) => answered(answer, response))
    })
  })
  function answered(answer: Awaited<ReturnType<Harness['send']>>, response: ServerResponse): void {
    if (loses()) {
      response.destroy()
      return
    }
    const receipt = answer.headers.get('grantlog-receipt')
    response.writeHead(answer.status, receipt === null ? {} : { 'grantlog-receipt': receipt })
    response.end()
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  defer(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}/v1/traces`, requests: () => requests }
}

describe('nothing is lost, and nothing is twice', () => {
  test('when answers of the core are lost', async () => {
    const core = await startCore()
    let turn = 0
    const way = await lossyWay(core, () => turn++ % 3 !== 2)
    const edge = await startEdge(core, { url: way.url })
    for (let at = 0; at < 5; at++) await edge.send(signedBody(producer, recordSpans(4, at * 4)))
    await eventually(() => isCaughtUp(edge))
    expect(way.requests()).toBeGreaterThan(2)
    expect(await signedParts(core)).toEqual(await signedParts(edge))
    expect(await keptBy(edge)).toHaveLength(20)
  })

  test('when the edge starts again with an offset from before', async () => {
    const core = await startCore()
    const data = await newData()
    const first = await startEdge(core, {}, { data })
    await first.send(signedBody(producer, recordSpans(3)))
    await eventually(() => isCaughtUp(first))
    await first.close()
    await rm(join(first.folders.queue, 'core.offset'))
    const again = await startEdge(core, {}, { data })
    await again.send(signedBody(producer, recordSpans(3, 3)))
    await eventually(() => isCaughtUp(again))
    expect(await signedParts(core)).toEqual(await signedParts(again))
    expect(await keptBy(again)).toHaveLength(6)
  })
})
