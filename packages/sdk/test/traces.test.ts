// Scenario: an untouched authorization server, started with `node --import
// @grantlog/sdk/register-with-traces`, under the variables and with the packages that users have.
// Guarantee: the receiver gets its traces, each record hangs in its own, and whatever is wrong with
// the traces, the audit and the service go on.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { type ServiceOptions, withService } from './fixtures/child.ts'
import { runGrants } from './fixtures/client.ts'
import { type Collector, startCollector } from './fixtures/collector.ts'
import { newProducer } from './fixtures/credentials.ts'
import { expectedGrants } from './fixtures/expected.ts'
import { type OtlpSpan, spansIn, textOf } from './fixtures/otlp.ts'
import { type Answer, startSink, type StoredRecord } from './fixtures/sink.ts'

const withTraces = '@grantlog/sdk/register-with-traces'
const own = './own-tracing.mjs'

interface Outcome {
  readonly records: readonly StoredRecord[]
  /** What the receiver got beside them. */
  readonly spans: readonly OtlpSpan[]
  readonly stderr: string
  readonly code: number | null
  readonly requests: number
}

type Options = Omit<ServiceOptions, 'credentials'>

async function live(
  options: Options = {},
  behave?: (request: number) => Answer | null,
): Promise<Outcome> {
  const producer = newProducer()
  const sink = await startSink({ ...producer, ...(behave && { behave }) })
  const all = { preload: [withTraces], ...options, credentials: producer.write(sink) }
  try {
    const { result, code, stderr } = await withService(all, ({ issuer }) => runGrants(issuer))
    expect(sink.faults).toEqual([])
    const spans = sink.passedThrough.flatMap(spansIn)
    const requests = result.exchanges.length
    return { records: sink.records(), spans, stderr, code, requests }
  } finally {
    await sink.close()
  }
}

/** With the start and the stop. */
const all = expectedGrants.length + 2
const auditedIn = ({ records }: Outcome): StoredRecord[] =>
  records.filter(({ span }) => span.name.startsWith('oauth.'))

describe.each<[string, Options]>([
  ['import', {}],
  ['require', { entry: 'server.cjs' }],
  ['Express', { env: { MOUNT: 'express' } }],
  ['Koa', { env: { MOUNT: 'koa' } }],
])('a service by %s', (_, options) => {
  test('each record hangs under the span of its request, in one trace', async () => {
    const outcome = await live(options)
    expect(outcome.stderr).not.toContain('grantlog:')
    expect(outcome.code).toBe(0)
    expect(auditedIn(outcome)).toHaveLength(all - 2)
    for (const { span, attributes } of auditedIn(outcome)) {
      const parent = outcome.spans.find(({ spanId }) => spanId === span.parentSpanId)
      expect(parent).toMatchObject({ traceId: span.traceId, kind: 2, service: 'login' })
      // The page to log in and consent has no template that anybody knows.
      const route = attributes.get('http.route') ?? '/interaction/:uid'
      const path = String(route).replace(':uid', 'REDACTED')
      expect(parent && textOf(parent, 'url.path')).toMatch(new RegExp(`^(/oidc)?${path}$`))
      expect(parent?.attributes['http.response.status_code']).toBe(
        Number(attributes.get('http.response.status_code')),
      )
    }
  })
})

test('each request has one span, and what we send ourselves has none', async () => {
  const { spans, requests } = await live()
  expect(spans).toHaveLength(requests)
  expect(new Set(spans.map(({ kind, scope }) => `${kind} ${scope}`))).toEqual(
    new Set(['2 @opentelemetry/instrumentation-http']),
  )
  // A command line may hold secrets, and its owner is a person.
  const names = Object.keys(spans[0]?.resource ?? {}).filter((name) => name.startsWith('process.'))
  expect(names).toEqual([])
})

