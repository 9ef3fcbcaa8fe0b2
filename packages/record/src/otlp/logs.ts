import { equalBytes, utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { defaultLogLimits, type LogLimits } from '../limits.ts'
import { done, type Work } from '../work.ts'
import { countContainer, countField, isPauseDue, overLimit } from './counted.ts'
import type { LogRecord, LogResource, LogScope } from '../log.ts'
import { decodeLog, type LogContext, logResourceIn, logScopeIn } from './decode-log.ts'
import { isAuditRecord, nextReadable, stripReserved } from './pass-through.ts'
import {
  keepResource,
  type Keeping,
  newSplitting,
  splitRequest,
  type Splitting as AnySplitting,
} from './splitting.ts'
import { expectWire, wireBytes, WireCursor, WireWriter } from './wire.ts'

/** An audit log record, or what is wrong with it; a malformed one harms no other. */
export type AuditLog = LogRecord | MalformedLog

/** `scope` where that could be read. */
export interface MalformedLog {
  readonly error: RecordError
  readonly scope?: LogScope
}

/** An OTLP `ExportLogsServiceRequest`, split. */
export interface LogsRequest {
  readonly auditLogs: number
  /** The audit ones in order, each read when it is asked for: one takes some 50 µs. */
  readonly logs: () => Generator<AuditLog, void, void>
  /** A request with all that is not audit, its records' bytes untouched; null: there is none. */
  readonly passThrough: Uint8Array | null
  readonly passThroughLogs: number
}

interface Splitting extends AnySplitting {
  readonly limits: LogLimits
  readonly groups: Group[]
}

/** The audit log records of one scope. */
interface Group {
  readonly messages: readonly Uint8Array[]
  readonly context: () => OrError<LogContext>
}

/** Field of a `LogRecord` with its attributes. */
const attributesField = 6
const scopePrefix = utf8('@grantlog/')

/**
 * Splits a request into audit log records, read strictly, and everything else, which is only looked
 * at as far as tells them apart. An audit log record is one with an attribute `audit.record.id` or
 * `audit.integrity.*`, or of a scope `@grantlog/*`; a name of an event alone says nothing.
 *
 * Throws OTLP_MALFORMED or OTLP_LIMIT_EXCEEDED when the request as a whole cannot be read.
 */
export function decodeLogsRequest(
  body: Uint8Array,
  limits: LogLimits = defaultLogLimits,
): LogsRequest {
  return done(decodingLogsRequest(body, limits))
}

/** The same as work that may be left for a moment. */
export function* decodingLogsRequest(
  body: Uint8Array,
  limits: LogLimits = defaultLogLimits,
): Work<LogsRequest> {
  const begin = (keeping: Keeping): Splitting => ({ ...newSplitting(limits, keeping), groups: [] })
  const way = { begin, splitResource, what: 'resource logs' }
  const { found, passThrough } = yield* splitRequest(body, way)
  const { audit: auditLogs, groups, passThrough: passThroughLogs } = found
  const logs = (): Generator<AuditLog, void, void> => logsOf(groups, limits)
  return { auditLogs, logs, passThrough, passThroughLogs }
}

/** `ResourceLogs`: 1 resource, 2 scope_logs, 3 schema_url. */
function* splitResource(message: Uint8Array, splitting: Splitting): Work<void> {
  const { keep } = splitting
  const rest = new WireWriter()
  const before = splitting.passThrough
  // Once for all its scopes, and only when one has audit log records.
  let known: OrError<LogResource> | undefined
  const resource = (): OrError<LogResource> =>
    (known ??= orError(() => logResourceIn(message, splitting.limits)))
  const field = new WireCursor(message)
  while (field.next()) {
    countField(splitting)
    if (isPauseDue(splitting)) yield
    if (field.number !== 2) {
      if (keep) rest.raw(message.subarray(field.start, field.end))
      continue
    }
    expectWire(field, wireBytes, 'scope logs')
    const kept = yield* splitScope(field.bytes, resource, splitting)
    if (kept) rest.bytes(2, kept)
  }
  keepResource(rest, before, splitting)
}

/** `ScopeLogs`: 1 scope, 2 log_records, 3 schema_url. Gives what passes through; null: nothing. */
function* splitScope(
  message: Uint8Array,
  resource: () => OrError<LogResource>,
  splitting: Splitting,
): Work<Uint8Array | null> {
  countContainer(splitting)
  const { keep, strip } = splitting
  const rest = new WireWriter()
  const audit: Uint8Array[] = []
  const isOurs = yield* isOurScope(message, splitting)
  let kept = 0
  const field = new WireCursor(message)
  while (field.next()) {
    countField(splitting)
    if (isPauseDue(splitting)) yield
    if (field.number !== 2) {
      if (keep) rest.raw(message.subarray(field.start, field.end))
      continue
    }
    expectWire(field, wireBytes, 'log record')
    const { bytes } = field
    if (isOurs || isAuditRecord(bytes, attributesField, splitting)) audit.push(bytes)
    else {
      kept++
      if (keep) rest.bytes(2, strip ? stripReserved(bytes, splitting, attributesField) : bytes)
    }
  }
  if (audit.length > 0) {
    const context = (): OrError<LogContext> => contextOf(resource(), message, splitting)
    addGroup({ messages: audit, context }, splitting)
  }
  splitting.passThrough += kept
  return keep && kept > 0 ? rest.finish() : null
}

function addGroup(group: Group, splitting: Splitting): void {
  const { logsMax } = splitting.limits
  splitting.groups.push(group)
  splitting.audit += group.messages.length
  if (splitting.audit > logsMax) {
    throw overLimit(`a request has more than ${logsMax} audit log records`)
  }
}

function* logsOf(groups: readonly Group[], limits: LogLimits): Generator<AuditLog, void, void> {
  for (const { context: contextIn, messages } of groups) {
    const context = contextIn()
    for (const message of messages) {
      if ('error' in context) yield context
      else {
        const log = orError(() => decodeLog(message, context, limits))
        yield 'error' in log ? { ...log, scope: context.scope } : log
      }
    }
  }
}

function contextOf(
  resource: OrError<LogResource>,
  scopeLogs: Uint8Array,
  { limits }: Splitting,
): OrError<LogContext> {
  if ('error' in resource) return resource
  return orError(() => ({ resource, scope: logScopeIn(scopeLogs, limits) }))
}

type OrError<T> = T | { readonly error: RecordError }

function orError<T>(work: () => T): OrError<T> {
  try {
    return work()
  } catch (error) {
    if (error instanceof RecordError) return { error }
    throw error
  }
}

/** A scope is ours when any of its names says so; then its records are read strictly. */
function* isOurScope(scopeLogs: Uint8Array, splitting: Splitting): Work<boolean> {
  const field = new WireCursor(scopeLogs)
  while (nextReadable(field)) {
    splitting.spent++
    if (isPauseDue(splitting)) yield
    if (field.number !== 1) continue
    const { bytes } = field
    const inner = new WireCursor(bytes)
    while (nextReadable(inner)) {
      countField(splitting)
      if (isPauseDue(splitting)) yield
      if (inner.number !== 1) continue
      const name = inner.bytes.subarray(0, scopePrefix.length)
      if (equalBytes(name, scopePrefix)) return true
    }
  }
  return false
}
