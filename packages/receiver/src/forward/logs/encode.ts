// Sealed log records as a request to sinks of OTLP: what is shown of each, commitments in place of
// what is not, and our marks. See logs.test.ts.
import {
  concat,
  fromBase64url,
  fromHex,
  isObject,
  jcs,
  type JsonValue,
  type LogForm,
  type LogSlotName,
} from '@grantlog/record'
import { WireWriter } from '@grantlog/record/otlp'
import type { ProjectedLog, ShownSlot } from './log-record.ts'
import type { LogUnit } from './source.ts'

/** An ExportLogsServiceRequest: neighbours of one resource and scope share these. */
export function encodeLogUnits(units: readonly LogUnit[]): Uint8Array {
  const parts: Uint8Array[] = []
  let group: ProjectedLog[] = []
  let context = ''
  const end = (): void => {
    if (group.length > 0) parts.push(encodeGroup(group))
    group = []
  }
  for (const { projected } of units) {
    const { resource, scope } = projected.form
    const own = jcs({ resource, scope })
    if (own !== context) end()
    context = own
    group.push(projected)
  }
  end()
  return concat(...parts)
}

function encodeGroup(group: readonly ProjectedLog[]): Uint8Array {
  const request = new WireWriter()
  const { resource, scope } = group[0]!.form
  request.message(1, (resourceLogs) => {
    resourceLogs.message(1, (message) => writePairs(message, 1, resource.attributes))
    resourceLogs.message(2, (scopeLogs) => {
      scopeLogs.message(1, (message) => {
        message.text(1, scope.name)
        message.text(2, scope.version)
        writePairs(message, 3, scope.attributes)
      })
      for (const log of group) scopeLogs.message(2, (message) => writeLog(message, log))
      if (scope.schemaUrl !== '') scopeLogs.text(3, scope.schemaUrl)
    })
    if (resource.schemaUrl !== '') resourceLogs.text(3, resource.schemaUrl)
  })
  return request.finish()
}

function writeLog(writer: WireWriter, log: ProjectedLog): void {
  const { commitments, form, marks, shown } = log
  writer.fixed64(1, BigInt(form.timeUnixNano))
  writer.varint(2, form.severityNumber)
  writer.text(3, form.severityText)
  const body = shown.get('body')?.fields['body']
  if (body !== undefined) writer.message(5, (any) => writeValue(any, body))
  writePairs(writer, 6, form.attributes)
  for (const [slot, commitment] of commitments) {
    writeSlot(writer, slot, { commitment, shown: shown.get(slot) })
  }
  for (const [name, stringValue] of marks) writePair(writer, 6, name, { stringValue })
  writeIds(writer, form)
}

interface Slot {
  readonly commitment: string
  readonly shown: ShownSlot | undefined
}

/** Its fields and salt, or the commitment. */
function writeSlot(writer: WireWriter, slot: LogSlotName, { commitment, shown }: Slot): void {
  const prefix = `audit.slot.${slot}`
  if (shown === undefined) {
    writePair(writer, 6, `${prefix}.commitment`, { stringValue: commitment })
    return
  }
  if (slot !== 'body') writePairs(writer, 6, shown.fields)
  writePair(writer, 6, `${prefix}.salt`, { stringValue: shown.salt })
}

function writeIds(writer: WireWriter, form: LogForm): void {
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
