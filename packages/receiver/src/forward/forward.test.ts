// Guarantee: what was committed or queued reaches each sink at least once, in order, over restarts
// and failures; a sink sees verified spans with our marks and no more personal data than it may.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { openOffset } from '@grantlog/journal'
import { decodeLeaf, foldersUnder, sha256 } from '@grantlog/ledger'
import { base64url, canonicalize, concat, type Span } from '@grantlog/record'
import { decodeTraceRequest, WireWriter } from '@grantlog/record/otlp'
import { leafHash } from '@grantlog/tlog'
import {
  eventually,
  type Harness,
  newData,
  type Sink,
  type SinkAnswer,
  spanMessages,
  startHarness,
  startSink,
} from '../../test/harness.ts'
import {
  createProducer,
  plainBody,
  recordSpan,
  recordSpans,
  signedBody,
} from '../../test/producer.ts'

const producer = createProducer()
const limits = { backoffMinMs: 1, backoffMaxMs: 4 }
let sink: Sink

beforeEach(async () => {
  sink = await startSink()
})
afterEach(() => sink.close())

function spansIn(bodies: readonly Uint8Array[]): { span: Span; marks: Record<string, unknown> }[] {
  return bodies.flatMap((body) =>
    decodeTraceRequest(body).groups.flatMap(({ spans }) =>
      spans.map((decoded) => {
        if ('error' in decoded) throw decoded.error
        return { span: decoded.span, marks: decoded.unsigned }
      }),
    ),
  )
}

const numbersIn = (bodies: readonly Uint8Array[]): bigint[] =>
  spansIn(bodies).map(({ span }) => span.attributes.get('audit.sequence.number') as bigint)

