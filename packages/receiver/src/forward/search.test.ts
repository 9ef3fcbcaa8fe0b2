// Guarantee: each sealed record becomes one document, once, whatever the server answers; what only
// waits for somebody is never skipped, and one document that is refused takes no other with it.
import { readFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { INDEX_TEMPLATE_VERSION } from '@grantlog/record/ecs'
import {
  eventually,
  type Harness,
  type HarnessOptions,
  newData,
  startHarness,
  startSink,
} from '../../test/harness.ts'
import { createProducer, plainBody, recordSpans, signedBody } from '../../test/producer.ts'
import {
  type Answer,
  type Document,
  type ItemAnswer,
  type SearchServer,
  startSearchServer,
} from '../../test/search-server.ts'
import type { SinkOptions } from './sink-options.ts'

const producer = createProducer()
const limits = { backoffMinMs: 1, backoffMaxMs: 4 }
const stream = '/_data_stream/logs-grantlog.record-default'
const template = '/_index_template/grantlog-record'
const bulk = 'PUT /logs-grantlog.record-default/_bulk'
let server: SearchServer

beforeEach(async () => {
  server = await startSearchServer()
})
afterEach(() => server.close())

function sinkOf(
  type: 'opensearch' | 'elasticsearch',
  more: Partial<SinkOptions> = {},
): SinkOptions {
  return { name: 'search', type, url: server.url, ...more } as SinkOptions
}

async function start(options: HarnessOptions = {}): Promise<Harness> {
  return await startHarness({
    ...{ producers: [producer], limits, sinks: [sinkOf('opensearch')] },
    ...options,
  })
}

/** A receiver that forwarded three records, or put them aside. */
async function deliver(options: HarnessOptions = {}): Promise<Harness> {
  const harness = await start(options)
  await harness.send(signedBody(producer, recordSpans(3)))
  await eventually(() => harness.receiver.status().sinks[0]!.lag.commits === 0)
  return harness
}

const sequenceOf = (document: Document): number => document['event']!['sequence'] as number
const sequences = (): number[] =>
  [...server.documents.values()].map(sequenceOf).toSorted((a, b) => a - b)
const letters = async ({ folders }: Harness): Promise<unknown[]> => {
  const file = join(folders.queue, 'search.dead.jsonl')
  const text = await readFile(file, 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line))
}
/** Writes for as long as it is read. */
function endless(to: ServerResponse): void {
  const part = '"'.padEnd(1024 * 1024, 'x')
  const more = (): void => {
    while (!to.destroyed && to.write(part));
  }
  to.on('drain', more)
  more()
}

function dripping(to: ServerResponse): void {
  const drip = (): void => {
    // Each turn of the event loop: it is never silent.
    if (!to.destroyed) to.write(' ', () => setImmediate(drip))
  }
  drip()
}

/** Half a gigabyte of zeros. */
const bomb = gzipSync(Buffer.alloc(512 * 1024 * 1024))

const codes = ({ events }: Harness): string[] => events.map(({ code }) => code)

