import { RecordError } from '../codes.ts'
import { expectWire, wireBytes, wireFields, wireText } from './wire.ts'

/** A `KeyValue` of OTLP, its `AnyValue` unread; undefined when it has none. */
export interface KeyValue {
  readonly key: string
  readonly value: Uint8Array | undefined
}

/**
 * Reads a `KeyValue` (1 key, 2 value). Strict about repeated fields: protobuf lets the last one
 * win, so that two readers may see two different attributes. Throws OTLP_MALFORMED.
 */
export function decodeKeyValue(message: Uint8Array): KeyValue {
  let key: string | undefined
  let value: Uint8Array | undefined
  for (const field of wireFields(message)) {
    if (field.number === 1) {
      expectWire(field, wireBytes, 'attribute key')
      if (key !== undefined) throw repeated('key')
      key = wireText(field, 'attribute key')
    } else if (field.number === 2) {
      expectWire(field, wireBytes, 'attribute value')
      if (value !== undefined) throw repeated('value')
      value = field.bytes
    }
  }
  return { key: key ?? '', value }
}

function repeated(part: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed protobuf: an attribute ${part} is repeated`)
}
