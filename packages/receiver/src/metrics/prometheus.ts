// The metrics as a Prometheus reads them, named as OpenTelemetry's rules for it say ("Prometheus
// and OpenMetrics Compatibility"): the unit is a part of the name. See metrics.test.ts, and
// test/peers/metrics.test.ts for Prometheus' own linter.
import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { MetricData, MetricReader, ResourceMetrics } from '@opentelemetry/sdk-metrics'
import { prometheusName } from './prometheus-name.ts'

/** The library's reader, without its own port. */
export function scrapeReader(): MetricReader {
  return new PrometheusExporter({ preventServerStart: true })
}

/** Rejects with the first error of the callbacks: no numbers are better than old ones. */
export async function scrape(reader: MetricReader): Promise<string> {
  const { errors, resourceMetrics } = await reader.collect()
  if (errors.length > 0) throw errors[0]
  const [noPrefix, noTimestamp, noTargetInfo, noScopeInfo] = ['', false, true, true] as const
  const serializer = new PrometheusSerializer(
    ...[noPrefix, noTimestamp, undefined, noTargetInfo, noScopeInfo],
  )
  return serializer.serialize(withUnits(resourceMetrics))
}

function withUnits({ resource, scopeMetrics }: ResourceMetrics): ResourceMetrics {
  const scopes = scopeMetrics.map(({ metrics, scope }) => ({
    scope,
    metrics: metrics.map((metric) => named(metric)),
  }))
  return { resource, scopeMetrics: scopes }
}

function named(metric: MetricData): MetricData {
  const { name, unit } = metric.descriptor
  // The name says it; lines that say it again are of another format.
  return {
    ...metric,
    descriptor: { ...metric.descriptor, name: prometheusName(name, unit), unit: '' },
  }
}
