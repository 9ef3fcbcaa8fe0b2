// The two protobuf messages that OTLP/HTTP answers with (opentelemetry-proto, "OTLP/HTTP
// Response"):
//   google.rpc.Status            code = 1 (int32), message = 2 (string)
//   ExportTraceServiceResponse   partial_success = 1 { rejected_spans = 1, error_message = 2 }
// See status.test.ts for their bytes.

/** A failed request's body. `code` is a google.rpc.Code. */
export function encodeStatus(code: number, message: string): Buffer {
  return Buffer.concat([integer(1, code), text(2, message)])
}

/** A successful request's body; empty when nothing was refused, as the protocol asks. */
export function encodeTraceResponse(rejectedSpans: number, message: string): Buffer {
  if (rejectedSpans === 0 && message === '') return Buffer.alloc(0)
  return field(1, Buffer.concat([integer(1, rejectedSpans), text(2, message)]))
}

function integer(number: number, value: number): Buffer {
  return value === 0 ? Buffer.alloc(0) : Buffer.from([number << 3, ...varint(value)])
}

function text(number: number, value: string): Buffer {
  return value === '' ? Buffer.alloc(0) : field(number, Buffer.from(value))
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...varint(bytes.length)]), bytes])
}

function varint(value: number): number[] {
  const bytes: number[] = []
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128)
  return [...bytes, value]
}
