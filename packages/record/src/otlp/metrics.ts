import { defaultOtlpLimits, type OtlpLimits } from '../limits.ts'
import { done, type Work } from '../work.ts'
import { countContainer, type Counted, countField, isPauseDue } from './counted.ts'
import { nextReadable } from './pass-through.ts'
import { expectWire, wireBytes, WireCursor } from './wire.ts'

/** An OTLP `ExportMetricsServiceRequest`. */
export interface MetricsRequest {
  readonly dataPoints: number
  /** Byte for byte. */
  readonly passThrough: Uint8Array
}

/** Fields of a `Metric` whose value has data points: gauge, sum, histograms, summary. */
const metricData = new Set([5, 7, 9, 10, 11])

/** Throws OTLP_MALFORMED or OTLP_LIMIT_EXCEEDED when the request as a whole cannot be read. */
export function decodeMetricsRequest(
  body: Uint8Array,
  limits: OtlpLimits = defaultOtlpLimits,
): MetricsRequest {
  return done(decodingMetricsRequest(body, limits))
}

/** The same as work that may be left for a moment. */
export function* decodingMetricsRequest(
  body: Uint8Array,
  limits: OtlpLimits = defaultOtlpLimits,
): Work<MetricsRequest> {
  const counted: Counted = { limits, containers: 0, fields: 0, spent: 0 }
  const dataPoints = yield* pointsIn(body, 0, counted)
  return { dataPoints, passThrough: body }
}

/** All signals are built alike: 1 resources → 2 scopes → 2 items, each a message. */
const levels = [
  { number: 1, what: 'resource' },
  { number: 2, what: 'scope' },
  { number: 2, what: 'item' },
] as const

function* pointsIn(message: Uint8Array, depth: number, counted: Counted): Work<number> {
  const { number, what } = levels[depth]!
  const isMetric = depth === levels.length - 1
  const field = new WireCursor(message)
  let points = 0
  while (field.next()) {
    countField(counted)
    if (isPauseDue(counted)) yield
    if (field.number !== number) continue
    expectWire(field, wireBytes, what)
    if (!isMetric) countContainer(counted)
    points += isMetric
      ? yield* pointsOf(field.bytes, counted)
      : yield* pointsIn(field.bytes, depth + 1, counted)
  }
  return points
}

/** Of one metric, as far as it can be read: it may have all points of a request. */
function* pointsOf(metric: Uint8Array, counted: Counted): Work<number> {
  let points = 0
  const data = new WireCursor(metric)
  while (nextReadable(data)) {
    counted.spent++
    if (isPauseDue(counted)) yield
    if (!metricData.has(data.number)) continue
    const point = new WireCursor(data.bytes)
    while (nextReadable(point)) {
      counted.spent++
      if (isPauseDue(counted)) yield
      if (point.number === 1) points++
    }
  }
  return points
}
