import type { JsonValue } from './span.ts'

/** A JSON object. */
export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** Aliases, no interfaces: they are JSON as they are. */
export type LogResource = { readonly attributes: JsonObject; readonly schemaUrl: string }

export type LogScope = LogResource & { readonly name: string; readonly version: string }

/**
 * A log record of OTLP (opentelemetry-proto `logs.v1`), with what it is of. Values are tagged as
 * FORMAT.md 6.2 says; ids are lower-case hex, empty when there is none; times are Unix nanoseconds,
 * 0 when there is none.
 */
export interface LogRecord {
  readonly resource: LogResource
  readonly scope: LogScope
  readonly timeUnixNano: bigint
  readonly observedTimeUnixNano: bigint
  readonly severityNumber: number
  readonly severityText: string
  readonly eventName: string
  /** Bits of `LogRecordFlags`, as an unsigned number of 32 bits. */
  readonly flags: number
  readonly traceId: string
  readonly spanId: string
  /** `{}` when there is none. */
  readonly body: JsonValue
  readonly attributes: JsonObject
}

/** The canonical form of a log record but for `id` and `slots` (FORMAT.md 6.2). */
export interface LogForm extends JsonObject {
  readonly attributes: JsonObject
  readonly eventName: string
  readonly flags: number
  /** Unix nanoseconds, decimal. */
  readonly observedTimeUnixNano: string
  readonly redacted: readonly string[]
  readonly resource: LogResource
  readonly scope: LogScope
  readonly severityNumber: number
  readonly severityText: string
  readonly spanId: string
  readonly timeUnixNano: string
  readonly traceId: string
}

/** The text of a tagged value; undefined when it is another kind of value. */
export function textOf(tagged: JsonValue | undefined): string | undefined {
  if (typeof tagged !== 'object' || tagged === null || !('stringValue' in tagged)) return undefined
  const { stringValue } = tagged
  return typeof stringValue === 'string' ? stringValue : undefined
}
