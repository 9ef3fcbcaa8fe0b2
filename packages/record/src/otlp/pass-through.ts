import { includesBytes, utf8 } from '../bytes.ts'
import type { OtlpLimits } from '../limits.ts'
import { decodeAttribute } from './any-value.ts'
import { wireBytes, wireFields, WireWriter } from './wire.ts'

const reserved = utf8('grantlog.')

/** True when the bytes hold `grantlog.` anywhere: only then a search for reserved names is due. */
export function mentionsReserved(body: Uint8Array): boolean {
  return includesBytes(body, reserved)
}

/**
 * A pass-through span without attributes named `grantlog.*`: those are the receiver's own marks,
 * and a stranger's must not be taken for them. Every other byte stays.
 */
export function stripReserved(span: Uint8Array, limits: OtlpLimits): Uint8Array {
  const writer = new WireWriter()
  for (const field of wireFields(span)) {
    const reservedName =
      field.number === 9 &&
      field.wireType === wireBytes &&
      decodeAttribute(field.bytes, limits).key.startsWith('grantlog.')
    if (!reservedName) writer.raw(span.subarray(field.start, field.end))
  }
  return writer.finish()
}
