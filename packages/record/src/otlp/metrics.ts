import { defaultOtlpLimits, type OtlpLimits } from '../limits.ts'
import { countContainer, type Counted, countField } from './counted.ts'
import { readable } from './pass-through.ts'
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
  let dataPoints = 0
  eachItem(body, limits, (metric) => {
    for (const data of readable(metric)) {
      if (!metricData.has(data.number)) continue
      for (const { number } of readable(data.bytes)) if (number === 1) dataPoints++
    }
  })
  return { dataPoints, passThrough: body }
}

/** All signals are built alike: 1 resources → 2 scopes → 2 items, each a message. */
const levels = [
  { number: 1, what: 'resource' },
  { number: 2, what: 'scope' },
  { number: 2, what: 'item' },
] as const

function eachItem(body: Uint8Array, limits: OtlpLimits, visit: (item: Uint8Array) => void): void {
  const counted: Counted = { limits, containers: 0, fields: 0 }
  const walk = (message: Uint8Array, depth: number): void => {
    const { number, what } = levels[depth]!
    const field = new WireCursor(message)
    while (field.next()) {
      countField(counted)
      if (field.number !== number) continue
      expectWire(field, wireBytes, what)
      if (depth === levels.length - 1) visit(field.bytes)
      else {
        countContainer(counted)
        walk(field.bytes, depth + 1)
      }
    }
  }
  walk(body, 0)
}
