/** SHA-256 of one byte string, 32 bytes. Injected, so that this package runs in a browser too. */
export type Sha256 = (data: Uint8Array) => Uint8Array

/**
 * The value of an attribute: OTLP `stringValue`, `intValue`, `boolValue`. An int is a bigint, never
 * a JS number: a number would be OTLP's double, which no record may hold.
 */
export type AttributeValue = string | bigint | boolean

/** Any JSON value; what the unsigned part of a record is kept as. */
export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [name: string]: JsonValue }

/** A span as records use it. Ids are lower-case hex; times are Unix nanoseconds. */
export interface Span {
  readonly traceId: string
  readonly spanId: string
  /** Empty when the span has no parent. */
  readonly parentSpanId: string
  readonly name: string
  /** OTLP enum: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startTimeUnixNano: bigint
  readonly endTimeUnixNano: bigint
  /** OTLP enum: 0 unset, 1 ok, 2 error. */
  readonly status: { readonly code: number; readonly message: string }
  readonly attributes: ReadonlyMap<string, AttributeValue>
}
