/**
 * OTLP traces in protobuf, as far as audit spans need them: a strict decoder that splits a request
 * into audit spans and everything else, and an encoder (opentelemetry-proto `trace.v1`, OTLP 1.x).
 * Logs and metrics are only counted. OTLP/JSON of all signals becomes protobuf before it is read.
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
  readAuditSpan,
  type TraceRequest,
} from './otlp/decode.ts'
export type { DecodedSpan } from './otlp/decode-span.ts'
export { encodeTraceRequest, type OtlpAttributes, type SpanGroup } from './otlp/encode.ts'
export {
  decodeLogsRequest,
  decodeMetricsRequest,
  type LogsRequest,
  type MetricsRequest,
} from './otlp/other-signals.ts'
export { protobufOfJson } from './otlp/json.ts'
export { partOfRequest } from './otlp/part.ts'
export { WireCursor, WireWriter, wireFields, type WireField } from './otlp/wire.ts'
