// decode: from a body to audit spans, read strictly, and the rest, byte for byte.
import { defaultOtlpLimits, RecordError } from '@grantlog/record'
import { decodeTraceRequest, type TraceRequest } from '@grantlog/record/otlp'
import { ReceiverError } from '../codes.ts'

/** Errors: RECEIVER_BODY_MALFORMED, which says the rule and never a value. */
export function decodeBody(body: Uint8Array, batchesMax: number): TraceRequest {
  try {
    return decodeTraceRequest(body, { ...defaultOtlpLimits, batchesMax })
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', error.message)
  }
}