describe('records', () => {
  test('arrive verified, marked and pseudonymised', async () => {
    await using harness = await startHarness({
      producers: [producer],
      sinks: [{ name: 'jaeger', url: sink.url }],
    })
    await harness.send(
      signedBody(producer, [recordSpan(0, { 'audit.producer.environment': 'prod' })]),
    )
    await sink.until(() => sink.taken.length > 0)
    const [group] = decodeTraceRequest(sink.taken[0]!).groups
    expect(group!.resource).toEqual({
      'service.name': { stringValue: 'login' },
      'deployment.environment': { stringValue: 'prod' },
    })
    expect(group!.scope).toMatchObject({ name: '@grantlog/sdk', jws: null, digests: null })
    const [{ span, marks }] = spansIn(sink.taken) as [ReturnType<typeof spansIn>[0]]
    expect(span.attributes.get('user.hash')).toBe('p1.hash-of-alice')
    expect(span.attributes.has('user.id')).toBe(false)
    expect(span.attributes.has('audit.slot.user.commitment')).toBe(true)
    const entry = await entryAt(harness.ledger, 2)
    expect(marks).toEqual({
      'grantlog.verdict': { stringValue: 'verified' },
      'grantlog.origin': { stringValue: 'example.com/log' },
      'grantlog.index': { stringValue: '2' },
      'grantlog.leaf': { stringValue: base64url(leafHash(sha256, entry)) },
    })
    // What a sink shows still has the digest that was signed.
    const { digest } = canonicalize(span, { registry: 1, sha256 })
    expect(decodeLeaf(entry)).toMatchObject({ digest: base64url(digest) })
  })

  async function entryAt(
    ledger: Awaited<ReturnType<typeof startHarness>>['ledger'],
    index: number,
  ): Promise<Uint8Array> {
    for await (const { entries } of ledger.frames(0)) {
      const found = entries.find((entry) => entry.index === index)
      if (found !== undefined) return found.entry
    }
    throw new Error('no such leaf')
  }

  test('arrive whole where all may be seen; an unconfirmed key is said to be tofu', async () => {
    const unconfirmed = createProducer({ assurance: 'tofu' })
    await using harness = await startHarness({
      producers: [unconfirmed],
      sinks: [{ name: 'archive', url: sink.url, personalData: 'full' }],
    })
    await harness.send(signedBody(unconfirmed, [recordSpan(0)]))
    await sink.until(() => sink.taken.length > 0)
    const [{ span, marks }] = spansIn(sink.taken) as [ReturnType<typeof spansIn>[0]]
    expect(span).toEqual(recordSpan(0))
    expect(marks['grantlog.verdict']).toEqual({ stringValue: 'tofu' })
  })

  test('of a commit with more than a request may have come in several, in order', async () => {
    await using harness = await startHarness({
      producers: [producer],
      sinks: [{ name: 'jaeger', url: sink.url }],
      limits: { ...limits, sinkBatchSpans: 3 },
    })
    await harness.send(signedBody(producer, recordSpans(8)))
    await sink.until(() => numbersIn(sink.taken).length === 8)
    expect(sink.taken.map((body) => numbersIn([body]).length)).toEqual([3, 3, 2])
    expect(numbersIn(sink.taken)).toEqual([0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n])
  })

  test('of a stream: its start, heartbeat and stop stay in the log', async () => {
    await using harness = await startHarness({
      producers: [producer],
      sinks: [{ name: 'jaeger', url: sink.url }],
    })
    const start = recordSpan(0, { 'audit.action': 'audit.stream.start' })
    await harness.send(signedBody(producer, [start, recordSpan(1)]))
    await sink.until(() => sink.taken.length > 0)
    expect(numbersIn(sink.taken)).toEqual([1n])
  })

  test('survive a flapping sink and restarts: none is lost, each once, in order', async () => {
    const data = await newData()
    const statuses = [503, 429, 200, 500, 502]
    for (let run = 0; run < 4; run++) {
      sink.answer = () => statuses.shift() ?? 200
      await using harness = await startHarness({
        data,
        producers: [producer],
        limits,
        sinks: [{ name: 'jaeger', url: sink.url }],
      })
      await harness.send(signedBody(producer, recordSpans(5, run * 5)))
      await sink.until(() => numbersIn(sink.taken).length >= (run + 1) * 5)
      await eventually(() => harness.receiver.status().sinks[0]!.lag.commits === 0)
      expect(harness.receiver.status().sinks[0]).toMatchObject({
        forwarded: 5,
        refused: 0,
        retries: 0,
      })
    }
    expect(numbersIn(sink.taken)).toEqual(Array.from({ length: 20 }, (_, at) => BigInt(at)))
    expect(sink.statuses.filter((status) => status !== 200)).toEqual([503, 429, 500, 502])
  })

  test('wait for a dead sink, which holds up neither receiver nor other sinks', async () => {
    const data = await newData()
    const dead = { name: 'dead', url: 'http://127.0.0.1:1/v1/traces' }
    {
      await using harness = await startHarness({
        data,
        producers: [producer],
        limits,
        sinks: [dead, { name: 'alive', url: sink.url }],
      })
      await harness.send(signedBody(producer, recordSpans(3)))
      await sink.until(() => numbersIn(sink.taken).length === 3)
      await eventually(() => harness.receiver.status().sinks[0]!.retries > 2)
      expect(harness.receiver.status().sinks[0]).toMatchObject({ name: 'dead', forwarded: 0 })
      expect(harness.events).toContainEqual(
        expect.objectContaining({ code: 'SINK_DOWN', sink: 'dead' }),
      )
    }
    const back = await startSink()
    await using _harness = await startHarness({ data, sinks: [{ name: 'dead', url: back.url }] })
    await back.until(() => numbersIn(back.taken).length === 3)
    await back.close()
  })

  test('one that a sink refuses for good is put aside by index; the others arrive', async () => {
    sink.answer = (body) => (numbersIn([body]).includes(3n) ? 400 : 200)
    await using harness = await startHarness({
      producers: [producer],
      limits,
      sinks: [{ name: 'picky', url: sink.url, headers: { authorization: 'Bearer secret' } }],
    })
    await harness.send(signedBody(producer, recordSpans(6)))
    await eventually(() => harness.receiver.status().sinks[0]!.refused === 1)
    await sink.until(() => numbersIn(sink.taken).length === 5)
    expect(numbersIn(sink.taken)).toEqual([0n, 1n, 2n, 4n, 5n])
    const file = await readFile(join(harness.folders.queue, 'picky.dead.jsonl'), 'utf8')
    const letter: unknown = JSON.parse(file)
    // Index 0 is the key, 1 its frame, 2 to 7 the records.
    expect(letter).toMatchObject({ sink: 'picky', source: 'ledger', status: 400, indexes: [5] })
    expect(harness.events).toContainEqual(
      expect.objectContaining({ code: 'SINK_REFUSED', status: 400 }),
    )
    expect(file + JSON.stringify(harness.events)).not.toMatch(/alice|secret/)
  })
})

