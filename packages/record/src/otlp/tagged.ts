// Tagged values of log records (FORMAT.md 6.2) as OTLP, and what is around them: the reverse of
// log-value.ts. See tagged.test.ts.
import { fromBase64url } from '../bytes.ts'
import { isObject } from '../canonical/jcs.ts'
import type { LogForm } from '../log.ts'
import type { JsonValue } from '../span.ts'
import type { WireWriter } from './wire.ts'

/** Writes a `ResourceLogs` of one scope, whose log records `writeRecords` writes into field 2. */
export function writeResourceLogs(
  request: WireWriter,
  { resource, scope }: Pick<LogForm, 'resource' | 'scope'>,
  writeRecords: (scopeLogs: WireWriter) => void,
): void {
  request.message(1, (resourceLogs) => {
    resourceLogs.message(1, (message) => writeTaggedPairs(message, 1, resource.attributes))
    resourceLogs.message(2, (scopeLogs) => {
      scopeLogs.message(1, (message) => {
        message.text(1, scope.name)
        message.text(2, scope.version)
        writeTaggedPairs(message, 3, scope.attributes)
      })
      writeRecords(scopeLogs)
      if (scope.schemaUrl !== '') scopeLogs.text(3, scope.schemaUrl)
    })
    if (resource.schemaUrl !== '') resourceLogs.text(3, resource.schemaUrl)
  })
}

/** Writes each member as a `KeyValue` of field `number`; nothing for what is no object. */
export function writeTaggedPairs(
  writer: WireWriter,
  number: number,
  pairs: JsonValue | undefined,
): void {
  if (!isObject(pairs)) return
  for (const [key, value] of Object.entries(pairs)) {
    writer.message(number, (pair) => {
      pair.text(1, key)
      pair.message(2, (any) => writeTagged(any, value))
    })
  }
}

/** Writes the fields of an `AnyValue`. */
export function writeTagged(any: WireWriter, tagged: JsonValue): void {
  const [[tag, value] = ['', null]] = isObject(tagged) ? Object.entries(tagged) : []
  if (typeof value === 'string') writeText(any, tag, value)
  else if (tag === 'boolValue') any.varint(2, value === true ? 1 : 0)
  else if (tag === 'kvlistValue') any.message(6, (list) => writeTaggedPairs(list, 1, value))
  else if (Array.isArray(value)) {
    const items = value as readonly JsonValue[]
    any.message(5, (list) => {
      for (const item of items) list.message(1, (inner) => writeTagged(inner, item))
    })
  }
}

/** The values that are texts behind their tags. */
function writeText(any: WireWriter, tag: string, text: string): void {
  if (tag === 'stringValue') any.text(1, text)
  else if (tag === 'intValue') any.varint(3, BigInt(text))
  else if (tag === 'doubleValue') any.fixed64(4, BigInt(`0x${text}`))
  else any.bytes(7, fromBase64url(text)!)
}