describe.each(['opensearch', 'elasticsearch'] as const)('%s', (type) => {
  test('gets its template, its data stream and then each record, pseudonymised', async () => {
    await using harness = await deliver({ sinks: [sinkOf(type)] })
    expect(server.requests.filter((request) => request !== 'GET /')).toEqual([
      `GET ${stream}`,
      `GET ${template}`,
      `PUT ${template}`,
      `PUT ${stream}`,
      bulk,
    ])
    expect(sequences()).toEqual([0, 1, 2])
    const [[id, document]] = [...server.documents] as [[string, Document]]
    expect(document['event']).toMatchObject({ id, dataset: 'grantlog.record' })
    expect(document['user']).toEqual({ hash: 'p1.hash-of-alice' })
    expect(document['grantlog']).toMatchObject({ verdict: 'verified', index: 2 })
    expect(JSON.stringify(document)).not.toContain('alice@')
    expect(harness.receiver.status().sinks).toMatchObject([
      { name: 'search', type, forwarded: 3, refused: 0, retries: 0, reason: '', stopped: false },
    ])
    expect(codes(harness)).toContain('SINK_TEMPLATE_PUT')
  })

  test('is authorized by a header that nobody sees elsewhere', async () => {
    server.whole = () => ({ status: 403, body: { error: { type: 'security_exception' } } })
    const headers = { authorization: 'Basic SECRET' }
    await using harness = await start({ sinks: [sinkOf(type, { headers })] })
    await harness.send(signedBody(producer, recordSpans(1)))
    await eventually(() => harness.receiver.status().sinks[0]!.retries > 1)
    expect(server.authorizations).toEqual(new Set([headers.authorization]))
    const said = JSON.stringify([harness.events, harness.receiver.status()])
    expect(said).toContain('security_exception')
    expect(said).not.toContain('SECRET')
  })

  test('that never answers does not hold up the end of the receiver', async () => {
    server.whole = () => 'never'
    const harness = await start({ sinks: [sinkOf(type)] })
    await harness.send(signedBody(producer, recordSpans(1)))
    await eventually(() => server.requests.length > 0)
    await harness.close()
    await eventually(() => server.openRequests() === 0)
  })

  test.each<[string, Answer, string]>([
    ['goes on and on', { status: 200, write: endless }, 'its answer has over'],
    ['comes byte by byte', { status: 200, write: dripping }, 'TimeoutError'],
    [
      'is packed, and larger than memory',
      { status: 200, headers: { 'content-encoding': 'gzip' }, write: (to) => to.end(bomb) },
      'its answer is packed',
    ],
  ])('whose answer %s is asked again, and stops nothing else', async (_, answer, reason) => {
    let wrong = 2
    server.whole = (request) => (request === bulk && wrong-- > 0 ? answer : null)
    const sinkTimeoutMs = reason === 'TimeoutError' ? 300 : 20_000
    const bounds = { ...limits, sinkTimeoutMs }
    await using harness = await start({ sinks: [sinkOf(type)], limits: bounds })
    await harness.send(signedBody(producer, recordSpans(3)))
    const reasons = new Set<string>()
    await eventually(() => {
      const { lag, reason: told } = harness.receiver.status().sinks[0]!
      reasons.add(told)
      return lag.commits === 0
    })
    expect([...reasons].join()).toContain(reason)
    expect(sequences()).toEqual([0, 1, 2])
    await eventually(() => server.openRequests() === 0)
  })

  test('is waited for when nobody listens, and caught up with', async () => {
    const data = await newData()
    const away = { ...sinkOf(type), url: 'http://127.0.0.1:1' }
    {
      await using harness = await start({ data, sinks: [away] })
      await harness.send(signedBody(producer, recordSpans(3)))
      await eventually(() => harness.receiver.status().sinks[0]!.retries > 2)
      expect(harness.receiver.status().sinks).toMatchObject([{ reason: 'ECONNREFUSED' }])
      const said = harness.events.filter(({ code }) => code === 'SINK_DOWN')
      expect(said).toMatchObject([{ level: 'warn', reason: 'ECONNREFUSED' }])
    }
    await using _harness = await start({ data, sinks: [sinkOf(type)] })
    await eventually(() => server.documents.size === 3)
  })
})

