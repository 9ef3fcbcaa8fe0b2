// The two messages that OTLP answers with (opentelemetry-proto, "OTLP/HTTP Response"), in both
// forms:
//   google.rpc.Status            code = 1 (int32), message = 2 (string), details = 3 (Any)
//   Export*ServiceResponse       partial_success = 1 { rejected_* = 1, error_message = 2 }
// and what a gRPC status has in its details:
//   google.rpc.RetryInfo         retry_delay = 1 (Duration { seconds = 1 })
// See status.test.ts for their bytes.
import type { Signal } from '../flow.ts'
import { retryInfoType } from '../grpc-wire.ts'
import type { Form } from './form.ts'

/** What was not taken of a request. */
export interface PartialSuccess {
  readonly signal: Signal
  /** Spans, log records, or data points. */
  readonly rejected: number
  readonly message: string
}

const rejectedName = {
  traces: 'rejectedSpans',
  logs: 'rejectedLogRecords',
  metrics: 'rejectedDataPoints',
} as const satisfies Record<Signal, string>

/** A failed request's body. `code` is a google.rpc.Code. */
export function encodeStatus(code: number, message: string, form: Form = 'protobuf'): Buffer {
  if (form === 'json') return Buffer.from(JSON.stringify({ code, message }))
  return Buffer.concat([integer(1, code), text(2, message)])
}

/** The same with when to come again, for `grpc-status-details-bin`. */
export function encodeRetryStatus(code: number, message: string, seconds: number): Buffer {
  const retryInfo = field(1, integer(1, seconds))
  const any = Buffer.concat([text(1, retryInfoType), field(2, retryInfo)])
  return Buffer.concat([encodeStatus(code, message), field(3, any)])
}

/** A successful request's body; of no members when nothing was refused, as the protocol asks. */
export function encodeResponse(partial: PartialSuccess, form: Form = 'protobuf'): Buffer {
  const { message, rejected, signal } = partial
  const isWhole = rejected === 0 && message === ''
  if (form === 'json') {
    // 64-bit integers are strings in OTLP/JSON.
    const told = { [rejectedName[signal]]: String(rejected), errorMessage: message }
    return Buffer.from(JSON.stringify(isWhole ? {} : { partialSuccess: told }))
  }
  if (isWhole) return Buffer.alloc(0)
  return field(1, Buffer.concat([integer(1, rejected), text(2, message)]))
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
