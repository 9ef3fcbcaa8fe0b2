/**
 * OTLP in protobuf, as far as audit needs it: strict decoders that split a request into audit
 * spans, or audit log records, and everything else, and an encoder of spans (OTLP 1.x).
 * Metrics are only counted. OTLP/JSON of all signals becomes protobuf before it is read.
 *
 * Not a general protobuf reader, and not lenient: two readers must never see two different records
 * in the same bytes. See otlp/decode.test.ts, and test/peers for stock senders and the Collector.
 *
 * @module
 */
export {
  type AuditGroup,
  type AuditScope,
  type AuditSpan,
  decodeTraceRequest,
  decodingTraceRequest,
  readAuditSpan,
  type TraceRequest,
} from './otlp/decode.ts'
export type { DecodedSpan } from './otlp/decode-span.ts'
export { encodeTraceRequest, type OtlpAttributes, type SpanGroup } from './otlp/encode.ts'
export {
  type AuditLog,
  decodeLogsRequest,
  decodingLogsRequest,
  type LogsRequest,
} from './otlp/logs.ts'
export {
  decodeMetricsRequest,
  decodingMetricsRequest,
  type MetricsRequest,
} from './otlp/metrics.ts'
export { writeResourceLogs, writeTagged, writeTaggedPairs } from './otlp/tagged.ts'
export { protobufInTurns, protobufOfJson } from './otlp/json.ts'
export { partOfRequest } from './otlp/part.ts'
export { done, type Work } from './work.ts'
export { WireCursor, WireWriter, wireFields, type WireField } from './otlp/wire.ts'
