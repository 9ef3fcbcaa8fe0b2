// A sealed log record as an edge sends it to its core: all that is left of what came, and the
// edge's word on where it has it and of whom it had it (FORMAT.md, 6.6). A slot that was erased
// stays behind its commitment. See core-logs.test.ts.
import { decodeObservation, type EdgeWord, type LogLeaf, type SlotOpening } from '@grantlog/ledger'
import {
  ATTR,
  edgeAttribute,
  edgeWordBytesMax,
  fromHex,
  jcs,
  type JsonObject,
  type LogSlotName,
  openLog,
  openLogSlot,
} from '@grantlog/record'
import { WireWriter, writeResourceLogs, writeTagged, writeTaggedPairs } from '@grantlog/record/otlp'

/** A log record of the ledger, decrypted. */
export interface SealedLogRecord {
  readonly index: number
  readonly leaf: LogLeaf
  readonly canonical: Uint8Array
  /** FORMAT.md, 6.3. */
  readonly observation: Uint8Array
  /** Of the slots that were not erased. */
  readonly openings: readonly SlotOpening<LogSlotName>[]
}

type View = ReturnType<typeof openLog>

/** One ExportLogsServiceRequest. Throws RecordError, LEDGER_FORMAT: the ledger is damaged. */
export function encodeLogsFor(logs: readonly SealedLogRecord[], origin: string): Uint8Array {
  const request = new WireWriter()
  for (const log of logs) writeOne(request, log, origin)
  return request.finish()
}

function writeOne(request: WireWriter, log: SealedLogRecord, origin: string): void {
  const view = openLog(log.canonical)
  const { redacted, resource, scope } = view.form
  const said = { [edgeAttribute]: { stringValue: saidOf(wordOf(log, origin), redacted) } }
  const attributes = { ...scope.attributes, ...said }
  writeResourceLogs(request, { resource, scope: { ...scope, attributes } }, (scopeLogs) => {
    scopeLogs.message(2, (message) => writeLog(message, view, log))
  })
}

function wordOf({ index, leaf, observation }: SealedLogRecord, origin: string): EdgeWord {
  const { caller, proof, signature, signer } = decodeObservation(observation)
  const { digest, receivedAt } = leaf
  return { caller, digest, index, origin, proof, receivedAt, signature, signer }
}

/** Of too many places where something was taken out, the first ones. */
function saidOf(word: EdgeWord, redacted: readonly string[]): string {
  const said = jcs({ redacted, word })
  const isShort = Buffer.byteLength(said) <= edgeWordBytesMax - attributeBytes
  return isShort || redacted.length === 0
    ? said
    : saidOf(word, redacted.slice(0, redacted.length >> 1))
}

/** Of its name, and of lengths. */
const attributeBytes = 64

/** No field that is empty: so it is no longer than it came. */
function writeLog(
  writer: WireWriter,
  { commitments, form }: View,
  { leaf, openings }: SealedLogRecord,
): void {
  const slots = new Map(openings.map(({ opening, slot }) => [slot, openLogSlot(opening, slot)]))
  const body = slots.get('body')?.['body']
  slots.delete('body')
  const parts = [form.attributes, ...slots.values()]
  const all: JsonObject = Object.fromEntries(parts.flatMap((part) => Object.entries(part)))
  const { eventName, flags, observedTimeUnixNano, severityNumber, severityText } = form
  if (form.timeUnixNano !== '0') writer.fixed64(1, BigInt(form.timeUnixNano))
  if (severityNumber > 0) writer.varint(2, severityNumber)
  if (severityText !== '') writer.text(3, severityText)
  if (body !== undefined) writer.message(5, (any) => writeTagged(any, body))
  writeTaggedPairs(writer, 6, all)
  for (const [slot, commitment] of commitments) {
    if (openings.some((one) => one.slot === slot)) continue
    const name = `audit.slot.${slot}.commitment`
    writeTaggedPairs(writer, 6, { [name]: { stringValue: commitment } })
  }
  // What was erased may have been all that told it from any other log record.
  if (!isMarked(form.scope.name, all)) {
    writeTaggedPairs(writer, 6, { [ATTR.AUDIT_RECORD_ID]: { stringValue: leaf.id } })
  }
  if (flags > 0) writer.fixed32(8, flags)
  if (form.traceId !== '') writer.bytes(9, fromHex(form.traceId))
  if (form.spanId !== '') writer.bytes(10, fromHex(form.spanId))
  if (observedTimeUnixNano !== '0') writer.fixed64(11, BigInt(observedTimeUnixNano))
  if (eventName !== '') writer.text(12, eventName)
}

function isMarked(scope: string, attributes: JsonObject): boolean {
  if (scope.startsWith('@grantlog/') || ATTR.AUDIT_RECORD_ID in attributes) return true
  return Object.keys(attributes).some((name) => name.startsWith('audit.integrity.'))
}
