// The receiver's own metrics, by the OpenTelemetry SDK. Nothing is counted for them: what is there
// already is read when somebody asks, and two histograms take one number for each request and for
// each write to the disk. The provider is ours alone: the process' global one is not touched. See
// metrics.test.ts.
import type { BatchObservableResult, Histogram, Meter, Observable } from '@opentelemetry/api'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics'
import type { Log } from '../flow.ts'
import { pushTo } from './io/push.ts'
import { scrape, scrapeReader } from './prometheus.ts'
import type { Reading } from './readings.ts'
import { seriesOf, type TenantLabels, tenantLabels } from './series.ts'
import { METRICS, type MetricDescription, TENANT_ATTRIBUTE } from './table.ts'

export interface MetricsOptions {
  /** Of the program, for `service.version`. */
  readonly version?: string
  /** OTLP/HTTP endpoint to push to each minute: the whole URL, with `/v1/metrics`. */
  readonly otlpUrl?: string
  readonly log?: Log
}

/** One for each process, made before the ledger is opened, so that its first sync counts. */
export interface Metrics {
  readonly otlpUrl: string | undefined
  /** Seconds of a request from its whole body to its answer. */
  acknowledged(seconds: number): void
  /** Seconds of a durable write of the commit journal: the main one, or a tenant's. */
  synced(seconds: number, tenant?: string): void
  /** What is read when somebody asks; the last one given is asked. */
  readFrom(read: () => Promise<Iterable<Reading>>): void
  /** In the text format of Prometheus. */
  text(): Promise<string>
  /** Pushes now, not only each minute. Never rejects. */
  push(): Promise<void>
  /** Pushes once more, for METRICS_PUSH_TIMEOUT_MS at most. */
  close(): Promise<void>
}

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const { log, otlpUrl, version } = options
  const pull = scrapeReader()
  const readers: IMetricReader[] = [pull]
  if (otlpUrl !== undefined) readers.push(pushTo(otlpUrl, log))
  const resource = resourceFromAttributes({
    'service.name': 'grantlog-receiver',
    ...(version !== undefined && { 'service.version': version }),
  })
  const provider = new MeterProvider({ resource, readers })
  const meter = provider.getMeter('@grantlog/receiver', version)
  let read: () => Promise<Iterable<Reading>> = () => Promise.resolve([])
  const labelOf = tenantLabels()
  observe(meter, () => read(), labelOf)
  const acknowledged = histogram(meter, 'grantlog.receiver.acknowledgement.duration')
  const synced = histogram(meter, 'grantlog.receiver.journal.sync.duration')
  return {
    otlpUrl,
    acknowledged: (seconds) => acknowledged.record(seconds),
    synced(seconds, tenant) {
      synced.record(seconds, tenant === undefined ? {} : { [TENANT_ATTRIBUTE]: labelOf(tenant) })
    },
    readFrom: (from) => void (read = from),
    text: () => scrape(pull),
    push: () => provider.forceFlush().catch(() => undefined),
    async close() {
      // A collector that does not answer is told of in the log already.
      await provider.shutdown().catch(() => undefined)
    },
  }
}

/** One callback for all: they are of the same moment. */
function observe(
  meter: Meter,
  read: () => Promise<Iterable<Reading>>,
  labelOf: TenantLabels,
): void {
  const instruments = new Map<string, Observable>()
  for (const [name, { description, kind, unit }] of described()) {
    if (kind === 'histogram') continue
    const options = { description, unit }
    const instrument =
      kind === 'counter'
        ? meter.createObservableCounter(name, options)
        : meter.createObservableGauge(name, options)
    instruments.set(name, instrument)
  }
  const onAsked = async (result: BatchObservableResult): Promise<void> => {
    for (const { attributes, name, value } of seriesOf(await read(), labelOf)) {
      result.observe(instruments.get(name)!, value, attributes)
    }
  }
  meter.addBatchObservableCallback(onAsked, [...instruments.values()])
}

/** Seconds from a fast disk's tenths of a millisecond to a sick one's seconds. */
const BOUNDARIES = [
  0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
]

function histogram(meter: Meter, name: keyof typeof METRICS): Histogram {
  const { description, unit } = METRICS[name]
  const advice = { explicitBucketBoundaries: BOUNDARIES }
  return meter.createHistogram(name, { description, unit, advice })
}

function described(): [string, MetricDescription][] {
  return Object.entries(METRICS)
}
