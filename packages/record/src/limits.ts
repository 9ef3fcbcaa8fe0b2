/** Bytes of a string attribute. Elasticsearch does not index a longer keyword (`ignore_above`). */
export const attributeBytesMax = 1024

/** Bytes of a span's name. Names are of low cardinality; a long one is a mistake or an attack. */
export const nameBytesMax = 256

/** Records in one signed batch: 32 KiB of digests on the scope, and a bounded re-hash. */
export const batchRecordsMax = 1024

/** Characters of a batch's JWS; a real one has about 500. */
export const jwsLengthMax = 4096

/** Characters of a policy; read at start, by a process that has other things to do. */
export const policyLengthMax: number = 64 * 1024

/** Characters of a producer's proof; a real one has about 450. */
export const producerProofLengthMax = 2048

/**
 * Characters of an answer to a producer: a policy at its limit, each character three bytes, in
 * base64url, and what is beside it.
 */
export const producerAnswerLengthMax: number = 4 * policyLengthMax + 4096

/** Rules of a policy: each record looks for the first that fits. */
export const policyRoutesMax = 512

/** Audit rules of a policy: each record looks for the first that fits. */
export const policyRulesMax = 256

/** Faults of a policy that are told; who mends these sees the next. */
export const policyFaultsMax = 100

/** Methods, scopes or roles of a rule, and entries of the other lists. */
export const policyItemsMax = 64

/** Characters of each text in a policy. */
export const policyTextMax = 256

/**
 * Fields of a span or log record of somebody else, its attributes' own included, that are looked at
 * for names of ours: 30,000 attributes, in a millisecond.
 */
export const itemFieldsMax = 100_000

/** Bytes of an audit span as sent; one with all attributes that it may have is smaller. */
export const spanBytesMax: number = 256 * 1024

/**
 * Bytes of the resource of audit spans that is read, 4 ms at most. It proves nothing: of a larger
 * one nothing is told, for a receiver keeps no more than 8 KiB of it.
 */
export const resourceBytesMax: number = 16 * 1024

/** Bytes of the scope of audit spans: 32 KiB of digests, a JWS, and what others add. */
export const scopeBytesMax: number = 64 * 1024

/** Limits of one OTLP request. Each is checked while decoding, before anything is built. */
export interface OtlpLimits {
  /** Audit spans in a request. A Collector sends 8,192 by default; we leave room. */
  readonly spansMax: number
  /**
   * ResourceSpans and ScopeSpans in a request, together. An empty one has two bytes, but costs a
   * visit and a buffer; a request needs no more of them than it has spans.
   */
  readonly containersMax: number
  /**
   * Fields in the request, its ResourceSpans, ScopeSpans and scopes, together. Real spans have more
   * than 26 bytes, so that 20 MiB of them stay below; ten million empty ones do not.
   */
  readonly fieldsMax: number
  /** Attributes on one span, resource or scope. The OTel SDK's own default is 128. */
  readonly attributesMax: number
  /** Nesting of unsigned array and map values. */
  readonly depthMax: number
  /** Distinct scopes with a signed batch in a request; each costs a signature verification. */
  readonly batchesMax: number
}

export const defaultOtlpLimits: OtlpLimits = {
  spansMax: 20_000,
  containersMax: 20_000,
  fieldsMax: 1_000_000,
  attributesMax: 256,
  depthMax: 16,
  batchesMax: 16,
}

/**
 * Brackets open at a time in OTLP/JSON: attribute values nested 16 deep need about 60, each further
 * one is a call on the stack.
 */
export const jsonDepthMax = 128

/** Members of an object of OTLP/JSON: messages have up to 16, and the future brings more. */
export const jsonMembersMax = 256

/**
 * Values in a request of OTLP/JSON. Real ones have more than 15 bytes each, so that 20 MiB of them
 * stay below; ten million empty objects, which cost a second, do not.
 */
export const jsonValuesMax = 2_000_000

/**
 * Characters of a string of OTLP/JSON, as written: a Collector reads log lines of 1 MiB. It is read
 * in one piece, while others wait.
 */
export const jsonTextMax: number = 1024 * 1024

/** Spaces and line feeds in a row in OTLP/JSON: an indent is below 1,000. */
export const jsonSpaceMax = 65_536

/** Segments of a path that are told; the rest is `...`. */
export const pathSegmentsMax = 16

/** Names of attributes whose bytes are kept for the next record; the registry has fewer. */
export const knownKeysMax = 512

/** Limits of one OTLP request of logs, as far as it has audit log records. */
export interface LogLimits extends Pick<
  OtlpLimits,
  'attributesMax' | 'containersMax' | 'depthMax' | 'fieldsMax'
> {
  /** Audit log records in a request. A Collector sends 8,192 by default; we leave some room. */
  readonly logsMax: number
  /** Bytes of one as sent; it may become some times as long in its canonical form. */
  readonly bytesMax: number
  /** Bytes of resource, and of scope, also in canonical form: each record holds them. */
  readonly contextMax: number
}

export const defaultLogLimits: LogLimits = {
  logsMax: 10_000,
  bytesMax: 65_536,
  contextMax: 4096,
  attributesMax: 256,
  containersMax: 20_000,
  depthMax: 16,
  fieldsMax: 1_000_000,
}

/** Bytes of a log record's canonical form, and of each opening: ledgers store each in one piece. */
export const logPartBytesMax = 0xffff

/** Bytes of what an edge says on the scope of a log record that it sends to its core. */
export const edgeWordBytesMax = 8192

/** The attribute that says it. */
export const edgeAttribute = 'grantlog.edge'