describe('a document', () => {
  const refusing =
    (type: string, reason: string) =>
    (document: Document): ItemAnswer =>
      sequenceOf(document) === 1 ? { status: 400, error: { type, reason } } : { status: 201 }

  test.each([
    [
      'mapper_parsing_exception',
      "failed to parse field [user.hash] of type [long]. Preview of field's value: 'ALICE'",
      'mapper_parsing_exception: user.hash',
    ],
    [
      'illegal_argument_exception',
      'mapper [oauth.client] cannot be changed from type [keyword] to [long]: ALICE',
      'illegal_argument_exception: oauth.client',
    ],
    ['strict_dynamic_mapping_exception', 'not allowed: ALICE', 'strict_dynamic_mapping_exception'],
  ])('that does not fit (%s) is put aside alone, by its index', async (type, reason, error) => {
    server.item = refusing(type, reason)
    await using harness = await deliver()
    expect(sequences()).toEqual([0, 2])
    expect(await letters(harness)).toMatchObject([
      { sink: 'search', source: 'ledger', status: 400, spans: 1, indexes: [3], error },
    ])
    expect(harness.events).toContainEqual(expect.objectContaining({ code: 'SINK_REFUSED', error }))
    expect(JSON.stringify([harness.events, await letters(harness)])).not.toContain('ALICE')
    expect(harness.receiver.status().sinks).toMatchObject([{ forwarded: 2, refused: 1 }])
  })

  test.each<[number, string, string]>([
    [429, 'es_rejected_execution_exception', 'queue is full'],
    [503, 'unavailable_shards_exception', 'primary shard is not active'],
    [403, 'cluster_block_exception', 'index is read-only'],
    [404, 'index_not_found_exception', 'no such index'],
    [400, 'index_closed_exception', 'closed'],
    [400, 'illegal_argument_exception', 'Limit of total fields [500] has been exceeded'],
    [400, 'illegal_argument_exception', 'no write index is defined for alias'],
    [400, '<html>', 'whatever'],
  ])('that is answered %i %s waits, and the others do not come again', async (...error) => {
    const [status, type, reason] = error
    const seen: number[] = []
    let refusals = 3
    server.item = (document) => {
      seen.push(sequenceOf(document))
      if (sequenceOf(document) === 1 && refusals-- > 0) return { status, error: { type, reason } }
      return { status: 201 }
    }
    await using harness = await deliver()
    expect(seen).toEqual([0, 1, 2, 1, 1, 1])
    expect(sequences()).toEqual([0, 1, 2])
    expect(await letters(harness)).toEqual([])
    expect(harness.receiver.status().sinks).toMatchObject([{ forwarded: 3, retries: 0 }])
  })

  test('that is refused for a reason of its own while others are taken is put aside', async () => {
    const reason = { type: 'x_content_parse_exception', reason: '' }
    server.item = (document) => {
      return sequenceOf(document) === 1 ? { status: 400, error: reason } : { status: 201 }
    }
    await using harness = await deliver({ limits: { ...limits, refusedAllMs: 50 } })
    expect(sequences()).toEqual([0, 2])
    expect(await letters(harness)).toMatchObject([{ status: 400, error: reason.type, spans: 1 }])
    // Nothing says that it is the document, where it is all that there is.
    server.item = () => ({ status: 400, error: reason })
    const asked = (): number => server.requests.filter((request) => request === bulk).length
    const before = asked()
    const { status } = await harness.send(signedBody(producer, recordSpans(1, 3)))
    expect(status).toBe(200)
    await eventually(() => asked() > before + 5)
    expect(await letters(harness)).toHaveLength(1)
  })

  test('that is there already was taken', async () => {
    const data = await newData()
    {
      await using _harness = await deliver({ data })
    }
    await using harness = await start({ data, sinks: [sinkOf('opensearch', { name: 'again' })] })
    await eventually(() => harness.receiver.status().sinks[0]!.forwarded === 3)
    expect(server.requests.filter((request) => request === bulk)).toHaveLength(2)
    expect(server.documents.size).toBe(3)
  })
})

describe('a whole request', () => {
  test.each<[string, Answer]>([
    ['401', { status: 401, body: { error: { type: 'security_exception' } } }],
    ['429', { status: 429, headers: { 'retry-after': '0' } }],
    ['500', { status: 500, body: 'no' }],
    ['400', { status: 400, body: { error: { type: 'parse_exception' } } }],
    ['200 without items', { status: 200, body: {} }],
    ['200 with other items', { status: 200, body: { items: [{ create: { status: 201 } }] } }],
    ['200 with odd items', { status: 200, body: { items: [1, null, { index: {} }] } }],
    ['200 with a login page', { status: 200, headers: { 'content-type': 'text/html' } }],
  ])('that is answered %s comes again; the server is prepared anew', async (_what, answer) => {
    const answers = [answer, answer]
    server.whole = (request) => (request === bulk ? (answers.shift() ?? null) : null)
    await using harness = await deliver()
    expect(sequences()).toEqual([0, 1, 2])
    expect(await letters(harness)).toEqual([])
    expect(server.requests.filter((request) => request === bulk)).toHaveLength(3)
    expect(server.requests.filter((request) => request === `GET ${template}`)).toHaveLength(3)
    expect(server.requests.filter((request) => request === `PUT ${template}`)).toHaveLength(1)
  })

  test('that is too large is split; what is too large alone is put aside', async () => {
    server.whole = (request, count) => (request === bulk && count > 1 ? { status: 413 } : null)
    await using _harness = await deliver()
    expect(sequences()).toEqual([0, 1, 2])
    server.whole = (request) => (request === bulk ? { status: 413 } : null)
    await using other = await deliver({ limits: { ...limits, refusedAllMs: 20 } })
    expect((await letters(other)).length).toBe(3)
    expect(await letters(other)).toContainEqual(expect.objectContaining({ status: 413, spans: 1 }))
  })
})

