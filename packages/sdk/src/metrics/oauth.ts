// How OAuth does, by the metrics API of OpenTelemetry: to the meter provider of the application, if
// it has one. Without one nothing is looked at but that. See oauth.test.ts; metrics.ts says why the
// provider is looked up each time.
import * as api from '@opentelemetry/api'
import { ATTR, decodeList } from '@grantlog/record'
import type { Description, Occurrence } from '../event.ts'
import type { Measures } from '../measures.ts'
import { OAUTH_METRICS, type OAuthMetricName } from './oauth-table.ts'

export interface OAuthMetrics {
  /** Something happened, by the kind of its facts, and this is its record. Never throws. */
  readonly described: (kind: string, description: Description, at: Times) => void
  readonly measures: Measures
}

type Times = Pick<Occurrence, 'startTimeUnixNano' | 'endTimeUnixNano'>
type Instruments = ReadonlyMap<string, (value: number, attributes: api.Attributes) => void>
type Source = ReadonlyMap<string, unknown>

/** `byClient`: the client is a dimension, too. There may be many, and anybody may register one. */
export function createOAuthMetrics(options: { readonly byClient: boolean }): OAuthMetrics {
  const withMeter = createFollower()
  const clientId = options.byClient ? [ATTR.OAUTH_CLIENT_ID] : []

  function add(to: Instruments, name: OAuthMetricName, value: number, source: Source): void {
    const attributes: api.Attributes = {}
    for (const dimension of [...OAUTH_METRICS[name].dimensions, ...clientId]) {
      const known = source.get(dimension)
      if (typeof known === 'string' || typeof known === 'boolean') attributes[dimension] = known
    }
    to.get(name)?.(value, attributes)
  }

  return {
    described: (kind, description, at) =>
      withMeter((to) => {
        const { attributes } = description
        const seconds = Number(at.endTimeUnixNano - at.startTimeUnixNano) / 1e9
        if (kind === 'call') add(to, 'oauth.client.request.duration', seconds, attributes)
        if (kind !== 'server') return
        add(to, 'oauth.server.request.duration', seconds, attributes)
        for (const source of issuedIn(attributes)) add(to, 'oauth.server.tokens.issued', 1, source)
      }),
    measures: {
      validated: (facts, seconds) =>
        withMeter((to) => {
          const { error, library } = facts
          const source = new Map([
            [ATTR.OAUTH_LIBRARY_NAME, library],
            [ATTR.AUDIT_OUTCOME, error === null ? 'success' : 'failure'],
            ...(error === null ? [] : ([[ATTR.OAUTH_ERROR_REASON, error.reason]] as const)),
          ] as [string, string][])
          add(to, 'oauth.resource.validation.duration', seconds, source)
        }),
      keysAsked: (keys) =>
        withMeter((to) => {
          const source = new Map<string, unknown>([[ATTR.OAUTH_JWKS_CACHE_HIT, keys.isHit]])
          source.set(ATTR.OAUTH_JWKS_REFETCH_REASON, keys.reason)
          add(to, 'oauth.jwks.cache.requests', 1, source)
        }),
      keysFetched: (result, seconds) =>
        withMeter((to) => {
          add(to, 'oauth.jwks.fetch.duration', seconds, new Map([[ATTR.AUDIT_OUTCOME, result]]))
        }),
    },
  }
}

/** Each token that a record says was issued; its binding is that of the access token. */
function issuedIn(attributes: Source): Source[] {
  const kinds = attributes.get(ATTR.OAUTH_TOKEN_ISSUED)
  if (typeof kinds !== 'string') return []
  const grant = attributes.get(ATTR.OAUTH_GRANT_TYPE)
  const binding = attributes.get(ATTR.OAUTH_TOKEN_BINDING)
  return decodeList(kinds).map(
    (kind) =>
      new Map([
        [ATTR.OAUTH_TOKEN_TYPE, kind],
        [ATTR.OAUTH_GRANT_TYPE, grant],
        [ATTR.OAUTH_CLIENT_ID, attributes.get(ATTR.OAUTH_CLIENT_ID)],
        [ATTR.OAUTH_TOKEN_BINDING, kind === 'access_token' ? binding : null],
      ] as [string, unknown][]),
  )
}

/** Runs what measures, with the instruments of the provider that there is now, if there is one. */
function createFollower(): (run: (to: Instruments) => void) => void {
  let provider: api.MeterProvider | undefined
  let instruments: Instruments | null = null
  return (run) => {
    // A provider is the application's: what fails in it must cost no record.
    try {
      const now = api.metrics.getMeterProvider()
      if (now !== provider) {
        provider = now
        instruments = null
        instruments = instrumentsOf(now)
      }
      if (instruments !== null) run(instruments)
    } catch {
      // Metrics are missing then, as they are with an API that has none.
    }
  }
}

/** null: nobody listens. */
function instrumentsOf(provider: api.MeterProvider): Instruments | null {
  const meter = provider.getMeter('@grantlog/sdk')
  if (meter.constructor === api.createNoopMeter().constructor) return null
  const made = new Map<string, (value: number, attributes: api.Attributes) => void>()
  for (const [name, { description, kind, unit }] of Object.entries(OAUTH_METRICS)) {
    if (kind === 'counter') {
      const counter = meter.createCounter(name, { description, unit })
      made.set(name, (value, attributes) => counter.add(value, attributes))
    } else {
      const advice = { explicitBucketBoundaries: boundaries }
      const histogram = meter.createHistogram(name, { description, unit, advice })
      made.set(name, (value, attributes) => histogram.record(value, attributes))
    }
  }
  return made
}

/** Seconds, as OpenTelemetry has them for requests, and finer ones for what needs no network. */
const boundaries = [
  ...[0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5],
  ...[0.75, 1, 2.5, 5, 7.5, 10],
]
