// What both ends of OTLP/gRPC have to know of gRPC (PROTOCOL-HTTP2.md of grpc/grpc): receive/
// answers these calls, forward/ makes them. See receive/grpc.test.ts and forward/grpc.test.ts.
import type { Signal } from './flow.ts'

/** `:path` of the unary call that exports a signal. */
export const exportPaths: Readonly<Record<Signal, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
}

/** Of the detail in a google.rpc.Status that says when to come again. */
export const retryInfoType = 'type.googleapis.com/google.rpc.RetryInfo'

/** A flag and a length stand before each message. */
export const PREFIX_BYTES = 5

/** Length-Prefixed-Message: whether it is compressed, u32 length, the message. */
export function frameOf(message: Uint8Array, isCompressed = false): Buffer {
  return frameOfParts([message], isCompressed)
}

/** The same of a message in parts. */
export function frameOfParts(parts: readonly Uint8Array[], isCompressed: boolean): Buffer {
  const frame = Buffer.concat([Buffer.alloc(PREFIX_BYTES), ...parts])
  frame.writeUInt8(isCompressed ? 1 : 0, 0)
  frame.writeUInt32BE(frame.length - PREFIX_BYTES, 1)
  return frame
}
