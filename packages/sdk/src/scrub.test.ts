// Guarantee: no secret that was planted anywhere on a span reaches an exporter behind the scrub
// processor, and a span without secrets is exported as it is.
import { describe, expect, test } from '@jest/globals'
import { SpanKind, SpanStatusCode } from '@opentelemetry/api'
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  type SpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import fc from 'fast-check'
import { scrubbedCharsMax } from './limits.ts'
import { createScrubProcessor } from './scrub.ts'

const secret = 'S3cret-0f-ada_X9'
const url = `https://rp.example/cb?code=${secret}&iss=x`
const cleanUrl = 'https://rp.example/cb?code=REDACTED&iss=x'

/** What an exporter gets of the spans that `work` makes. */
function exported(work: (tracer: ReturnType<TracerProvider['getTracer']>) => void): ReadableSpan[] {
  const exporter = new InMemorySpanExporter()
  // Also checks the types: it is a SpanProcessor as it is.
  const scrub: SpanProcessor = createScrubProcessor()
  const provider = new TracerProvider({
    spanProcessors: [scrub, new SimpleSpanProcessor({ exporter })],
  })
  work(provider.getTracer('test'))
  return exporter.getFinishedSpans()
}

test('every part of a span is scrubbed before it is exported', () => {
  const spans = exported((tracer) => {
    const context = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 }
    const span = tracer.startSpan(`GET ${url}`, {
      kind: SpanKind.SERVER,
      attributes: { 'url.full': url, 'url.query': `code=${secret}`, 'http.route': '/cb' },
      links: [{ context, attributes: { from: url } }],
    })
    span.setAttribute('urls', [url, 'plain'])
    span.setAttribute('http.request.header.cookie', [`sid=${secret}`])
    span.setAttribute('http.request.header.x-forwarded-for', ['192.0.2.1'])
    span.setAttribute('http.response.header.location', ['https://elsewhere.example/'])
    span.setAttribute('nested', { deep: [{ password: secret, user: 'ada' }] })
    span.addEvent(`got ${url}`, { note: url })
    span.recordException(new Error(`no answer from ${url}`))
    span.setStatus({ code: SpanStatusCode.ERROR, message: `no answer from ${url}` })
    span.end()
  })
  expect(spans).toHaveLength(1)
  expect(JSON.stringify(spans[0]!.events)).not.toContain(secret)
  expect(spans[0]).toMatchObject({
    name: `GET ${cleanUrl}`,
    kind: SpanKind.SERVER,
    status: { code: SpanStatusCode.ERROR, message: `no answer from ${cleanUrl}` },
    attributes: {
      'url.full': cleanUrl,
      'url.query': 'code=REDACTED',
      'http.route': '/cb',
      urls: [cleanUrl, 'plain'],
      'http.request.header.cookie': ['REDACTED'],
      'http.request.header.x-forwarded-for': ['192.0.2.1'],
      'http.response.header.location': ['REDACTED'],
      nested: { deep: [{ password: 'REDACTED', user: 'ada' }] },
    },
    events: [
      { name: `got ${cleanUrl}`, attributes: { note: cleanUrl } },
      { name: 'exception', attributes: { 'exception.message': `no answer from ${cleanUrl}` } },
    ],
    links: [{ context: { spanId: '2'.repeat(16) }, attributes: { from: cleanUrl } }],
  })
})

test.each([
  ['authorization', 'REDACTED'],
  ['proxy_authorization', 'REDACTED'],
  ['set-cookie', 'REDACTED'],
  ['Cookie', 'REDACTED'],
  ['referer', 'REDACTED'],
  ['dpop', 'REDACTED'],
  ['user-agent', 'x/1'],
])('a captured header %s', (name, expected) => {
  const key = `http.request.header.${name}`
  const span = { attributes: { [key]: ['x/1'] } }
  createScrubProcessor().onEnd(span)
  expect(span.attributes).toEqual({ [key]: [expected] })
})

