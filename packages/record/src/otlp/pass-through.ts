import { createFinder, equalBytes, utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { ATTR } from '../names.ts'
import { wireBytes, type WireField, wireFields, WireWriter } from './wire.ts'

const reserved = utf8('grantlog.')
const recordId = utf8(ATTR.AUDIT_RECORD_ID)
const hasReserved = createFinder(reserved)
const hasRecordIdBytes = createFinder(recordId)
const integrity = utf8('audit.integrity.')
const hasIntegrityBytes = createFinder(integrity)
/** Field of a `Span`. */
const spanAttributes = 9

/** True when the bytes hold `grantlog.` anywhere: only then a search for reserved names is due. */
export function mentionsReserved(body: Uint8Array): boolean {
  return hasReserved(body)
}

/**
 * True when a span has an attribute `audit.record.id`. A span that cannot be read is somebody
 * else's: only its own bytes say so, and they harm no other.
 */
export function hasRecordId(span: Uint8Array): boolean {
  // Almost no span of others has the name anywhere: then its attributes need not be read.
  if (!hasRecordIdBytes(span)) return false
  for (const field of readable(span)) {
    if (hasKey(field, spanAttributes, recordId, recordId.length)) return true
  }
  return false
}

/** True when a message has an attribute `audit.record.id` or one that begins `audit.integrity.`. */
export function isAuditRecord(message: Uint8Array, attributes: number): boolean {
  if (!hasRecordIdBytes(message) && !hasIntegrityBytes(message)) return false
  for (const field of readable(message)) {
    if (hasKey(field, attributes, recordId, recordId.length)) return true
    if (hasKey(field, attributes, integrity)) return true
  }
  return false
}

/**
 * A pass-through span, or log record, without attributes named `grantlog.*`: those are the
 * receiver's own marks, and a stranger's must not be taken for them. Every other byte stays,
 * readable or not. `attributes` is their field in the message.
 */
export function stripReserved(
  message: Uint8Array,
  attributes: number = spanAttributes,
): Uint8Array {
  const writer = new WireWriter()
  let read = 0
  for (const field of readable(message)) {
    read = field.end
    if (!hasKey(field, attributes, reserved)) writer.raw(message.subarray(field.start, field.end))
  }
  writer.raw(message.subarray(read))
  return writer.finish()
}

/**
 * True when any key of an attribute is, or with no length begins with, `name`: a reader that lets
 * the last of them win must not see another name than we did.
 */
function hasKey(
  attribute: WireField,
  attributes: number,
  name: Uint8Array,
  length?: number,
): boolean {
  if (attribute.number !== attributes || attribute.wireType !== wireBytes) return false
  for (const { number, bytes } of readable(attribute.bytes)) {
    if (number !== 1 || (length !== undefined && bytes.length !== length)) continue
    if (equalBytes(bytes.subarray(0, name.length), name)) return true
  }
  return false
}

/** The fields of a message up to the first byte that is none. */
export function* readable(message: Uint8Array): Generator<WireField> {
  try {
    yield* wireFields(message)
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
  }
}
