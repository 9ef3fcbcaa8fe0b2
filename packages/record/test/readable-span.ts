import type { Span } from '../src/span.ts'

/** Where it comes from, besides the defaults. */
export interface SpanOrigin {
  readonly scopeName?: string
  readonly resource?: Readonly<Record<string, unknown>>
  /** Attributes of its scope. */
  readonly scope?: Readonly<Record<string, unknown>>
}

/** A span as OpenTelemetry's SDK hands it to its exporters. */
export function readableSpan(span: Span, from: SpanOrigin = {}): object {
  const hrTime = (nanos: bigint) => [Number(nanos / 1_000_000_000n), Number(nanos % 1_000_000_000n)]
  const numbers = [...span.attributes].map(([name, value]) => [
    name,
    typeof value === 'bigint' ? Number(value) : value,
  ])
  return {
    name: span.name,
    // The API's SpanKind starts one below OTLP's.
    kind: span.kind - 1,
    spanContext: () => ({ traceId: span.traceId, spanId: span.spanId, traceFlags: 1 }),
    parentSpanContext: span.parentSpanId
      ? { traceId: span.traceId, spanId: span.parentSpanId, traceFlags: 1 }
      : undefined,
    startTime: hrTime(span.startTimeUnixNano),
    endTime: hrTime(span.endTimeUnixNano),
    status: { code: span.status.code, message: span.status.message },
    attributes: Object.fromEntries(numbers),
    links: [],
    events: [],
    resource: { attributes: from.resource ?? {}, asyncAttributesPending: false },
    instrumentationScope: {
      name: from.scopeName ?? '@grantlog/sdk',
      version: '1',
      attributes: from.scope,
    },
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  }
}
