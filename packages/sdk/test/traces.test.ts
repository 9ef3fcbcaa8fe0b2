// Scenario: an untouched authorization server, started with `node --import
// @grantlog/sdk/register-with-traces`, under the variables and with the packages that users have.
// Guarantee: the receiver gets its traces, each record hangs in its own, and whatever is wrong with
// the traces, the audit and the service go on.
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from '@jest/globals'
import { type ServiceOptions, withService } from './fixtures/child.ts'
import { runLife } from './fixtures/client.ts'
import { type Collector, startCollector } from './fixtures/collector.ts'
import { newProducer } from './fixtures/credentials.ts'
import { expected } from './fixtures/expected.ts'
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

interface Options extends Omit<ServiceOptions, 'credentials'> {
  readonly behave?: (request: number) => Answer | null
  /** How many requests it sends. */
  readonly work?: (issuer: string) => Promise<number>
}

async function live({ behave, work = askTwice, ...options }: Options = {}): Promise<Outcome> {
  const producer = newProducer()
  const sink = await startSink({ ...producer, ...(behave && { behave }) })
  const all = { preload: [withTraces], ...options, credentials: producer.write(sink) }
  try {
    const { result, code, stderr } = await withService(all, ({ issuer }) => work(issuer))
    expect(sink.faults).toEqual([])
    const spans = sink.passedThrough.flatMap(spansIn)
    return { records: sink.records(), spans, stderr, code, requests: result }
  } finally {
    await sink.close()
  }
}

/** One request to each of two audited endpoints. */
async function askTwice(issuer: string): Promise<number> {
  const body = new URLSearchParams({ grant_type: 'client_credentials' })
  await fetch(`${issuer}/token`, { method: 'POST', body })
  await fetch(`${issuer}/auth?client_id=web&state=a-state`, { redirect: 'manual' })
  return 2
}

/** Their records between the start and the stop. */
const two = ['audit.stream.start', 'oauth.token', 'oauth.authorize', 'audit.stream.stop']
const actionsOf = ({ records }: Outcome): string[] => records.map(({ span }) => span.name)

const wholeLife = async (issuer: string): Promise<number> =>
  (await runLife(issuer)).exchanges.length

describe.each<[string, Options]>([
  ['import', {}],
  ['require', { entry: 'server.cjs' }],
  ['Express', { env: { MOUNT: 'express' } }],
  ['Koa', { env: { MOUNT: 'koa' } }],
])('a service by %s', (_, options) => {
  test('each record hangs under the span of its request, in one trace', async () => {
    const { records, spans, stderr, code } = await live({ ...options, work: wholeLife })
    expect(stderr).not.toContain('grantlog:')
    expect(code).toBe(0)
    const audited = records.filter(({ span }) => span.name.startsWith('oauth.'))
    expect(audited).toHaveLength(expected.length)
    for (const { span, attributes } of audited) {
      const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
      expect(parent).toMatchObject({ traceId: span.traceId, kind: 2, service: 'login' })
      const route = attributes.get('http.route')
      // What a server tells its clients on the way has another answer than the request.
      if (route === undefined) continue
      const path = String(route).replace(/:\w+/, '[^/]+')
      expect(parent && textOf(parent, 'url.path')).toMatch(new RegExp(`^(/oidc)?${path}$`))
      expect(parent?.attributes['http.response.status_code']).toBe(
        Number(attributes.get('http.response.status_code')),
      )
    }
    const withRoute = audited.filter(({ attributes }) => attributes.has('http.route'))
    expect(withRoute.length).toBeGreaterThan(40)
  })
})

test('each request has its span on either side, and what we send ourselves has none', async () => {
  const { spans, requests } = await live({ work: wholeLife })
  const [servers, clients] = [2, 3].map((side) => spans.filter(({ kind }) => kind === side))
  // What this server sends are back-channel logouts, to itself: each is a request to it, too.
  expect(clients?.length).toBeGreaterThan(0)
  expect(servers).toHaveLength(requests + clients!.length)
  expect(spans).toHaveLength(requests + 2 * clients!.length)
  expect(new Set(spans.map(({ attributes }) => attributes['server.port'])).size).toBe(1)
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
    expect(actionsOf(outcome)).toEqual(two)
    expect(outcome.stderr).not.toContain('grantlog:')
  })

  test.each<[string, Record<string, string>]>([
    ['OTEL_SERVICE_NAME', { OTEL_SERVICE_NAME: 'mine' }],
    ['OTEL_RESOURCE_ATTRIBUTES', { OTEL_RESOURCE_ATTRIBUTES: 'a=b,service.name=mine' }],
  ])('%s names the service of the traces', async (_, env) => {
    const outcome = await live({ env })
    expect(outcome.spans.map(({ service }) => service)).toEqual(['mine', 'mine'])
    expect(actionsOf(outcome)).toEqual(two)
  })

  test('an endpoint of their own gets traces, with its headers and scrubbed', async () => {
    const collector = await startCollector()
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-vendor-key=for-my-vendor',
    }
    const outcome = await live({ env }).finally(() => void collector.close())
    expect(outcome.spans).toEqual([])
    expect(actionsOf(outcome)).toEqual(two)
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
  const traces = spans.filter(({ scope }) => scope === '@opentelemetry/instrumentation-http')
  const queries = traces.map((span) => textOf(span, 'url.query'))
  expect(queries).toEqual(['', 'client_id=web&state=REDACTED'])
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
    expect(actionsOf(outcome)).toEqual(two)
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
  expect(actionsOf(outcome)).toEqual(two)
  expect(outcome.stderr.match(/^grantlog: .*/gm)).toHaveLength(1)
  expect(outcome.stderr).toContain('grantlog: TRACES_FAILED: ')
})

describe("beside the application's own SDK", () => {
  test.each<[string, readonly string[], string]>([
    ['before', [own, withTraces], 'TRACES_ELSEWHERE'],
    ['after', [withTraces, own], 'TRACES_TAKEN'],
  ])('that was started %s: a notice says so, and one of them runs', async (when, preload, code) => {
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
    expect(actionsOf(outcome)).toEqual(two)
    const [ours, theirs] = [outcome.spans, collector.spans]
    expect(when === 'before' ? ours : theirs).toEqual([])
    expect(when === 'before' ? theirs : ours).toHaveLength(outcome.requests)
  })
})

describe('the process ends when', () => {
  test.each<[string, (request: number) => Answer | null]>([
    ['refuses', () => ({ status: 400 })],
    ['is busy', () => ({ status: 503 })],
    ['never answers', () => ({ status: 0 })],
  ])('the receiver %s', async (_, behave) => {
    const { code, stderr } = await live({ behave })
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
