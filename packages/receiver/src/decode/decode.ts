// decode: from a body to audit spans, read strictly, and the rest, byte for byte.
import { defaultOtlpLimits, RecordError } from '@grantlog/record'
import {
  decodeLogsRequest,
  decodeMetricsRequest,
  decodeTraceRequest,
  type TraceRequest,
} from '@grantlog/record/otlp'
import { ReceiverError } from '../codes.ts'
import type { Signal } from '../flow.ts'

/** Errors: RECEIVER_BODY_MALFORMED, which says the rule and never a value. */
export function decodeBody(body: Uint8Array, batchesMax: number): TraceRequest {
  return reading(() => decodeTraceRequest(body, { ...defaultOtlpLimits, batchesMax }))
}

/** What is not sealed. */
export interface OtherRequest {
  /** Log records, or data points. */
  readonly items: number
  /** Of them, log records that say they are audit. */
  readonly auditItems: number
  readonly passThrough: Uint8Array
}

/** Errors: RECEIVER_BODY_MALFORMED. */
export function decodeOther(body: Uint8Array, signal: Exclude<Signal, 'traces'>): OtherRequest {
  return reading(() => {
    if (signal === 'metrics') {
      const { dataPoints: items, passThrough } = decodeMetricsRequest(body)
      return { items, auditItems: 0, passThrough }
    }
    const { auditLogRecords, logRecords: items, passThrough } = decodeLogsRequest(body)
    return { items, auditItems: auditLogRecords, passThrough }
  })
}

function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', error.message)
  }
}
