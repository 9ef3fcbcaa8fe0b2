/** What can be wrong with a record, a batch, an OTLP body, a policy or a producer's question. */
export type RecordErrorCode =
  | 'RECORD_MALFORMED'
  | 'RECORD_ATTRIBUTE_MALFORMED'
  | 'RECORD_SLOT_MALFORMED'
  | 'REGISTRY_UNKNOWN'
  | 'BATCH_MALFORMED'
  | 'BATCH_ROOT_MISMATCH'
  | 'OTLP_MALFORMED'
  | 'OTLP_LIMIT_EXCEEDED'
  | 'POLICY_MALFORMED'
  | 'POLICY_LIMIT_EXCEEDED'
  | 'PRODUCER_MALFORMED'

/**
 * The error class of this package. `message` names the field and the rule, never the value:
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

/** A policy that cannot be read. An operator wrote it: it says where the fault is, and the cure. */
export class PolicyError extends RecordError {
  /** JSON pointer (RFC 6901) into the document; `''` is the whole of it. */
  readonly pointer: string
  /** What is wrong there. */
  readonly what: string
  readonly fix: string
  /** The member of the object there that is wrong: who has the file can show its place. */
  readonly member: string | null

  constructor(
    code: 'POLICY_MALFORMED' | 'POLICY_LIMIT_EXCEEDED',
    told: { pointer: string; what: string; fix: string; member?: string },
  ) {
    const { fix, member = null, pointer, what } = told
    super(code, `${what} at ${pointer === '' ? 'the top' : pointer}`)
    this.name = 'PolicyError'
    this.pointer = pointer
    this.what = what
    this.fix = fix
    this.member = member
  }
}
