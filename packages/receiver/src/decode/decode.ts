// decode: from a body to audit spans, read strictly, and the rest, byte for byte.
import { defaultOtlpLimits, RecordError } from '@grantlog/record'
import {
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTraceRequest,
  type LogsRequest,
  type MetricsRequest,
  type TraceRequest,
} from '@grantlog/record/otlp'
import { ReceiverError } from '../codes.ts'

/** Errors: RECEIVER_BODY_MALFORMED, which says the rule and never a value. */
export function decodeBody(body: Uint8Array, batchesMax: number): TraceRequest {
  return reading(() => decodeTraceRequest(body, { ...defaultOtlpLimits, batchesMax }))
}

/** Errors: RECEIVER_BODY_MALFORMED. */
export function decodeLogs(body: Uint8Array): LogsRequest {
  return reading(() => decodeLogsRequest(body))
}

/** Errors: RECEIVER_BODY_MALFORMED. */
export function decodeMetrics(body: Uint8Array): MetricsRequest {
  return reading(() => decodeMetricsRequest(body))
}

function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', error.message)
  }
}
