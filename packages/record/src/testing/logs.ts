// Log records for tests, as bytes of OTLP.
import { fromHex } from '../bytes.ts'
import { WireWriter } from '../otlp/wire.ts'

/** A value to be sent: bigint is an int, number a double. */
export type Value =
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | null
  | readonly Value[]
  | { readonly [name: string]: Value }

export interface Fields {
  readonly time?: bigint
  readonly observed?: bigint
  readonly severity?: number
  readonly severityText?: string
  readonly event?: string
  readonly flags?: number
  readonly traceId?: Uint8Array
  readonly spanId?: Uint8Array
  readonly body?: Value
  readonly attributes?: Readonly<Record<string, Value>>
  /** Bytes of further fields, at the end. */
  readonly more?: Uint8Array
}

export interface Context {
  readonly resource?: Readonly<Record<string, Value>>
  readonly scope?: string
}

/** What a service of somebody else's says of a deleted document. */
export const deletion: Fields = {
  time: 1_795_467_600_123_456_789n,
  observed: 1_795_467_600_123_999_999n,
  severity: 9,
  severityText: 'INFO',
  event: 'document.deleted',
  flags: 1,
  traceId: fromHex('5b8aa5a2d2c872e8321cf37308d69df2'),
  spanId: fromHex('051581bf3cb55c13'),
  body: 'alice deleted invoice 17',
  attributes: {
    'audit.record.id': '019aaf25-0c00-7000-8000-00000000a001',
    'audit.action': 'document.delete',
    'audit.outcome': 'success',
    'audit.actor.id': 'p1.alice',
    'audit.actor.type': 'user',
    'user.id': 'alice',
    'client.address': '203.0.113.7',
    'document.number': 9_007_199_254_740_993n,
    'document.tags': ['a', 'b'],
  },
}

/** An `ExportLogsServiceRequest` with one scope of one resource. */
export function encodeLogs(
  logs: readonly (Fields | Uint8Array)[],
  { resource = { 'service.name': 'billing' }, scope = 'billing' }: Context = {},
): Uint8Array {
  const writer = new WireWriter()
  writer.message(1, (resourceLogs) => {
    resourceLogs.message(1, (message) => writePairs(message, 1, resource))
    resourceLogs.message(2, (scopeLogs) => {
      scopeLogs.message(1, (message) => message.text(1, scope))
      for (const log of logs) {
        if (ArrayBuffer.isView(log)) scopeLogs.bytes(2, log)
        else scopeLogs.bytes(2, encodeLog(log))
      }
    })
  })
  return writer.finish()
}

/** A `LogRecord`. */
export function encodeLog(log: Fields): Uint8Array {
  const writer = new WireWriter()
  if (log.time !== undefined) writer.fixed64(1, log.time)
  if (log.severity !== undefined) writer.varint(2, BigInt(log.severity))
  if (log.severityText !== undefined) writer.text(3, log.severityText)
  if (log.body !== undefined) writer.message(5, (any) => writeValue(any, log.body!))
  writePairs(writer, 6, log.attributes ?? {})
  if (log.flags !== undefined) writer.fixed32(8, log.flags)
  if (log.traceId) writer.bytes(9, log.traceId)
  if (log.spanId) writer.bytes(10, log.spanId)
  if (log.observed !== undefined) writer.fixed64(11, log.observed)
  if (log.event !== undefined) writer.text(12, log.event)
  if (log.more) writer.raw(log.more)
  return writer.finish()
}

function writePairs(
  writer: WireWriter,
  number: number,
  pairs: Readonly<Record<string, Value>>,
): void {
  for (const [key, value] of Object.entries(pairs)) {
    writer.message(number, (pair) => {
      pair.text(1, key)
      pair.message(2, (any) => writeValue(any, value))
    })
  }
}

function writeValue(any: WireWriter, value: Value): void {
  if (value === null) return
  if (typeof value === 'string') any.text(1, value)
  else if (typeof value === 'boolean') any.varint(2, value ? 1 : 0)
  else if (typeof value === 'bigint') any.varint(3, value)
  else if (typeof value === 'number') any.raw(doubleField(value))
  else if (ArrayBuffer.isView(value)) any.bytes(7, value as Uint8Array)
  else if (Array.isArray(value)) {
    any.message(5, (list) => {
      for (const item of value as Value[]) list.message(1, (inner) => writeValue(inner, item))
    })
  } else any.message(6, (list) => writePairs(list, 1, value as Record<string, Value>))
}

/** Field 4, wire type 1. */
function doubleField(value: number): Uint8Array {
  const bytes = new Uint8Array(9)
  bytes[0] = 0x21
  new DataView(bytes.buffer).setFloat64(1, value, true)
  return bytes
}