test('requests that the service makes are spans, too, and carry the trace on', async () => {
  const producer = newProducer()
  const sink = await startSink(producer)
  await withService(
    { credentials: producer.write(sink), preload: [withTraces], entry: 'own-server.mjs' },
    async ({ issuer }) => expect(await (await fetch(`${issuer}/call`)).text()).toBe('200 200 true'),
  ).finally(() => void sink.close())
  const spans = sink.passedThrough.flatMap(spansIn)
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1)
  const parentOf = ({ parentSpanId }: OtlpSpan): string =>
    spans.find(({ spanId }) => spanId === parentSpanId)?.name ?? ''
  const told = spans.map((span) => `${span.kind} ${span.name} < ${parentOf(span)}`)
  expect(told.toSorted()).toEqual([
    '1 call itself < GET',
    '2 GET < ',
    '2 GET < GET',
    '2 POST < POST',
    '3 GET < call itself',
    '3 POST < call itself',
  ])
})

test('stop() sends them before process.exit()', async () => {
  const producer = newProducer()
  const sink = await startSink(producer)
  const { code } = await withService(
    { credentials: producer.write(sink), preload: [withTraces], entry: 'exiting-server.mjs' },
    async ({ issuer }) => expect(await (await fetch(issuer)).text()).toBe('hello'),
  ).finally(() => void sink.close())
  expect(code).toBe(7)
  expect(sink.passedThrough.flatMap(spansIn).map(({ name }) => name)).toEqual(['GET'])
  expect(sink.records().at(-1)?.span.name).toBe('audit.stream.stop')
})

describe("the user's OTEL_* variables", () => {
  test.each<[string, Record<string, string>]>([
    ['OTEL_SDK_DISABLED', { OTEL_SDK_DISABLED: 'true' }],
    ['OTEL_TRACES_EXPORTER', { OTEL_TRACES_EXPORTER: 'none' }],
    ['OTEL_TRACES_SAMPLER', { OTEL_TRACES_SAMPLER: 'always_off' }],
  ])('%s can take the traces away, not the audit', async (_, env) => {
    const outcome = await live({ env })
    expect(outcome.spans).toEqual([])
    expect(outcome.records).toHaveLength(all)
    expect(outcome.stderr).not.toContain('grantlog:')
  })

  test.each<[string, Record<string, string>]>([
    ['OTEL_SERVICE_NAME', { OTEL_SERVICE_NAME: 'mine' }],
    ['OTEL_RESOURCE_ATTRIBUTES', { OTEL_RESOURCE_ATTRIBUTES: 'a=b,service.name=mine' }],
  ])('%s names the service of the traces', async (_, env) => {
    const { spans, records } = await live({ env })
    expect(new Set(spans.map(({ service }) => service))).toEqual(new Set(['mine']))
    expect(records).toHaveLength(all)
  })

  test('an endpoint of their own gets traces, with its headers and scrubbed', async () => {
    const collector = await startCollector()
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-vendor-key=for-my-vendor',
    }
    const outcome = await live({ env }).finally(() => void collector.close())
    expect(outcome.spans).toEqual([])
    expect(outcome.records).toHaveLength(all)
    expectScrubbed(collector)
    expect(collector.headers).not.toEqual([])
    for (const headers of collector.headers) expect(headers['x-vendor-key']).toBe('for-my-vendor')
  })

  test('headers for another backend do not reach the receiver', async () => {
    const collector = await startCollector()
    const env = {
      GRANTLOG_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-vendor-key=for-my-vendor',
    }
    await live({ env }).finally(() => void collector.close())
    expectScrubbed(collector)
    for (const headers of collector.headers) expect(headers).not.toHaveProperty('x-vendor-key')
  })
})

function expectScrubbed({ spans }: Collector): void {
  const queries = spans.map((span) => textOf(span, 'url.query'))
  expect(queries.filter((query) => query.includes('state=REDACTED'))).not.toEqual([])
  expect(spans.filter(({ scope }) => scope.includes('instrumentation-http'))).not.toEqual([])
}

