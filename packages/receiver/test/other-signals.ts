// Requests of logs and metrics for tests, in both forms.
import { protobufOfJson } from '@grantlog/record/otlp'

export type Attributes = Readonly<Record<string, string>>

/** OTLP/JSON of a request with a log record of each of these attributes. */
export function logsJson(...records: readonly Attributes[]): string {
  const logRecords = records.map((attributes) => ({
    timeUnixNano: '1790000000000000001',
    severityNumber: 9,
    body: { stringValue: 'something happened' },
    attributes: keyValues(attributes),
  }))
  const scopeLogs = [{ scope: { name: 'app' }, logRecords }]
  return JSON.stringify({ resourceLogs: [{ resource: service, scopeLogs }] })
}

export function logsBody(...records: readonly Attributes[]): Uint8Array {
  return protobufOfJson(Buffer.from(logsJson(...records)), 'logs')
}

/** OTLP/JSON of a request with one sum of so many data points. */
export function metricsJson(points: number): string {
  const dataPoints = Array.from({ length: points }, (_, at) => ({ asInt: String(at) }))
  const sum = { dataPoints, aggregationTemporality: 2, isMonotonic: true }
  const scopeMetrics = [{ scope: { name: 'app' }, metrics: [{ name: 'requests', sum }] }]
  return JSON.stringify({ resourceMetrics: [{ resource: service, scopeMetrics }] })
}

export function metricsBody(points: number): Uint8Array {
  return protobufOfJson(Buffer.from(metricsJson(points)), 'metrics')
}

const service = { attributes: keyValues({ 'service.name': 'shop' }) }

function keyValues(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, stringValue]) => ({ key, value: { stringValue } }))
}
