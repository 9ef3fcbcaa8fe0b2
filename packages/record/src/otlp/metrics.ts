import { defaultOtlpLimits, type OtlpLimits } from '../limits.ts'
import { RecordError } from '../codes.ts'
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

function eachItem(
  body: Uint8Array,
  { containersMax, fieldsMax }: OtlpLimits,
  visit: (item: Uint8Array) => void,
): void {
  let fields = 0
  let containers = 0
  const walk = (message: Uint8Array, depth: number): void => {
    const { number, what } = levels[depth]!
    const field = new WireCursor(message)
    while (field.next()) {
      if (++fields > fieldsMax) throw limit(`a request has more than ${fieldsMax} fields`)
      if (field.number !== number) continue
      expectWire(field, wireBytes, what)
      if (depth === levels.length - 1) visit(field.bytes)
      else {
        if (++containers > containersMax) {
          throw limit(`a request has more than ${containersMax} resources and scopes`)
        }
        walk(field.bytes, depth + 1)
      }
    }
  }
  walk(body, 0)
}

function limit(message: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', message)
}
