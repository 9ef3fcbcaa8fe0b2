// Scenario: a service with its own OpenTelemetry SDK (instrumentations of HTTP, own sampler, own
// backend), which starts before Grantlog, after it, or never; by --import and in code.
// Guarantee: its backend gets exactly the spans that it gets without Grantlog, and its sampler
// decides on nothing else: every audited request has its record in any case.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { startCollector } from './fixtures/collector.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type OtlpSpan, textOf } from './fixtures/otlp.ts'
import { startSink, type StoredRecord } from './fixtures/sink.ts'

const register = '@grantlog/sdk/register'
const own = './own-tracing.mjs'

/** How the two are started: modules to preload, then what the application starts in code. */
interface Order {
  readonly preload: readonly string[]
  readonly inCode: string
}

interface Outcome {
  /** What the application's own backend got, without ids. */
  readonly shapes: readonly string[]
  readonly spans: readonly OtlpSpan[]
  readonly records: readonly StoredRecord[]
  readonly stderr: string
  readonly answers: readonly string[]
}

/**
 * The same trace ids each time, for samplers decide by them, whether they look at their start or
 * at their end. Each once as sampled by the caller and once as not.
 */
const traceparents = ['10', '3f', '80', 'ff'].flatMap((half, i) => [
  `00-${half}${'0'.repeat(16)}${half}000000000001-000000000000000${i + 1}-01`,
  `00-${half}${'0'.repeat(16)}${half}000000000001-000000000000001${i + 1}-00`,
])

async function askAll(issuer: string): Promise<string[]> {
  const answers: string[] = []
  for (const traceparent of traceparents) {
    for (const path of ['/call', '/auth?client_id=web&state=x', '/events']) {
      const url = new URL(path, issuer)
      const answer = await fetch(url, { headers: { traceparent }, redirect: 'manual' })
      answers.push(`${answer.status} ${path === '/call' ? await answer.text() : ''}`)
    }
  }
  return answers
}

/** A request to `/call` asks for a token and for the events, each time as client and as server. */
const spansMax = traceparents.length * (2 + 4 + 1 + 1)

async function live(order: Order, env: Record<string, string> = {}): Promise<Outcome> {
  const producer = newProducer()
  const [sink, collector] = [await startSink(producer), await startCollector()]
  try {
    const { result, stderr } = await withService(
      {
        credentials: producer.write(sink),
        preload: order.preload,
        entry: 'own-server.mjs',
        env: {
          START: order.inCode,
          OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
          OTEL_METRICS_EXPORTER: 'none',
          OTEL_LOGS_EXPORTER: 'none',
          OTEL_LOG_LEVEL: 'warn',
          ...env,
        },
      },
      ({ issuer }) => askAll(issuer),
    )
    expect(sink.faults).toEqual([])
    const { spans } = collector
    return { shapes: shapesOf(spans), spans, records: sink.records(), stderr, answers: result }
  } finally {
    await Promise.all([sink.close(), collector.close()])
  }
}

/** Scope, kind, name and place of each span, and the same of its parent; sorted. */
function shapesOf(spans: readonly OtlpSpan[]): string[] {
  const shapeOf = (span: OtlpSpan): string => {
    const url = textOf(span, 'url.full').replace(/^https?:\/\/[^/]+/, '')
    const place = textOf(span, 'url.path') || url
    const status = span.attributes['http.response.status_code']
    return [span.scope, span.kind, span.name, place, status].join(' ')
  }
  return spans
    .map((span) => {
      const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)
      const above = parent === undefined ? span.parentSpanId : shapeOf(parent)
      return `${shapeOf(span)} < ${above}`
    })
    .toSorted()
}

/** Each audited request of `askAll`, as the server saw it and, of its own, as the client did. */
const audited = [
  ...traceparents.map(() => 'oauth.authorize 2'),
  ...traceparents.map(() => 'oauth.token 2'),
  ...traceparents.map(() => 'oauth.token 3'),
]
const actionsOf = ({ records }: Outcome): string[] =>
  records
    .filter(({ span }) => span.name.startsWith('oauth.'))
    .map(({ span }) => `${span.name} ${span.kind}`)
    .toSorted()

const orders: [string, Order][] = [
  ['before, both by --import', { preload: [own, register], inCode: '' }],
  ['after, both by --import', { preload: [register, own], inCode: '' }],
  ['in code, Grantlog by --import', { preload: [register], inCode: 'tracing' }],
  ['before, both in code', { preload: [], inCode: 'tracing grantlog' }],
  ['after, both in code', { preload: [], inCode: 'grantlog tracing' }],
]
const alone: Order = { preload: [own], inCode: '' }

/** What decides on its spans, and how many of them its backend gets: from, to. */
const samplers: [string, Record<string, string>, number, number][] = [
  ['takes all', { OTEL_TRACES_SAMPLER: 'always_on' }, spansMax, spansMax],
  ['takes none', { OTEL_TRACES_SAMPLER: 'always_off' }, 0, 0],
  [
    'takes a part',
    { OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.5' },
    1,
    spansMax - 1,
  ],
  [
    'follows the caller',
    { OTEL_TRACES_SAMPLER: 'parentbased_always_off' },
    spansMax / 2,
    spansMax / 2,
  ],
  ['is switched off', { OTEL_SDK_DISABLED: 'true' }, 0, 0],
]

describe.each(samplers)('an own SDK that %s', (name, env, from, to) => {
  let plain: Outcome
  beforeAll(async () => {
    plain = await live(alone, env)
    expect(plain.spans.length).toBeGreaterThanOrEqual(from)
    expect(plain.spans.length).toBeLessThanOrEqual(to)
    expect(plain.records).toEqual([])
  })

  // All orders with one sampler, with the others the two that differ most.
  test.each(name === 'takes all' ? orders : orders.slice(0, 2))('started %s', async (_, order) => {
    const outcome = await live(order, env)
    expect(outcome.shapes).toEqual(plain.shapes)
    expect(outcome.shapes.filter((shape) => shape.includes('@grantlog'))).toEqual([])
    expect(outcome.answers).toEqual(plain.answers)
    expect(outcome.stderr).toBe(plain.stderr)
    expect(actionsOf(outcome)).toEqual(audited)
    if (name === 'takes all') expect(parentsOf(outcome)).toEqual(parents)
  })
})

/** The kind of a record, and of which kind and name the own SDK's span is that it hangs under. */
function parentsOf({ records, spans }: Outcome): Set<string> {
  const all = records.filter(({ span }) => span.name.startsWith('oauth.'))
  return new Set(
    all.map(({ span: { kind, parentSpanId, traceId } }) => {
      const parent = spans.find((one) => one.spanId === parentSpanId && one.traceId === traceId)
      return `${kind} < ${parent?.kind} ${parent?.name} ${parent && textOf(parent, 'url.path')}`
    }),
  )
}

const parents = new Set(['2 < 2 GET /auth', '2 < 2 POST /token', '3 < 1 call itself '])

test('no SDK of its own: its backend gets nothing, and every request has its record', async () => {
  const outcome = await live({ preload: [register], inCode: '' })
  expect(outcome.spans).toEqual([])
  expect(actionsOf(outcome)).toEqual(audited)
})
