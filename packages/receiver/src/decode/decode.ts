// decode: from a body to audit spans, read strictly, and the rest, byte for byte.
import { defaultOtlpLimits, RecordError } from '@grantlog/record'
import {
  decodingLogsRequest,
  decodingMetricsRequest,
  decodingTraceRequest,
  type LogsRequest,
  type MetricsRequest,
  type TraceRequest,
  type Work,
} from '@grantlog/record/otlp'
import { ReceiverError } from '../codes.ts'

/**
 * Returns what decodes requests of so many batches at most. Errors: RECEIVER_BODY_MALFORMED, which
 * says the rule and never a value.
 */
export function bodyDecoder(batchesMax: number): (body: Uint8Array) => Work<TraceRequest> {
  const limits = { ...defaultOtlpLimits, batchesMax }
  return (body) => reading(decodingTraceRequest(body, limits))
}

/** Errors: RECEIVER_BODY_MALFORMED. */
export function decodeLogs(body: Uint8Array): Work<LogsRequest> {
  return reading(decodingLogsRequest(body))
}

/** Errors: RECEIVER_BODY_MALFORMED. */
export function decodeMetrics(body: Uint8Array): Work<MetricsRequest> {
  return reading(decodingMetricsRequest(body))
}

function* reading<T>(work: Work<T>): Work<T> {
  try {
    return yield* work
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', error.message)
  }
}