describe('an answer', () => {
  /** Sends three records to a sink that gives these answers, then 200; resolves when all are in. */
  async function deliver(...answers: ReturnType<Sink['answer']>[]): Promise<Harness> {
    const harness = await startHarness({
      producers: [producer],
      limits,
      sinks: [{ name: 'odd', url: sink.url }],
    })
    sink.answer = () => answers.shift() ?? 200
    await harness.send(signedBody(producer, recordSpans(3)))
    await eventually(() => harness.receiver.status().sinks[0]!.lag.commits === 0)
    return harness
  }
  const letters = async ({ folders }: Harness): Promise<string> =>
    await readFile(join(folders.queue, 'odd.dead.jsonl'), 'utf8').catch(() => '')
  const partial = (rejected: number, message: string): SinkAnswer => {
    const writer = new WireWriter()
    writer.message(1, (inner) => {
      inner.text(2, message)
      inner.varint(1, rejected)
    })
    return { status: 200, type: 'application/x-protobuf', body: writer.finish() }
  }

  test.each([401, 403, 404, 302, 405, 409, 415])(
    '%i is not about the data: tried again, said once, nothing is put aside',
    async (status) => {
      await using harness = await deliver(status, status, status)
      expect(harness.receiver.status().sinks[0]).toMatchObject({ forwarded: 3, refused: 0 })
      expect(sink.statuses).toEqual([status, status, status, 200])
      expect(await letters(harness)).toBe('')
      const said = harness.events.filter(({ code }) => code === 'SINK_DOWN')
      expect(said).toMatchObject([{ level: 'error', reason: `HTTP ${status}` }])
    },
  )

  test.each([400, 413, 422])('%i for all is no fault of the records', async (status) => {
    const refusals = Array<number>(7).fill(status)
    await using harness = await deliver(...refusals)
    expect(harness.receiver.status().sinks[0]).toMatchObject({ forwarded: 3, refused: 0 })
    expect(await letters(harness)).toBe('')
    expect(harness.events).toContainEqual(
      expect.objectContaining({ code: 'SINK_DOWN', reason: `all refused: HTTP ${status}` }),
    )
  })

  test('that refuses all until nobody is expected to mend it: put aside', async () => {
    sink.answer = () => 422
    await using harness = await startHarness({
      producers: [producer],
      limits: { ...limits, refusedAllMs: 20 },
      sinks: [{ name: 'odd', url: sink.url }],
    })
    await harness.send(signedBody(producer, recordSpans(3)))
    await eventually(() => harness.receiver.status().sinks[0]!.lag.commits === 0)
    expect(harness.receiver.status().sinks[0]).toMatchObject({ forwarded: 0, refused: 3 })
  })

  test.each([
    ['short', 'no'],
    ['long', 'no '.repeat(100_000)],
  ])('that takes a part, with a %s message, names the load and how many', async (_what, text) => {
    await using harness = await deliver(partial(2, text))
    expect(harness.receiver.status().sinks[0]).toMatchObject({ forwarded: 1, refused: 2 })
    const letter: unknown = JSON.parse(await letters(harness))
    expect(letter).toMatchObject({ status: 200, spans: 2, indexes: [2, 3, 4] })
  })

  test.each<[string, SinkAnswer]>([
    ['a login page', { status: 200, type: 'text/html', body: Buffer.from('<html>') }],
    ['JSON', { status: 200, type: 'application/json', body: Buffer.from('{}') }],
    // An empty string field: what is not said to be protobuf is not read as such.
    ['what could be protobuf', { status: 200, type: 'text/plain', body: Uint8Array.of(0x12, 0) }],
    ['broken protobuf', { status: 200, type: 'application/x-protobuf', body: Buffer.from('<') }],
  ])('of 200 with %s is no answer: tried again, loudly', async (_what, answer) => {
    await using harness = await deliver(answer)
    expect(sink.statuses).toEqual([200, 200])
    expect(harness.receiver.status().sinks[0]).toMatchObject({ forwarded: 3, refused: 0 })
    expect(harness.events).toContainEqual(
      expect.objectContaining({ code: 'SINK_DOWN', level: 'error' }),
    )
  })

  test('of nothing refused, or with parameters on its type, is 200', async () => {
    const type = 'application/x-protobuf; charset=utf-8'
    await using harness = await deliver({ ...partial(0, 'a warning'), type })
    expect(sink.statuses).toEqual([200])
    expect(harness.receiver.status().sinks[0]).toMatchObject({ forwarded: 3, refused: 0 })
  })
})

