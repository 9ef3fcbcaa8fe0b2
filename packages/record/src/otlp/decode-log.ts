import { hex } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { jcs } from '../canonical/jcs.ts'
import { edgeAttribute, edgeWordBytesMax, type LogLimits } from '../limits.ts'
import type { JsonObject, LogRecord, LogResource, LogScope } from '../log.ts'
import { attributesIn, valueJson } from './log-value.ts'
import {
  expectWire,
  wireBytes,
  type WireField,
  wireFields,
  wireFixed32,
  wireFixed64,
  wireText,
  wireVarint,
} from './wire.ts'

/** What the log records of one scope of one resource have in common. */
export type LogContext = Pick<LogRecord, 'resource' | 'scope'>

type Rules = ReadonlyMap<number, { readonly name: string; readonly wireType: number }>

/** What messages may say at most once: field number → name and wire type. */
const ofLog: Rules = new Map([
  [1, { name: 'time', wireType: wireFixed64 }],
  [2, { name: 'severity number', wireType: wireVarint }],
  [3, { name: 'severity text', wireType: wireBytes }],
  [5, { name: 'body', wireType: wireBytes }],
  [8, { name: 'flags', wireType: wireFixed32 }],
  [9, { name: 'trace id', wireType: wireBytes }],
  [10, { name: 'span id', wireType: wireBytes }],
  [11, { name: 'observed time', wireType: wireFixed64 }],
  [12, { name: 'event name', wireType: wireBytes }],
])
const ofScope: Rules = new Map([
  [1, { name: 'scope name', wireType: wireBytes }],
  [2, { name: 'scope version', wireType: wireBytes }],
])
/** Of `ResourceLogs` and `ScopeLogs` alike. */
const ofContainer: Rules = new Map([
  [1, { name: 'resource or scope', wireType: wireBytes }],
  [3, { name: 'schema URL', wireType: wireBytes }],
])
const nothing = new Uint8Array(0)
const int32Max = 2 ** 31 - 1

/**
 * Reads a `LogRecord` strictly, as spans are: repeated singular fields, an attribute twice and
 * ill-formed text throw. Unknown fields and the count of dropped attributes are left out. Throws
 * RecordError.
 */
export function decodeLog(message: Uint8Array, context: LogContext, limits: LogLimits): LogRecord {
  if (message.length > limits.bytesMax) {
    throw limit(`a log record has more than ${limits.bytesMax} bytes`)
  }
  const fields = singularIn(message, ofLog)
  const body = fields.get(5)
  return {
    ...context,
    timeUnixNano: fields.get(1)?.integer ?? 0n,
    observedTimeUnixNano: fields.get(11)?.integer ?? 0n,
    severityNumber: severityIn(fields.get(2)),
    severityText: textIn(fields.get(3), 'severity text'),
    eventName: textIn(fields.get(12), 'event name'),
    flags: Number(fields.get(8)?.integer ?? 0n),
    traceId: idIn(fields.get(9), 16, 'trace id'),
    spanId: idIn(fields.get(10), 8, 'span id'),
    body: body ? valueJson(body.bytes, limits.depthMax) : {},
    attributes: attributesIn(message, 6, limits),
  }
}

/** An enum, that is an int32; none is negative. */
function severityIn(field: WireField | undefined): number {
  const number = Number(field?.integer ?? 0n)
  if (number > int32Max) throw malformed('severity number')
  return number
}

/** The resource of a `ResourceLogs`, read as strictly. Throws RecordError. */
export function logResourceIn(resourceLogs: Uint8Array, limits: LogLimits): LogResource {
  const { inner, schemaUrl } = containerIn(resourceLogs, limits)
  return checkLength({ attributes: attributesIn(inner, 1, limits), schemaUrl }, limits)
}

/**
 * The scope of a `ScopeLogs`. What an edge says on it is beyond its limits: what one receiver took
 * must not be too long for the next. Throws RecordError.
 */
export function logScopeIn(scopeLogs: Uint8Array, limits: LogLimits): LogScope {
  const attributesMax = limits.attributesMax + 1
  const contextMax = limits.contextMax + edgeWordBytesMax
  const { inner, schemaUrl } = containerIn(scopeLogs, { ...limits, contextMax })
  const names = singularIn(inner, ofScope)
  const attributes = attributesIn(inner, 3, { ...limits, attributesMax })
  const scope = {
    name: textIn(names.get(1), 'scope name'),
    version: textIn(names.get(2), 'scope version'),
    attributes,
    schemaUrl,
  }
  const { [edgeAttribute]: word, ...own } = attributes
  checkLength({ ...scope, attributes: own }, limits)
  const isTooMany = Object.keys(own).length > limits.attributesMax
  if (isTooMany || (word === undefined && inner.length > limits.contextMax)) {
    throw tooLong(limits.contextMax)
  }
  return scope
}

function containerIn(
  message: Uint8Array,
  { contextMax }: LogLimits,
): { readonly inner: Uint8Array; readonly schemaUrl: string } {
  const fields = singularIn(message, ofContainer)
  const inner = fields.get(1)?.bytes ?? nothing
  const url = fields.get(3)
  if (inner.length + (url?.bytes.length ?? 0) > contextMax) throw tooLong(contextMax)
  return { inner, schemaUrl: textIn(url, 'schema URL') }
}

/** Each of its records holds it: many short ones must not be made many long ones. */
function checkLength<Context extends JsonObject>(context: Context, { contextMax }: LogLimits) {
  if (jcs(context).length > contextMax) throw tooLong(contextMax)
  return context
}

function tooLong(contextMax: number): RecordError {
  return limit(`resource or scope of a log record has more than ${contextMax} bytes`)
}

function singularIn(message: Uint8Array, rules: Rules): Map<number, WireField> {
  const fields = new Map<number, WireField>()
  for (const field of wireFields(message)) {
    const rule = rules.get(field.number)
    if (rule === undefined) continue
    expectWire(field, rule.wireType, rule.name)
    if (fields.has(field.number)) throw malformed(`${rule.name} is repeated`)
    fields.set(field.number, field)
  }
  return fields
}

function textIn(field: WireField | undefined, what: string): string {
  return field ? wireText(field, what) : ''
}

/** Ids of zeros are none, as the specification says. */
function idIn(field: WireField | undefined, length: number, what: string): string {
  if (field === undefined || field.bytes.every((byte) => byte === 0)) {
    if (field && field.bytes.length % length !== 0) throw malformed(`${what} has a wrong length`)
    return ''
  }
  if (field.bytes.length !== length) throw malformed(`${what} is not ${length} bytes`)
  return hex(field.bytes)
}

function malformed(what: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed log record: ${what}`)
}

function limit(message: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', message)
}