test('what belongs to the application is not changed', () => {
  const list = [url]
  const link = { attributes: { from: url } }
  const status = { code: 2, message: url }
  const attributes: Record<string, unknown> = { list }
  const span = { attributes, links: [link], status }
  createScrubProcessor().onEnd(span)
  expect(span).toEqual({
    attributes: { list: [cleanUrl] },
    links: [{ attributes: { from: cleanUrl } }],
    status: { code: 2, message: cleanUrl },
  })
  expect(span.attributes).toBe(attributes)
  expect([list[0], link.attributes.from, status.message]).toEqual([url, url, url])
})

describe('a span that is not as usual', () => {
  const { onEnd } = createScrubProcessor()

  test('is scrubbed where it can be', () => {
    const attributes = Object.freeze({ 'url.full': url })
    const frozenAttributes = { attributes }
    onEnd(frozenAttributes)
    expect(frozenAttributes.attributes).toEqual({ 'url.full': cleanUrl })

    const frozenSpan = Object.freeze({ name: url, attributes: { 'url.full': url } })
    onEnd(frozenSpan)
    expect(frozenSpan.attributes).toEqual({ 'url.full': cleanUrl })

    const status = { message: url }
    const accessors = Object.freeze({
      get status() {
        return status
      },
    })
    onEnd(accessors)
    expect(status).toEqual({ message: cleanUrl })
  })

  test.each<[string, object]>([
    ['empty', {}],
    ['without a prototype', Object.create(null) as object],
    ['all frozen', Object.freeze({ name: url, attributes: Object.freeze({ url }) })],
    ['of other types', { name: 1, attributes: null, events: 'x', links: [null], status: [] }],
    ['of proxies that throw', new Proxy({}, { get: boom, set: boom, getPrototypeOf: boom })],
    ['of attributes that throw', { attributes: new Proxy({ url }, { set: boom, get: boom }) }],
    ['a class', new (class Span {})()],
    ['a loop', looped()],
  ])('never throws: %s', (_, span) => {
    expect(() => onEnd(span)).not.toThrow()
  })

  test('one part that throws keeps no other secret', () => {
    const span = {
      get name(): string {
        return boom()
      },
      attributes: { url },
    }
    onEnd(span)
    expect(span.attributes).toEqual({ url: cleanUrl })
  })

  test('bytes stay bytes', () => {
    const bytes = new Uint8Array([1, 2])
    const span = { attributes: { bytes } }
    onEnd(span)
    expect(span.attributes.bytes).toBe(bytes)
  })
})

describe('bounds', () => {
  const after = (value: unknown): unknown => {
    const span = { attributes: { value } }
    createScrubProcessor().onEnd(span)
    return span.attributes.value
  }

  test('a text has at most 256 Ki characters', () => {
    expect(scrubbedCharsMax).toBe(256 * 1024)
    const text = 'x'.repeat(scrubbedCharsMax)
    expect(after(text)).toBe(text)
    expect(after(`${text}x`)).toBe('REDACTED')
  })

  test('a span at most four', () => {
    const text = 'x'.repeat(scrubbedCharsMax - 64)
    expect(after([text, text, text, text])).toEqual([text, text, text, text])
    expect(after([text, text, text, text, text])).toEqual([text, text, text, text, 'REDACTED'])
  })

  test('a value at most eight levels', () => {
    const deep = (levels: number): unknown => (levels === 0 ? 'x' : [deep(levels - 1)])
    expect(after(deep(8))).toEqual(deep(8))
    expect(JSON.stringify(after(deep(9)))).toContain('REDACTED')
  })
})

test('a list of names and values by turns has no secret value; one of names stays', () => {
  const pairs = ['Cookie', `sid=${secret}`, 'Accept', 'text/html', 'Authorization', `X ${secret}`]
  const names = ['cookie', 'Authorization', 'password', 'client_credentials']
  const [span] = exported((tracer) => {
    tracer.startSpan('s', { attributes: { rawHeaders: pairs, names } }).end()
  })
  const clean = ['Cookie', 'REDACTED', 'Accept', 'text/html', 'Authorization', 'REDACTED']
  expect(span!.attributes).toEqual({ rawHeaders: clean, names })
})

