// The reverse of protobufOfJson, for tests: OTLP/JSON of a message in protobuf, as the table of
// messages has it. Fields that the table does not know are left out.
import { type JsonField, type MessageName, otlpMessages } from '../src/otlp/json-messages.ts'
import { type WireField, wireFields } from '../src/otlp/wire.ts'

export function jsonOfProtobuf(message: Uint8Array, name: MessageName): Record<string, unknown> {
  const json: Record<string, unknown> = {}
  const fields = [...otlpMessages.get(name)!]
  for (const wire of wireFields(message)) {
    const found = fields.find(([, { number }]) => number === wire.number)
    if (found === undefined) continue
    const [member, field] = found
    const values = valuesIn(wire, field)
    if (!field.repeated) json[member] = values[0]
    else json[member] = [...((json[member] as unknown[] | undefined) ?? []), ...values]
  }
  return json
}

function valuesIn(wire: WireField, { repeated, type }: JsonField): unknown[] {
  if (otlpMessages.has(type)) return [jsonOfProtobuf(wire.bytes, type as MessageName)]
  const view = Buffer.from(wire.bytes)
  if (type === 'string') return [view.toString()]
  if (type === 'hex') return [view.toString('hex')]
  if (type === 'base64') return [view.toString('base64')]
  if (repeated && wire.wireType === 2) return packed(view, type)
  return [numberOf(wire.integer, type)]
}

function packed(bytes: Buffer, type: JsonField['type']): unknown[] {
  const values: unknown[] = []
  if (type === 'uint64') {
    for (let at = 0, value = 0n, shift = 0n; at < bytes.length; at++) {
      value |= BigInt(bytes[at]! & 0x7f) << shift
      shift += 7n
      if (bytes[at]! > 0x7f) continue
      values.push(numberOf(value, type))
      value = shift = 0n
    }
    return values
  }
  for (let at = 0; at < bytes.length; at += 8) {
    values.push(numberOf(bytes.readBigUInt64LE(at), type))
  }
  return values
}

function numberOf(integer: bigint, type: JsonField['type']): unknown {
  if (type === 'bool') return integer !== 0n
  if (type === 'double') {
    const view = new DataView(new ArrayBuffer(8))
    view.setBigUint64(0, integer)
    const value = view.getFloat64(0)
    return Number.isFinite(value) ? value : String(value)
  }
  if (type === 'sint32') return Number((integer >> 1n) ^ -(integer & 1n))
  if (type === 'enum') return Number(BigInt.asIntN(32, integer))
  if (type === 'uint32' || type === 'fixed32') return Number(integer)
  if (type === 'int64' || type === 'sfixed64') return String(BigInt.asIntN(64, integer))
  return String(integer)
}