describe('without', () => {
  test.each([
    '@opentelemetry/sdk-node',
    '@opentelemetry/sdk-trace',
    '@opentelemetry/exporter-trace-otlp-proto',
    '@opentelemetry/instrumentation-http',
    '@opentelemetry/instrumentation-undici',
  ])('%s it says how to install it, once, and audits', async (name) => {
    const outcome = await live({ preload: ['./without.mjs', withTraces], env: { WITHOUT: name } })
    expect(outcome.records).toHaveLength(all)
    expect(outcome.spans).toEqual([])
    const notices = outcome.stderr.split('\n').filter((line) => line.startsWith('grantlog:'))
    expect(notices).toHaveLength(1)
    expect(notices[0]).toMatch(/^grantlog: TRACES_MISSING: .*\. Fix: npm install @opentelemetry/)
    expect(notices[0]).toContain(`[${name}]`)
  })
})

test('with packages that are not those it knows, it says so and audits', async () => {
  const env = { BROKEN: '@opentelemetry/sdk-node' }
  const outcome = await live({ preload: ['./without.mjs', withTraces], env })
  expect(outcome.records).toHaveLength(all)
  expect(outcome.stderr.match(/^grantlog: .*/gm)).toHaveLength(1)
  expect(outcome.stderr).toContain('grantlog: TRACES_FAILED: ')
})

describe("beside the application's own SDK", () => {
  test.each<[string, readonly string[], string, number]>([
    ['before', [own, withTraces], 'TRACES_ELSEWHERE', 0],
    ['after', [withTraces, own], 'TRACES_TAKEN', 27],
  ])('that was started %s: one says so, and there is one', async (...args) => {
    const [, preload, code, taken] = args
    const collector = await startCollector()
    const env = {
      OTEL_TRACES_EXPORTER: 'otlp',
      OTEL_METRICS_EXPORTER: 'none',
      OTEL_LOGS_EXPORTER: 'none',
      OWN_ENDPOINT: collector.endpoint,
    }
    const outcome = await live({ preload, env }).finally(() => void collector.close())
    expect(outcome.stderr.match(/^grantlog: .*/gm)).toHaveLength(1)
    expect(outcome.stderr).toContain(`grantlog: ${code}: `)
    expect(outcome.stderr).not.toMatch(/duplicate/)
    expect(outcome.records).toHaveLength(all)
    expect(outcome.spans).toHaveLength(taken)
    expect(collector.spans).toHaveLength(27 - taken)
  })
})

describe('the process ends when', () => {
  test.each<[string, (request: number) => Answer | null]>([
    ['refuses', () => ({ status: 400 })],
    ['is busy', () => ({ status: 503 })],
    ['never answers', () => ({ status: 0 })],
  ])('the receiver %s', async (_, behave) => {
    const { code, stderr } = await live({}, behave)
    expect(code).toBe(0)
    expect(stderr).toContain('RECORDS_UNSENT')
    expect(stderr).not.toMatch(/unhandled|Error:/i)
  })

  test.each<[string, string, (response: ServerResponse) => void]>([
    ['a backend of their own never answers', 'OTEL_EXPORTER_OTLP_ENDPOINT', () => undefined],
    ['the receiver answers a byte at a time', 'GRANTLOG_ENDPOINT', drip],
  ])('%s', async (_, variable, answer) => {
    const server = createServer((_request, response) => answer(response)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const env = { [variable]: `http://127.0.0.1:${port}`, OTEL_BSP_SCHEDULE_DELAY: '20' }
    const { code } = await live({ env }).finally(() => {
      server.closeAllConnections()
      server.close()
    })
    expect(code).toBe(0)
  })
})

/** Until the connection is closed. */
function drip(response: ServerResponse): void {
  response.writeHead(200)
  const timer = setInterval(() => response.write(' '), 50)
  response.once('close', () => clearInterval(timer))
}
