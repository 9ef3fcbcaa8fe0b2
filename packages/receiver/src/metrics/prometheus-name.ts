// Names of metrics at a Prometheus (OpenTelemetry, "Prometheus and OpenMetrics Compatibility").

const SUFFIXES: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes', '1': '_ratio' }

/** The name of a metric there, without the `_total` that counters get. */
export function prometheusName(name: string, unit: string): string {
  return `${name.replaceAll('.', '_')}${SUFFIXES[unit] ?? ''}`
}