describe("a sink's offset", () => {
  test.each([
    ['ahead of the log', 1_000, undefined],
    ['of another log', 1, 'other.example/log\n'],
  ])('%s starts again from the beginning', async (_what, value, origin) => {
    const data = await newData()
    const sinks = [{ name: 'jaeger', url: sink.url }]
    {
      await using harness = await startHarness({ data, producers: [producer], sinks })
      await harness.send(signedBody(producer, recordSpans(2)))
      await sink.until(() => numbersIn(sink.taken).length === 2)
    }
    const file = join(foldersUnder(data).queue, 'jaeger.offset')
    await (await openOffset(file)).set(value)
    if (origin !== undefined) await writeFile(`${file}.origin`, origin)
    await using harness = await startHarness({ data, sinks })
    await sink.until(() => numbersIn(sink.taken).length === 4)
    expect(harness.events).toContainEqual(expect.objectContaining({ code: 'SINK_RESTARTED' }))
    await eventually(() => harness.receiver.status().sinks[0]!.lag.commits === 0)
    expect(harness.receiver.status().sinks[0]!.stopped).toBe(false)
  })
})

test('a record of a removed tofu key stays tofu', async () => {
  const data = await newData()
  const unconfirmed = createProducer({ assurance: 'tofu' })
  {
    await using harness = await startHarness({ data, producers: [unconfirmed] })
    await harness.send(signedBody(unconfirmed, [recordSpan(0)]))
  }
  // Removed while the receiver was down, and forwarded only now.
  const sinks = [{ name: 'late', url: sink.url }]
  await using _harness = await startHarness({ data, producers: [], sinks })
  await sink.until(() => sink.taken.length > 0)
  expect(spansIn(sink.taken)[0]!.marks['grantlog.verdict']).toEqual({ stringValue: 'tofu' })
})

describe('pass-through', () => {
  test('arrives byte for byte, without attributes that look like our marks', async () => {
    await using harness = await startHarness({ sinks: [{ name: 'jaeger', url: sink.url }] })
    const clean = plainBody({ 'http.route': '/a' })
    const faked = plainBody({ 'grantlog.verdict': 'verified', 'http.route': '/b' })
    await harness.send(concat(clean, faked))
    await sink.until(() => sink.taken.length > 0)
    const [first, second] = spanMessages(sink.taken[0]!)
    expect(Buffer.from(first!)).toEqual(Buffer.from(spanMessages(clean)[0]!))
    expect(Buffer.from(second!)).toEqual(
      Buffer.from(spanMessages(plainBody({ 'http.route': '/b' }))[0]!),
    )
  })

  test('goes its own way beside records of the same request', async () => {
    await using harness = await startHarness({
      producers: [producer],
      sinks: [{ name: 'jaeger', url: sink.url }],
    })
    await harness.send(concat(plainBody(), signedBody(producer, [recordSpan(0)])))
    await sink.until(() => sink.taken.length === 2)
    const passed = sink.taken.map((body) => decodeTraceRequest(body).passThroughSpans)
    expect(passed.toSorted((a, b) => a - b)).toEqual([0, 1])
  })

  test('is durable before the answer, and is sent after a restart', async () => {
    const data = await newData()
    {
      const sinks = [{ name: 'jaeger', url: 'http://127.0.0.1:1/v1/traces' }]
      await using harness = await startHarness({ data, limits, sinks })
      for (const route of ['/a', '/b', '/c']) await harness.send(plainBody({ 'http.route': route }))
      expect(harness.receiver.status().sinks[0]!.lag.passThrough).toBe(3)
    }
    const sinks = [{ name: 'jaeger', url: sink.url }]
    await using harness = await startHarness({ data, limits, sinks })
    await sink.until(() => sink.taken.flatMap(spanMessages).length === 3)
    await eventually(() => harness.receiver.status().sinks[0]!.lag.passThrough === 0)
    expect(harness.receiver.status().sinks[0]!.forwarded).toBe(3)
  })

  test('that is too large for a sink is split; what is refused alone is put aside', async () => {
    sink.answer = (body) => (spanMessages(body).length > 1 ? 413 : 200)
    await using harness = await startHarness({ limits, sinks: [{ name: 'small', url: sink.url }] })
    await harness.send(concat(plainBody({ a: '1' }), plainBody({ b: '2' }), plainBody({ c: '3' })))
    await sink.until(() => sink.taken.length === 3)
    expect(sink.statuses).toEqual([413, 413, 200, 200, 200])
  })
})

test.each([
  [[{ name: 'A b', url: 'http://x/' }]],
  [[{ name: 'a', url: 'ftp://x/' }]],
  [[{ name: 'a', url: 'x' }]],
  [[1, 2].map(() => ({ name: 'a', url: 'http://x/' }))],
])('a sink that is not well configured is refused at the start', async (sinks) => {
  const starting = startHarness({ sinks })
  await expect(starting).rejects.toMatchObject({ code: 'RECEIVER_SINK_INVALID' })
})
