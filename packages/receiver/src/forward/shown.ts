// A stored record as an OTLP span, for sinks that are behind: those that are not get it from memory
// as it came. Nothing is verified: the ledger's frames are authenticated, and `verify` looks at the
// rest. test/flow/marks.test.ts compares both ways.
import type { Shown, SlotOpening } from '@grantlog/ledger'
import { ATTR, commitmentAttribute, fromHex, saltAttribute } from '@grantlog/record'
import { WireWriter } from '@grantlog/record/otlp'

/** A tagged value of the canonical form (FORMAT.md 1.4). */
interface Tagged {
  readonly stringValue?: string
  readonly intValue?: string
  readonly boolValue?: boolean
}

type Fields = Readonly<Record<string, Tagged>>

interface Canonical {
  readonly attributes: Fields
  readonly endTimeUnixNano: string
  readonly kind: number
  readonly name: string
  readonly parentSpanId: string
  readonly slots: Readonly<Record<string, string>>
  readonly spanId: string
  readonly startTimeUnixNano: string
  readonly status: { readonly code: number; readonly message: string }
  readonly traceId: string
}

interface Opening {
  readonly fields: Fields
  readonly salt: string
}

/**
 * The span of a canonical form: slots of `openings` with their fields and salt, the others as
 * commitments. Throws SyntaxError or TypeError when the bytes are no record.
 */
export function shownFrom(canonical: Uint8Array, openings: readonly SlotOpening[]): Shown {
  const record = read<Canonical>(canonical)
  const { attributes, kind, name, parentSpanId, slots, spanId, status, traceId } = record
  const span = new WireWriter()
  span.bytes(1, fromHex(traceId))
  span.bytes(2, fromHex(spanId))
  if (parentSpanId !== '') span.bytes(4, fromHex(parentSpanId))
  span.text(5, name)
  span.varint(6, kind)
  span.fixed64(7, BigInt(record.startTimeUnixNano))
  span.fixed64(8, BigInt(record.endTimeUnixNano))
  writeFields(span, attributes)
  for (const { opening, slot } of openings) {
    const { fields, salt } = read<Opening>(opening)
    writeFields(span, fields)
    write(span, saltAttribute(slot), { stringValue: salt })
  }
  for (const [slot, commitment] of Object.entries(slots) as [SlotOpening['slot'], string][]) {
    if (openings.some((one) => one.slot === slot)) continue
    write(span, commitmentAttribute(slot), { stringValue: commitment })
  }
  span.message(15, (message) => {
    if (status.message !== '') message.text(2, status.message)
    message.varint(3, status.code)
  })
  const text = (attribute: string): string => attributes[attribute]?.stringValue ?? ''
  const producer = {
    service: text(ATTR.AUDIT_PRODUCER_SERVICE),
    environment: text(ATTR.AUDIT_PRODUCER_ENVIRONMENT),
    version: text(ATTR.AUDIT_PRODUCER_VERSION),
  }
  return { span: span.finish(), producer }
}

function read<T>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as T
}

function writeFields(span: WireWriter, fields: Fields): void {
  for (const name in fields) write(span, name, fields[name]!)
}

function write(span: WireWriter, name: string, value: Tagged): void {
  span.message(9, (pair) => {
    pair.text(1, name)
    pair.message(2, (any) => {
      const { boolValue, intValue, stringValue } = value
      if (stringValue !== undefined) any.text(1, stringValue)
      else if (intValue !== undefined) any.varint(3, BigInt(intValue))
      else any.varint(2, boolValue === true ? 1 : 0)
    })
  })
}
