// Which span a record hangs under: the active OpenTelemetry span if the application has a context
// manager, else the caller's span of a `traceparent` header (W3C Trace Context).
import { context, isSpanContextValid, trace } from '@opentelemetry/api'
import type { ParentSpan } from '../event.ts'

const traceparentForm = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-|$)/
const zeros = /^0+$/

/** The parent of what happens now; null starts a new trace. */
export function parentOf(traceparent: string | string[] | undefined): ParentSpan | null {
  const active = trace.getSpanContext(context.active())
  if (active !== undefined && isSpanContextValid(active)) {
    return { traceId: active.traceId, spanId: active.spanId }
  }
  return typeof traceparent === 'string' ? parseTraceparent(traceparent) : null
}

/** Ids of a `traceparent`; null for anything malformed, as the W3C asks. */
export function parseTraceparent(header: string): ParentSpan | null {
  const [, traceId, spanId] = traceparentForm.exec(header.trim()) ?? []
  if (traceId === undefined || spanId === undefined) return null
  return zeros.test(traceId) || zeros.test(spanId) ? null : { traceId, spanId }
}
