// Which span a record hangs under: the active OpenTelemetry span if the application has a context
// manager, else the caller's span of a `traceparent` header (W3C Trace Context).
import {
  context,
  createContextKey,
  isSpanContextValid,
  ROOT_CONTEXT,
  type Span,
  trace,
} from '@opentelemetry/api'
import type { ParentSpan } from '../event.ts'

const traceparentForm = /^(?!ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/
const noTraceId = '0'.repeat(32)
const noSpanId = '0'.repeat(16)

/** Where OpenTelemetry's own instrumentations of servers leave the request's span. */
const rpcMetadata = createContextKey('OpenTelemetry SDK Context Key RPC_METADATA')

/** The parent of what happens now; null starts a new trace. */
export function parentOf(traceparent: string | string[] | undefined): ParentSpan | null {
  const active = context.active()
  const ids = active === ROOT_CONTEXT ? null : idsOf(trace.getSpan(active))
  if (ids !== null) return ids
  return typeof traceparent === 'string' ? parseTraceparent(traceparent) : null
}

/** The span of the request that is served now, however deep in it we are; null if nobody traces. */
export function servedSpan(): ParentSpan | null {
  const active = context.active()
  // As it is where nobody traces.
  if (active === ROOT_CONTEXT) return null
  const { span } = (active.getValue(rpcMetadata) ?? {}) as { readonly span?: Span }
  return idsOf(span ?? trace.getSpan(active))
}

function idsOf(span: Span | undefined): ParentSpan | null {
  const ids = span?.spanContext()
  if (ids === undefined || !isSpanContextValid(ids)) return null
  return { traceId: ids.traceId, spanId: ids.spanId }
}

/** Ids of a `traceparent`; null for anything malformed, as the W3C asks. */
export function parseTraceparent(header: string): ParentSpan | null {
  const bare = header.trim()
  if (!traceparentForm.test(bare)) return null
  const traceId = bare.slice(3, 35)
  const spanId = bare.slice(36, 52)
  return traceId === noTraceId || spanId === noSpanId ? null : { traceId, spanId }
}
