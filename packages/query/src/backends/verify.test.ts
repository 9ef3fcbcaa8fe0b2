// Claims on the verification of a whole backend, on one in memory that tests can change.
import { expect, test } from '@jest/globals'
import type { Span } from '@grantlog/record'
import { heldOf, recordsOf } from '../../test/forwarded.ts'
import { again, framesOf, idOf, origin, spanOf } from '../../test/producer.ts'
import { QueryError } from '../codes.ts'
import { BATCH_RECORDS, MAX_FOREIGN, MAX_TOLD, MAX_TOLD_FIELDS } from '../limits.ts'
import type { Backend, Held, Sought } from './backend.ts'
import { heldSpan, spanKey } from './held-span.ts'
import { jaegerTable } from './jaeger.ts'
import type { BackendSpan } from './span.ts'
import type { BackendReport } from './tally.ts'
import { verifyBackend } from './verify.ts'

const story = (count: number): Span[] =>
  Array.from({ length: count }, (_, at) => spanOf({ at, action: 'oauth.token' }, at))

/** What a receiver forwards of the spans. */
async function forwarded(spans: readonly Span[]): Promise<BackendSpan[]> {
  return (await recordsOf(framesOf(spans, 'configured'))).map((record) => heldOf(record))
}

function memory(spans: readonly BackendSpan[], more: Partial<Backend> = {}): Backend {
  const held = spans.map((span, at) => heldSpan(span, jaegerTable, `no. ${at}`))
  return {
    name: 'memory',
    keyOf: spanKey,
    heldOf: async (records) => {
      const keys = new Set(records.map(spanKey))
      return held.filter(({ key }) => keys.has(key))
    },
    claims: async function* () {
      yield { told: held, complete: true }
    },
    ...more,
  }
}

async function verify(spans: readonly Span[], backend: Backend): Promise<BackendReport> {
  return verifyBackend({ backend, origin, frames: again(framesOf(spans, 'configured')) })
}

const set = (span: BackendSpan, name: string, value: string): BackendSpan => ({
  ...span,
  attributes: new Map([...span.attributes, [name, value]]),
})

test('a backend that has everything agrees, also when spans came twice', async () => {
  const spans = story(3)
  const held = await forwarded(spans)
  const report = await verify(spans, memory([...held, held[1]!]))
  expect(report).toMatchObject({ agrees: true, records: 3, findings: [], searchedAll: true })
  expect(report.counts.exact).toBe(3)
})

test('each record has one verdict, and foreign spans are counted once', async () => {
  const spans = story(5)
  const [exact, changed, altered, copied] = await forwarded(spans)
  const other = set(altered!, 'oauth.client.id', 'mallory')
  const foreign = { ...exact!, spanId: 'c'.repeat(16) }
  const known = set(changed!, 'internal.span.format', 'otlp')
  const copy = set(copied!, 'oauth.client.id', 'mallory')
  const report = await verify(spans, memory([exact!, known, other, copied!, copy, foreign]))
  expect(report.agrees).toBe(false)
  expect(report.counts).toEqual({
    ...{ exact: 1, 'changed as known': 1, altered: 2, missing: 1, foreign: 1 },
  })
  expect(report.findings.map(({ id, index, verdict }) => [verdict, index, id])).toEqual([
    ['changed as known', 2, idOf(1)],
    ['altered', 3, idOf(2)],
    ['altered', 4, idOf(3)],
    ['missing', 5, idOf(4)],
    ['foreign', null, idOf(0)],
  ])
  expect(report.findings[0]!.known).toEqual(['+internal.span.format'])
})

test('spans of the application in the same traces are nobody’s business', async () => {
  const spans = story(1)
  const held = await forwarded(spans)
  const own = {
    ...{ ...held[0]!, spanId: 'd'.repeat(16), attributes: new Map() },
    scope: { name: 'express', version: '' },
  }
  expect(await verify(spans, memory([...held, own]))).toMatchObject({ agrees: true })
})

test('a record is not excused by a span that lost its attributes', async () => {
  const spans = story(1)
  const [span] = await forwarded(spans)
  const bare = { ...span!, attributes: new Map() }
  expect((await verify(spans, memory([bare]))).counts).toMatchObject({ altered: 1, foreign: 0 })
})

test('two records that share the ids of a span each have their own', async () => {
  const [first, second] = story(2) as [Span, Span]
  const spans = [first, { ...second, traceId: first.traceId, spanId: first.spanId }]
  const held = await forwarded(spans)
  expect((await verify(spans, memory(held))).counts).toMatchObject({ exact: 2 })
  expect((await verify(spans, memory([held[0]!]))).counts).toMatchObject({ exact: 1, missing: 1 })
  const third = set(held[0]!, 'audit.record.id', idOf(9))
  expect((await verify(spans, memory([...held, third]))).counts).toMatchObject({ altered: 2 })
})

