// Sealed log records as a request to sinks of OTLP: what is shown of each, commitments in place of
// what is not, and our marks. See log-sinks.test.ts.
import { fromHex, jcs, type LogForm, type LogSlotName } from '@grantlog/record'
import { WireWriter, writeResourceLogs, writeTagged, writeTaggedPairs } from '@grantlog/record/otlp'
import type { ProjectedLog, ShownSlot } from './log-record.ts'
import type { LogUnit } from './source.ts'

/** An ExportLogsServiceRequest, in parts: neighbours of one resource and scope share these. */
export function encodeLogUnits(units: readonly LogUnit[]): Uint8Array[] {
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
  return parts
}

function encodeGroup(group: readonly ProjectedLog[]): Uint8Array {
  const request = new WireWriter()
  writeResourceLogs(request, group[0]!.form, (scopeLogs) => {
    for (const log of group) scopeLogs.message(2, (message) => writeLog(message, log))
  })
  return request.finish()
}

function writeLog(writer: WireWriter, log: ProjectedLog): void {
  const { commitments, form, marks, shown } = log
  writer.fixed64(1, BigInt(form.timeUnixNano))
  writer.varint(2, form.severityNumber)
  writer.text(3, form.severityText)
  const body = shown.get('body')?.fields['body']
  if (body !== undefined) writer.message(5, (any) => writeTagged(any, body))
  writeTaggedPairs(writer, 6, form.attributes)
  for (const [slot, commitment] of commitments) {
    writeSlot(writer, slot, { commitment, shown: shown.get(slot) })
  }
  for (const [name, mark] of marks) writeText(writer, name, mark)
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
    writeText(writer, `${prefix}.commitment`, commitment)
    return
  }
  if (slot !== 'body') writeTaggedPairs(writer, 6, shown.fields)
  writeText(writer, `${prefix}.salt`, shown.salt)
}

function writeText(writer: WireWriter, name: string, stringValue: string): void {
  writeTaggedPairs(writer, 6, { [name]: { stringValue } })
}

function writeIds(writer: WireWriter, form: LogForm): void {
  writer.fixed32(8, form.flags)
  if (form.traceId !== '') writer.bytes(9, fromHex(form.traceId))
  if (form.spanId !== '') writer.bytes(10, fromHex(form.spanId))
  writer.fixed64(11, BigInt(form.observedTimeUnixNano))
  writer.text(12, form.eventName)
}
