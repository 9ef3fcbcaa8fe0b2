// Pushes metrics by OTLP/HTTP, each minute. What the endpoint wants besides the URL (headers, TLS,
// compression) comes from OTEL_EXPORTER_OTLP_METRICS_* and OTEL_EXPORTER_OTLP_*, as the library
// reads them; the URL does not: those variables often name us, set for all services of a machine.
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-proto'
import {
  type IMetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'
import type { Log } from '../../flow.ts'
import { METRICS_PUSH_MS, METRICS_PUSH_TIMEOUT_MS } from '../../limits.ts'

export function pushTo(url: string, log: Log = () => undefined): IMetricReader {
  return new PeriodicExportingMetricReader({
    exporter: telling(new OTLPMetricExporter({ url, timeoutMillis: METRICS_PUSH_TIMEOUT_MS }), log),
    exportIntervalMillis: METRICS_PUSH_MS,
    exportTimeoutMillis: METRICS_PUSH_TIMEOUT_MS,
  })
}

/** Tells of an outage once, when it begins and when it ends. */
function telling(exporter: OTLPMetricExporter, log: Log): PushMetricExporter {
  let isDown = false
  return {
    selectAggregation: (type) => exporter.selectAggregation(type),
    selectAggregationTemporality: (type) => exporter.selectAggregationTemporality(type),
    export: (metrics, done) =>
      exporter.export(metrics, (result) => {
        const failed = result.error !== undefined
        if (failed && !isDown) {
          const detail = result.error?.name ?? ''
          log({ code: 'METRICS_PUSH_FAILED', level: 'warn', detail })
        }
        if (!failed && isDown) log({ code: 'METRICS_PUSH_BACK', level: 'info' })
        isDown = failed
        done(result)
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  }
}