test('the mark of a key that nobody confirmed may say what it ever was', async () => {
  const spans = story(1)
  const [span] = await forwarded(spans)
  const frames = [...framesOf(spans, 'tofu'), framesOf([], 'configured')[0]!]
  for (const word of ['tofu', 'verified', 'sure']) {
    const backend = memory([set(span!, 'grantlog.verdict', word)])
    const { counts } = await verifyBackend({ backend, origin, frames: again(frames) })
    expect([word, counts.exact]).toEqual([word, word === 'sure' ? 0 : 1])
  }
})

test('records are asked for in batches, and progress is told', async () => {
  const spans = story(BATCH_RECORDS + 1)
  const held = await forwarded(spans)
  const asked: number[] = []
  const { heldOf } = memory(held)
  const counting = (records: readonly Sought[]): Promise<readonly Held[]> => {
    asked.push(records.length)
    return heldOf(records)
  }
  const done: unknown[] = []
  const report = await verifyBackend({
    backend: memory(held, { heldOf: counting }),
    origin,
    frames: again(framesOf(spans, 'configured')),
    onProgress: (...progress) => done.push(progress),
  })
  expect(report.counts.exact).toBe(BATCH_RECORDS + 1)
  expect(asked).toEqual([BATCH_RECORDS, 1])
  expect(done).toEqual([
    [512, 513],
    [513, 513],
  ])
})

test('a search that met a limit, and a backend that fails, are told', async () => {
  const spans = story(1)
  const held = await forwarded(spans)
  const cut = memory(held, {
    claims: async function* () {
      yield { told: [], complete: false }
      yield { told: [], complete: true }
    },
  })
  expect(await verify(spans, cut)).toMatchObject({ agrees: true, searchedAll: false })
  const broken = memory(held, {
    heldOf: async () => {
      throw new QueryError('BACKEND_REFUSED')
    },
  })
  await expect(verify(spans, broken)).rejects.toMatchObject({ code: 'BACKEND_REFUSED' })
})

test('a backend cannot flood the report: findings, fields and texts have limits', async () => {
  const spans = story(1)
  const [span] = await forwarded(spans)
  const names = Array.from({ length: MAX_TOLD_FIELDS + 1 }, (_, i) => [`x${i}`, 'y'] as const)
  const noisy = { ...span!, attributes: new Map([...span!.attributes, ...names]) }
  const foreign = Array.from({ length: MAX_TOLD }, (_, i) => ({
    ...set(span!, 'audit.record.id', 'x'.repeat(1_000)),
    spanId: `f${i}`,
  }))
  const { counts, findings } = await verify(spans, memory([noisy, ...foreign]))
  expect(counts).toMatchObject({ altered: 1, foreign: MAX_TOLD })
  expect(findings).toHaveLength(MAX_TOLD)
  expect(findings[0]!.fields).toHaveLength(MAX_TOLD_FIELDS)
  expect(findings[1]!.id).toHaveLength(201)
})

test('foreign spans are counted up to a limit, then the search ends', async () => {
  const [span] = await forwarded(story(1))
  const page = (size: number, prefix: string): Held[] =>
    Array.from({ length: size }, (_, i) => ({
      ...heldSpan(span!, jaegerTable),
      key: `${prefix}${i}`,
    }))
  const pages = (sizes: readonly number[]): Partial<Backend> => ({
    claims: async function* () {
      for (const size of sizes) yield { told: page(size, `${size}:`), complete: true }
    },
  })
  const below = await verify(story(1), memory([span!], pages([MAX_FOREIGN - 1])))
  expect(below).toMatchObject({ counts: { foreign: MAX_FOREIGN - 1 }, searchedAll: true })
  const above = await verify(story(1), memory([span!], pages([MAX_FOREIGN, 2])))
  expect(above).toMatchObject({ counts: { foreign: MAX_FOREIGN }, searchedAll: false })
})

test('without records foreign ones are searched for, without anything they are not', async () => {
  const held = await forwarded(story(1))
  const [enrolment] = framesOf([], 'configured')
  const frames = again([enrolment!])
  const report = await verifyBackend({ backend: memory(held), origin, frames })
  expect(report).toMatchObject({ records: 0, agrees: false, counts: { foreign: 1 } })
  const empty = await verifyBackend({ backend: memory(held), origin, frames: again([]) })
  expect(empty).toMatchObject({ records: 0, agrees: true, searchedAll: true })
})

test('a finding says where the copy is that it is about', async () => {
  const held = await forwarded(story(1))
  const copy = set(held[0]!, 'oauth.client.id', 'mallory')
  const foreign = { ...held[0]!, spanId: 'f'.repeat(16) }
  const { findings } = await verify(story(1), memory([held[0]!, copy, foreign]))
  expect(findings.map(({ place, verdict }) => [verdict, place])).toEqual([
    ['altered', 'no. 1'],
    ['foreign', 'no. 2'],
  ])
})