test("names of one's own", () => {
  const span = { attributes: { 'url.query': 'voucher=abc', 'shop.voucher': 'abc', x: 'abc' } }
  createScrubProcessor({ names: ['voucher'] }).onEnd(span)
  expect(span.attributes).toEqual({
    'url.query': 'voucher=REDACTED',
    'shop.voucher': 'REDACTED',
    x: 'abc',
  })
})

test('it has nothing to flush', async () => {
  const { onStart, forceFlush, shutdown } = createScrubProcessor()
  onStart()
  await expect(Promise.all([forceFlush(), shutdown()])).resolves.toEqual([undefined, undefined])
})

const names = ['code', 'state', 'access_token', 'id_token_hint', 'client_secret', 'SAMLResponse']

/** Any character of a name may be percent-encoded. */
const writtenName = fc
  .tuple(fc.constantFrom(...names), fc.infiniteStream(fc.boolean()))
  .map(([name, encodes]) =>
    [...name]
      .map((one) => (encodes.next().value ? `%${one.charCodeAt(0).toString(16)}` : one))
      .join(''),
  )
const harmless = fc
  .tuple(fc.constantFrom('scope', 'iss', 'client_id', 'x'), fc.webFragments({ size: 'small' }))
  .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)

/** A URL with the secret in one of its parts, maybe inside a parameter of another. */
const urls = fc
  .tuple(
    writtenName,
    harmless,
    harmless,
    fc.integer({ min: 0, max: 7 }),
    fc.integer({ max: 2, min: 0 }),
  )
  .map(([name, before, after, place, levels]) => {
    const query = `${before}&${name}=${secret}&${after}`
    const plain = [
      `https://rp.example/cb?${query}`,
      `/cb?${query}`,
      query,
      `https://rp.example/cb#${query}`,
      `https://ada:${secret}@rp.example/cb?${before}`,
      `https://rp.example/interaction/${secret}?${after}`,
      `/auth/${secret}`,
      `${name}=${secret}`,
    ][place]!
    let written = plain
    for (let level = 0; level < levels; level++) {
      written = `/go?${before}&to=${encodeURIComponent(written)}&${after}`
    }
    return written
  })
const texts = fc.oneof(
  urls,
  urls.map((text) => `GET ${text} failed`),
  urls.map((text) => JSON.stringify({ message: `at ${text}` })),
  fc.constantFrom(`Bearer ${secret}`, `x=1&auth=DPoP%20${secret}`, `{"access_token":"${secret}"}`),
)
const parts = fc.record({
  name: texts,
  status: fc.record({ code: fc.constant(2), message: texts }),
  attributes: fc.dictionary(
    fc.constantFrom('url.full', 'url.query', 'http.target', 'note'),
    fc.oneof(texts, fc.array(texts)),
  ),
  events: fc.array(fc.record({ name: texts, attributes: fc.record({ note: texts }) })),
  links: fc.array(fc.record({ attributes: fc.record({ note: texts }) })),
})

test('no planted secret survives, and scrubbing twice changes nothing more', () => {
  const { onEnd } = createScrubProcessor()
  fc.assert(
    fc.property(parts, (span) => {
      onEnd(span)
      const once = JSON.stringify(span)
      expect(once).not.toContain(secret)
      onEnd(span)
      expect(JSON.stringify(span)).toBe(once)
    }),
    { seed: 4, numRuns: 300 },
  )
})

test('a span of a request without secrets is exported to the byte', () => {
  fc.assert(
    fc.property(fc.array(harmless), fc.webUrl(), (queries, link) => {
      fc.pre(!/[\w-]{16}/.test(link))
      const span = { name: 'GET /cb', attributes: { 'url.full': link, q: `?${queries.join('&')}` } }
      const before = JSON.stringify(span)
      createScrubProcessor().onEnd(span)
      expect(JSON.stringify(span)).toBe(before)
    }),
    { seed: 4 },
  )
})

function boom(): never {
  throw new Error('boom')
}

function looped(): object {
  const attributes: Record<string, unknown> = { url }
  attributes.self = [attributes, attributes]
  return { attributes }
}
