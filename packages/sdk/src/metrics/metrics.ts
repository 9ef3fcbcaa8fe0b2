// What the SDK tells of itself, by the metrics API of OpenTelemetry: to the meter provider of the
// application, if it has one, and else to nobody. None is ever registered here. The API gives no
// meter that would wait for a provider, and ours is nearly always set later than we are loaded: so
// the provider of the moment is looked up again, with each request to the receiver. Counters are
// read when somebody asks, so nothing is lost by that. See metrics.test.ts.
// As a whole: from an API that is older than metrics they could not be imported by name.
import * as api from '@opentelemetry/api'
import type { Counts, ExportOutcome } from '../counts.ts'
import { AUDIT_METRICS, type AuditMetric, type AuditMetricName } from './table.ts'

export interface OwnMetrics {
  /**
   * A request was answered, or failed, after so many seconds. Goes on with the provider that there
   * is now. Never throws.
   */
  readonly exported: (seconds: number, outcome: ExportOutcome) => void
  readonly stop: () => void
}

interface Meter {
  readonly duration: api.Histogram
  readonly detach: () => void
}

/** `read` must be cheap. */
export function createOwnMetrics(read: () => Counts): OwnMetrics {
  let provider: api.MeterProvider | undefined
  let meter: Meter | undefined
  let isStopped = false

  function follow(): void {
    const now = api.metrics.getMeterProvider()
    if (isStopped || now === provider) return
    provider = now
    meter?.detach()
    meter = attach(now, read)
  }

  return {
    exported: (seconds, outcome) =>
      quietly(() => {
        follow()
        meter?.duration.record(seconds, { 'audit.export.outcome': outcome })
      }),
    stop: () => {
      isStopped = true
      quietly(() => meter?.detach())
      meter = undefined
    },
  }
}

/** A provider is the application's: what fails in it must cost no record. */
function quietly(run: () => void): void {
  try {
    run()
  } catch {
    // Metrics are missing then, as they are with an API that has none.
  }
}

function attach(provider: api.MeterProvider, read: () => Counts): Meter {
  const meter = provider.getMeter('@grantlog/sdk')
  const observed = new Map<AuditMetricName, api.Observable>()
  for (const [name, { description, kind, unit }] of described()) {
    const options = { description, unit }
    if (kind === 'counter') observed.set(name, meter.createObservableCounter(name, options))
    if (kind === 'gauge') observed.set(name, meter.createObservableGauge(name, options))
  }
  const onAsked = (result: api.BatchObservableResult): void => {
    for (const [name, value] of valuesOf(read())) {
      if (value !== null) result.observe(observed.get(name)!, value)
    }
  }
  const all = [...observed.values()]
  meter.addBatchObservableCallback(onAsked, all)
  const { description, unit } = AUDIT_METRICS['audit.export.duration']
  const advice = { explicitBucketBoundaries: boundaries }
  return {
    duration: meter.createHistogram('audit.export.duration', { description, unit, advice }),
    detach: () => meter.removeBatchObservableCallback(onAsked, all),
  }
}

/** Seconds. */
const boundaries = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

function valuesOf(counts: Counts): [AuditMetricName, number | null][] {
  return [
    ['audit.records.emitted', counts.emitted],
    ['audit.records.exported', counts.exported],
    ['audit.records.dropped', counts.dropped],
    ['audit.receipts.missing', counts.missing],
    ['audit.queue.depth', counts.queued],
    ['audit.spool.size', counts.spoolBytes],
    ['audit.clock.skew', counts.skewMs === null ? null : counts.skewMs / 1_000],
  ]
}

function described(): [AuditMetricName, AuditMetric][] {
  return Object.entries(AUDIT_METRICS) as [AuditMetricName, AuditMetric][]
}
