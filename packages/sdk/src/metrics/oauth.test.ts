import { afterEach, expect, test } from '@jest/globals'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { Description } from '../event.ts'
import type { ValidationFacts } from '../facts.ts'
import { createOAuthMetrics } from './oauth.ts'
import { OAUTH_METRICS } from './oauth-table.ts'

afterEach(() => metrics.disable())

function setProvider() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
  return async () => {
    exporter.reset()
    await provider.forceFlush()
    return exporter
      .getMetrics()
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap(({ metrics: own }) => own)
  }
}

const at = { startTimeUnixNano: 1_000_000_000n, endTimeUnixNano: 1_250_000_000n }
const described = {
  attributes: new Map<string, string | bigint>([
    ['audit.action', 'oauth.token'],
    ['audit.outcome', 'success'],
    ['oauth.client.id', 'web'],
    ['oauth.grant.type', 'authorization_code'],
    ['oauth.token.binding', 'dpop'],
    ['oauth.token.hash', 't1.S3cret'],
    ['oauth.token.issued', 'access_token refresh_token'],
    ['server.address', 'login.example.com'],
    ['user.id', 'ada'],
  ]),
} as unknown as Description
const validation: ValidationFacts = {
  ...{ library: 'jose', format: 'jwt', header: { alg: null, kid: null }, claims: null },
  error: { code: 'ERR_JWT_EXPIRED', reason: 'token_expired' },
}

/** Everything once. */
function all(own: ReturnType<typeof createOAuthMetrics>): void {
  own.described('server', described, at)
  own.described('call', described, at)
  own.measures.validated(validation, 0.001)
  own.measures.keysAsked({ isHit: false, reason: 'cold' })
  own.measures.keysFetched('failure', 1.7)
}

test('without a provider nothing is looked at', () => {
  const never = new Proxy(
    {},
    {
      get: () => {
        throw new Error('looked at')
      },
    },
  )
  const own = createOAuthMetrics({ byClient: false })
  const seen: string[] = []
  // What is thrown within is kept there, so each look is counted.
  const watched = new Proxy(described, {
    get: (target, name) => {
      seen.push(String(name))
      return Reflect.get(target, name) as unknown
    },
  })
  own.described('server', watched, at)
  own.measures.validated(never as ValidationFacts, 1)
  expect(seen).toEqual([])
  setProvider()
  own.described('server', watched, at)
  expect(seen).not.toEqual([])
  expect(() => own.measures.validated(never as ValidationFacts, 1)).not.toThrow()
})

test('each has its unit and its dimensions, and says nothing else', async () => {
  const read = setProvider()
  all(createOAuthMetrics({ byClient: false }))
  const told = await read()
  expect(told.map(({ descriptor }) => `${descriptor.name} ${descriptor.unit}`).toSorted()).toEqual(
    Object.entries(OAUTH_METRICS)
      .map(([name, { unit }]) => `${name} ${unit}`)
      .toSorted(),
  )
  for (const { dataPoints, descriptor } of told) {
    const { dimensions } = OAUTH_METRICS[descriptor.name as keyof typeof OAUTH_METRICS]
    for (const { attributes } of dataPoints) {
      expect(dimensions).toEqual(expect.arrayContaining(Object.keys(attributes)))
    }
  }
  const duration = told.find(({ descriptor }) => /server.*duration/.test(descriptor.name))
  expect(duration?.dataPoints[0]?.value).toMatchObject({ count: 1, sum: 0.25 })
})

test('the client is a dimension where that was asked for', async () => {
  const read = setProvider()
  all(createOAuthMetrics({ byClient: true }))
  const by = (await read()).filter(({ dataPoints }) =>
    dataPoints.every(({ attributes }) => attributes['oauth.client.id'] === 'web'),
  )
  expect(by.map(({ descriptor }) => descriptor.name).toSorted()).toEqual([
    'oauth.client.request.duration',
    'oauth.server.request.duration',
    'oauth.server.tokens.issued',
  ])
})

test('whoever provides meters, and since when, gets what there is', async () => {
  const own = createOAuthMetrics({ byClient: false })
  all(own)
  const read = setProvider()
  all(own)
  expect(await read()).toHaveLength(Object.keys(OAUTH_METRICS).length)
})

test('a provider that fails costs nothing but the metrics', () => {
  const fail = (): never => {
    throw new Error('of somebody')
  }
  metrics.setGlobalMeterProvider({ getMeter: fail })
  expect(() => all(createOAuthMetrics({ byClient: false }))).not.toThrow()
})
