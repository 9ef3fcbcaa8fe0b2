// Sealed log records as sinks get them: everything personal withheld behind its commitment, for
// what waits for a sink lies on the disk in clear; and our marks, which are hints and no evidence.
// See logs.test.ts.
import {
  fromBase64url,
  fromHex,
  isObject,
  type JsonObject,
  type JsonValue,
  openLog,
} from '@grantlog/record'
import { WireWriter } from '@grantlog/record/otlp'
import type { TakenLog } from './take.ts'

export interface LogMarks {
  readonly origin: string
}

/** An `ExportLogsServiceRequest` of them, in order. */
export function encodeMarked(logs: readonly TakenLog[], marks: LogMarks): Uint8Array {
  const request = new WireWriter()
  for (const taken of logs) {
    const { form } = taken.log.divided
    const [resource, scope] = [form.resource, form.scope] as JsonObject[]
    request.message(1, (resourceLogs) => {
      resourceLogs.message(1, (message) => writePairs(message, 1, resource!.attributes))
      resourceLogs.message(2, (scopeLogs) => {
        scopeLogs.message(1, (message) => {
          message.text(1, String(scope!.name))
          message.text(2, String(scope!.version))
          writePairs(message, 3, scope!.attributes)
        })
        scopeLogs.message(2, (log) => writeLog(log, taken, marks))
        if (scope!.schemaUrl !== '') scopeLogs.text(3, String(scope!.schemaUrl))
      })
      if (resource!.schemaUrl !== '') resourceLogs.text(3, String(resource!.schemaUrl))
    })
  }
  return request.finish()
}

function writeLog(writer: WireWriter, { index, log }: TakenLog, { origin }: LogMarks): void {
  const { divided, id, observation, sealed } = log
  const { form } = divided
  const { commitments } = openLog(sealed.canonical)
  const text = (name: string): string => String(form[name])
  writer.fixed64(1, BigInt(text('timeUnixNano')))
  writer.varint(2, Number(form.severityNumber))
  writer.text(3, text('severityText'))
  writePairs(writer, 6, form.attributes)
  for (const [slot, commitment] of commitments) {
    writePair(writer, 6, `audit.slot.${slot}.commitment`, { stringValue: commitment })
  }
  const word = observation.signature === 'signed' ? 'signed' : 'observed'
  const marks = { verdict: word, origin, index: String(index), record: id }
  for (const [name, stringValue] of Object.entries(marks)) {
    writePair(writer, 6, `grantlog.${name}`, { stringValue })
  }
  writer.fixed32(8, Number(form.flags))
  if (form.traceId !== '') writer.bytes(9, fromHex(text('traceId')))
  if (form.spanId !== '') writer.bytes(10, fromHex(text('spanId')))
  writer.fixed64(11, BigInt(text('observedTimeUnixNano')))
  writer.text(12, text('eventName'))
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
  if (tag === 'stringValue') any.text(1, String(value))
  else if (tag === 'boolValue') any.varint(2, value === true ? 1 : 0)
  else if (tag === 'intValue') any.varint(3, BigInt(String(value)))
  // Its bits, in the other order, behind the tag of field 4.
  else if (tag === 'doubleValue') any.raw(Buffer.of(0x21, ...fromHex(String(value)).reverse()))
  else if (tag === 'bytesValue') any.bytes(7, fromBase64url(String(value))!)
  else if (tag === 'kvlistValue') any.message(6, (list) => writePairs(list, 1, value))
  else if (Array.isArray(value)) {
    const items = value as readonly JsonValue[]
    any.message(5, (list) => {
      for (const item of items) list.message(1, (inner) => writeValue(inner, item))
    })
  }
}