describe('the template', () => {
  const put = (): number =>
    server.requests.filter((request) => request === `PUT ${template}`).length

  test.each([
    ['newer', { _meta: { version: 1_000 } }, 0],
    ['as new', { _meta: { version: INDEX_TEMPLATE_VERSION } }, 0],
    ['older', { _meta: { version: 0 } }, 1],
    ["somebody's own, without a version", { _meta: {} }, 0],
  ])('that is there and %s: put %#', async (_what, found, times) => {
    server.template = found
    await using harness = await deliver()
    expect(put()).toBe(times)
    expect(server.template === found).toBe(times === 0)
    expect(sequences()).toEqual([0, 1, 2])
    expect(harness.receiver.status().sinks).toMatchObject([{ forwarded: 3 }])
  })

  test('and the data stream are tried again until they are there, before any record', async () => {
    const answers = [{ status: 503 }, { status: 403, body: { error: { type: 'security' } } }]
    server.whole = (request) => (request.startsWith('PUT ') ? (answers.shift() ?? null) : null)
    await using harness = await deliver()
    expect(server.requests.indexOf(bulk)).toBe(server.requests.length - 1)
    expect(sequences()).toEqual([0, 1, 2])
    const said = harness.events.filter(({ code }) => code === 'SINK_DOWN')
    expect(said).toMatchObject([{ level: 'error', reason: 'HTTP 403 security (index template)' }])
  })

  test('and a data stream that another receiver made first are as good', async () => {
    const error = { type: 'resource_already_exists_exception' }
    server.whole = (request) =>
      request === `PUT ${stream}` ? { status: 400, body: { error } } : null
    await using harness = await deliver()
    expect(harness.receiver.status().sinks).toMatchObject([{ forwarded: 3, retries: 0 }])
  })

  test('is for an index where the server has no data streams, which is said', async () => {
    server.knowsDataStreams = false
    await using harness = await deliver()
    expect(server.requests).toContain('PUT /logs-grantlog.record-default')
    expect(server.template).not.toHaveProperty('data_stream')
    expect(codes(harness).filter((code) => code === 'SINK_WITHOUT_DATA_STREAM')).toHaveLength(1)
    expect(sequences()).toEqual([0, 1, 2])
  })
})

test("a server that Elastic's client refuses is waited for, with the reason", async () => {
  const root = {
    version: { number: '7.10.2', build_flavor: 'oss' },
    tagline: 'You Know, for Search',
  }
  let asked = 0
  server.whole = (request) => {
    return request === 'GET /' && asked++ < 2 ? { status: 200, body: root } : null
  }
  await using harness = await deliver({ sinks: [sinkOf('elasticsearch')] })
  expect(harness.events).toContainEqual(
    expect.objectContaining({
      code: 'SINK_DOWN',
      level: 'error',
      reason: expect.stringMatching(/^ProductNotSupportedError: /),
    }),
  )
  // The server was replaced by the right one meanwhile.
  expect(sequences()).toEqual([0, 1, 2])
})

test('spans that are no records are not for it, and wait for nobody', async () => {
  await using harness = await start()
  await harness.send(plainBody({ a: '1' }))
  expect(harness.receiver.status()).toMatchObject({ discarded: 1, passedThrough: 0 })
  const other = await startSink()
  const otlp = { name: 'jaeger', url: other.url }
  await using both = await start({ sinks: [sinkOf('opensearch'), otlp] })
  await both.send(plainBody({ a: '1' }))
  await other.until(() => other.taken.length === 1)
  await eventually(() => both.receiver.status().sinks.every(({ lag }) => lag.passThrough === 0))
  expect(server.documents.size).toBe(0)
  await other.close()
})
