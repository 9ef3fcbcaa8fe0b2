import { equalBytes, utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { defaultOtlpLimits, type OtlpLimits, resourceBytesMax, spanBytesMax } from '../limits.ts'
import { done, type Work } from '../work.ts'
import { countContainer, countField, isPauseDue, overLimit } from './counted.ts'
import { Messages } from './messages.ts'
import type { JsonValue } from '../span.ts'
import { type DecodedSpan, decodeSpan } from './decode-span.ts'
import { type AuditScope, resourceIn, scopeIn } from './scope.ts'
import { hasRecordId, nextReadable, stripReserved } from './pass-through.ts'
import {
  keepResource,
  type Keeping,
  newSplitting,
  splitRequest,
  type Splitting as AnySplitting,
} from './splitting.ts'
import { expectWire, wireBytes, WireCursor, WireWriter } from './wire.ts'

export type { AuditScope } from './scope.ts'

/** An audit span, or what is wrong with it; a malformed span harms no other. */
export type AuditSpan = DecodedSpan | { readonly error: RecordError }

/** The audit spans of one scope of one resource. */
export interface AuditGroup {
  readonly resource: { readonly [name: string]: JsonValue }
  readonly scope: AuditScope
  readonly count: number
  /** The bytes of each span, for `readAuditSpan`: a scope that is refused costs nothing more. */
  readonly messages: Messages
  /** The same, read when first asked for. */
  readonly spans: readonly AuditSpan[]
}

/** An OTLP `ExportTraceServiceRequest`, split. */
export interface TraceRequest {
  readonly groups: readonly AuditGroup[]
  readonly auditSpans: number
  /** A request with all that is not audit, its spans' bytes untouched; null when there is none. */
  readonly passThrough: Uint8Array | null
  readonly passThroughSpans: number
}

interface Splitting extends AnySplitting {
  readonly limits: OtlpLimits
  readonly groups: AuditGroup[]
  /** JWS seen so far, with their digests: counting them anew for each scope would be quadratic. */
  readonly batches: Map<string | null, Uint8Array | null>
  batchCount: number
}

const scopePrefix = utf8('@grantlog/')

/**
 * Splits a request into audit spans, read strictly, and everything else, which is not read at all
 * beyond what tells them apart: what is wrong inside it is left to whom it is for. An audit span is
 * one from a scope `@grantlog/*` or with an attribute `audit.record.id`.
 *
 * Throws OTLP_MALFORMED or OTLP_LIMIT_EXCEEDED when the request as a whole cannot be read; what is
 * wrong with a single audit span is said in its place.
 */
export function decodeTraceRequest(
  body: Uint8Array,
  limits: OtlpLimits = defaultOtlpLimits,
): TraceRequest {
  return done(decodingTraceRequest(body, limits))
}

/** The same as work that may be left for a moment. */
export function* decodingTraceRequest(
  body: Uint8Array,
  limits: OtlpLimits = defaultOtlpLimits,
): Work<TraceRequest> {
  const begin = (keeping: Keeping): Splitting => ({
    ...newSplitting(limits, keeping),
    groups: [],
    batches: new Map(),
    batchCount: 0,
  })
  const way = { begin, splitResource, what: 'resource spans' }
  const { found, passThrough } = yield* splitRequest(body, way)
  const { audit: auditSpans, groups, passThrough: passThroughSpans } = found
  return { groups, auditSpans, passThrough, passThroughSpans }
}

/** `ResourceSpans`: 1 resource, 2 scope_spans, 3 schema_url. */
function* splitResource(message: Uint8Array, splitting: Splitting): Work<void> {
  const { keep } = splitting
  const rest = new WireWriter()
  const before = splitting.passThrough
  let resource: AuditGroup['resource'] | undefined
  const field = new WireCursor(message)
  while (field.next()) {
    countField(splitting)
    if (isPauseDue(splitting)) yield
    if (field.number !== 2) {
      if (keep) rest.raw(message.subarray(field.start, field.end))
      continue
    }
    expectWire(field, wireBytes, 'scope spans')
    countContainer(splitting)
    const { bytes: scopeSpans } = field
    const { audit, kept } = yield* splitScope(scopeSpans, splitting)
    if (kept) rest.bytes(2, kept)
    if (audit.length === 0) continue
    if (resource === undefined) {
      // Reading it takes some time for each value, and it may have thousands.
      resource = resourceIn(message, splitting.limits)
      splitting.spent += Math.min(message.length, resourceBytesMax) >> 2
    }
    addGroup(groupOf({ resource, scopeSpans, audit }, splitting.limits), splitting)
    splitting.spent += groupFields
  }
  keepResource(rest, before, splitting)
}

/** What reading a resource and a scope costs, in fields. */
const groupFields = 256

/** `ScopeSpans`: 1 scope, 2 spans, 3 schema_url. `kept` passes through; null when nothing does. */
function* splitScope(
  message: Uint8Array,
  splitting: Splitting,
): Work<{ audit: Messages; kept: Uint8Array | null }> {
  const { keep, limits, strip } = splitting
  const { spansMax } = limits
  const rest = new WireWriter()
  const audit = new Messages(message)
  let ours = false
  // Two passes, because the scope may stand behind its spans; the second is counted already.
  const look = new WireCursor(message)
  while (look.next()) {
    countField(splitting)
    if (isPauseDue(splitting)) yield
    if (look.number === 1) ours ||= yield* isOurScope(look.bytes, splitting)
  }
  let kept = 0
  const field = new WireCursor(message)
  while (field.next()) {
    splitting.spent++
    if (isPauseDue(splitting)) yield
    if (field.number !== 2) {
      if (keep) rest.raw(message.subarray(field.start, field.end))
      continue
    }
    expectWire(field, wireBytes, 'span')
    if (ours || hasRecordId(field.bytes, splitting)) {
      audit.add(field.value, field.end)
      if (++splitting.audit > spansMax) {
        throw overLimit(`a request has more than ${spansMax} spans`)
      }
    } else {
      kept++
      if (keep) rest.bytes(2, strip ? stripReserved(field.bytes, splitting) : field.bytes)
    }
  }
  splitting.passThrough += kept
  return { audit, kept: keep && kept > 0 ? rest.finish() : null }
}

/** A scope is ours when any of its names says so; then it is read strictly. */
function* isOurScope(scope: Uint8Array, splitting: Splitting): Work<boolean> {
  const field = new WireCursor(scope)
  while (nextReadable(field)) {
    countField(splitting)
    if (isPauseDue(splitting)) yield
    const head = field.bytes.subarray(0, scopePrefix.length)
    if (field.number === 1 && equalBytes(head, scopePrefix)) return true
  }
  return false
}

function groupOf(
  from: {
    readonly resource: AuditGroup['resource']
    readonly scopeSpans: Uint8Array
    readonly audit: Messages
  },
  limits: OtlpLimits,
): AuditGroup {
  const { resource, scopeSpans, audit } = from
  let spans: readonly AuditSpan[] | undefined
  return {
    resource,
    scope: scopeIn(scopeSpans, limits),
    count: audit.length,
    messages: audit,
    get spans() {
      spans ??= Array.from(audit, (message) => readAuditSpan(message, limits))
      return spans
    },
  }
}

function addGroup(group: AuditGroup, splitting: Splitting): void {
  splitting.groups.push(group)
  const { jws, digests } = group.scope
  const first = splitting.batches.get(jws)
  if (first === undefined) splitting.batches.set(jws, digests)
  // The same signature over other digests has to be judged anew.
  if (first === undefined || !sameBytes(first, digests)) splitting.batchCount++
  const { batchesMax } = splitting.limits
  if (splitting.batchCount > batchesMax)
    throw overLimit(`a request has more than ${batchesMax} batches`)
}

function sameBytes(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : equalBytes(a, b)
}

/** Reads an audit span strictly; what is wrong with it is said in its place. */
export function readAuditSpan(
  message: Uint8Array,
  limits: OtlpLimits = defaultOtlpLimits,
): AuditSpan {
  try {
    if (message.length > spanBytesMax) {
      throw overLimit(`an audit span has more than ${spanBytesMax} bytes`)
    }
    return decodeSpan(message, limits)
  } catch (error) {
    if (error instanceof RecordError) return { error }
    throw error
  }
}
