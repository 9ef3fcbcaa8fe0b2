import { defaultOtlpLimits, type OtlpLimits } from '../limits.ts'
import { RecordError } from '../codes.ts'
import { isAuditRecord, mentionsReserved, readable, stripReserved } from './pass-through.ts'
import { expectWire, wireBytes, WireCursor, wireFields, WireWriter } from './wire.ts'

/** An OTLP `ExportLogsServiceRequest`. */
export interface LogsRequest {
  readonly logRecords: number
  /** Of them, those with an attribute `audit.record.id` or `audit.integrity.*`. */
  readonly auditLogRecords: number
  /** Byte for byte, but without attributes `grantlog.*` of log records. */
  readonly passThrough: Uint8Array
}

/** An OTLP `ExportMetricsServiceRequest`. */
export interface MetricsRequest {
  readonly dataPoints: number
  /** Byte for byte. */
  readonly passThrough: Uint8Array
}

/** Field of a `LogRecord`. */
const logAttributes = 6
/** Fields of a `Metric` whose value has data points: gauge, sum, histograms, summary. */
const metricData = new Set([5, 7, 9, 10, 11])

/** Throws OTLP_MALFORMED or OTLP_LIMIT_EXCEEDED when the request as a whole cannot be read. */
export function decodeLogsRequest(
  body: Uint8Array,
  limits: OtlpLimits = defaultOtlpLimits,
): LogsRequest {
  let logRecords = 0
  let auditLogRecords = 0
  eachItem(body, limits, (record) => {
    logRecords++
    if (isAuditRecord(record, logAttributes)) auditLogRecords++
  })
  const passThrough = mentionsReserved(body)
    ? changeItems(body, (record) => stripReserved(record, logAttributes))
    : body
  return { logRecords, auditLogRecords, passThrough }
}

/** Errors as of `decodeLogsRequest`. */
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

/** The same request with other items; everything else stays. */
function changeItems(
  message: Uint8Array,
  change: (item: Uint8Array) => Uint8Array,
  depth = 0,
): Uint8Array {
  const writer = new WireWriter()
  for (const { bytes, end, number, start } of wireFields(message)) {
    if (number !== levels[depth]!.number) writer.raw(message.subarray(start, end))
    else if (depth === levels.length - 1) writer.bytes(number, change(bytes))
    else writer.bytes(number, changeItems(bytes, change, depth + 1))
  }
  return writer.finish()
}

function limit(message: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', message)
}
