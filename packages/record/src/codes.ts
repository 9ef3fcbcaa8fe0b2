/** Everything that can be wrong with a record, a batch or an OTLP body. */
export type RecordErrorCode =
  | 'RECORD_MALFORMED'
  | 'RECORD_ATTRIBUTE_MALFORMED'
  | 'RECORD_SLOT_MALFORMED'
  | 'REGISTRY_UNKNOWN'
  | 'BATCH_MALFORMED'
  | 'BATCH_ROOT_MISMATCH'
  | 'OTLP_MALFORMED'
  | 'OTLP_LIMIT_EXCEEDED'

/**
 * The one error class of this package. `message` names the field and the rule, never the value:
 * values are attacker-controlled and may be secrets.
 */
export class RecordError extends Error {
  readonly code: RecordErrorCode

  constructor(code: RecordErrorCode, message: string) {
    super(message)
    this.name = 'RecordError'
    this.code = code
  }
}
