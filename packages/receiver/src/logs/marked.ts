// Sealed log records as sinks get them: everything personal withheld behind its commitment, for
// what waits for a sink lies on the disk in clear; and our marks, which are hints and no evidence.
// See logs.test.ts.
import { concat, fromBase64url, fromHex, isObject, type JsonValue, openLog } from '@grantlog/record'
import { WireWriter } from '@grantlog/record/otlp'
import { LOG_COMMIT_BYTES } from '../limits.ts'
import type { TakenLog } from './take.ts'

export interface LogMarks {
  readonly origin: string
}

/**
 * `ExportLogsServiceRequest`s of them, in order, of about LOG_COMMIT_BYTES: each record has its
 * resource and scope, so that all of a request may be many times what was sent.
 */
export function* encodeMarked(
  logs: readonly TakenLog[],
  marks: LogMarks,
): Generator<Uint8Array, void, void> {
  let parts: Uint8Array[] = []
  let bytes = 0
  for (const taken of logs) {
    const part = encodeOne(taken, marks)
    parts.push(part)
    bytes += part.length
    if (bytes < LOG_COMMIT_BYTES) continue
    yield concat(...parts)
    parts = []
    bytes = 0
  }
  if (parts.length > 0) yield concat(...parts)
}

function encodeOne(taken: TakenLog, marks: LogMarks): Uint8Array {
  const request = new WireWriter()
  const { resource, scope } = taken.log.divided.form
  request.message(1, (resourceLogs) => {
    resourceLogs.message(1, (message) => writePairs(message, 1, resource.attributes))
    resourceLogs.message(2, (scopeLogs) => {
      scopeLogs.message(1, (message) => {
        message.text(1, scope.name)
        message.text(2, scope.version)
        writePairs(message, 3, scope.attributes)
      })
      scopeLogs.message(2, (log) => writeLog(log, taken, marks))
      if (scope.schemaUrl !== '') scopeLogs.text(3, scope.schemaUrl)
    })
    if (resource.schemaUrl !== '') resourceLogs.text(3, resource.schemaUrl)
  })
  return request.finish()
}

function writeLog(writer: WireWriter, { index, log }: TakenLog, { origin }: LogMarks): void {
  const { divided, observation, sealed } = log
  const { form } = divided
  const { commitments } = openLog(sealed.canonical)
  writer.fixed64(1, BigInt(form.timeUnixNano))
  writer.varint(2, form.severityNumber)
  writer.text(3, form.severityText)
  writePairs(writer, 6, form.attributes)
  for (const [slot, commitment] of commitments) {
    writePair(writer, 6, `audit.slot.${slot}.commitment`, { stringValue: commitment })
  }
  const word = observation.signature === 'signed' ? 'signed' : 'observed'
  const marks = { verdict: word, origin, index: String(index) }
  for (const [name, stringValue] of Object.entries(marks)) {
    writePair(writer, 6, `grantlog.${name}`, { stringValue })
  }
  writer.fixed32(8, form.flags)
  if (form.traceId !== '') writer.bytes(9, fromHex(form.traceId))
  if (form.spanId !== '') writer.bytes(10, fromHex(form.spanId))
  writer.fixed64(11, BigInt(form.observedTimeUnixNano))
  writer.text(12, form.eventName)
}

function writePairs(writer: WireWriter, number: number, pairs: JsonValue | undefined): void {
  if (!isObject(pairs)) return
  for (const [key, value] of Object.entries(pairs)) writePair(writer, number, key, value)
}

function writePair(writer: WireWriter, number: number, key: string, value: JsonValue): void {
  writer.message(number, (pair) => {
    pair.text(1, key)
    pair.message(2, (any) => writeValue(any, value))
  })
}

/** A tagged value as an `AnyValue`. */
function writeValue(any: WireWriter, tagged: JsonValue): void {
  const [[tag, value] = ['', null]] = isObject(tagged) ? Object.entries(tagged) : []
  if (typeof value === 'string') writeText(any, tag, value)
  else if (tag === 'boolValue') any.varint(2, value === true ? 1 : 0)
  else if (tag === 'kvlistValue') any.message(6, (list) => writePairs(list, 1, value))
  else if (Array.isArray(value)) {
    const items = value as readonly JsonValue[]
    any.message(5, (list) => {
      for (const item of items) list.message(1, (inner) => writeValue(inner, item))
    })
  }
}

/** The values that are texts behind their tags. */
function writeText(any: WireWriter, tag: string, text: string): void {
  if (tag === 'stringValue') any.text(1, text)
  else if (tag === 'intValue') any.varint(3, BigInt(text))
  // Its bits, in the other order, behind the tag of field 4.
  else if (tag === 'doubleValue') any.raw(Buffer.of(0x21, ...fromHex(text).reverse()))
  else any.bytes(7, fromBase64url(text)!)
}
