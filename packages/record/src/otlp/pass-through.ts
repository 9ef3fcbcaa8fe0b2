import { createFinder, equalBytes, utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { itemFieldsMax } from '../limits.ts'
import { ATTR } from '../names.ts'
import { type Counted, overLimit, spendBytes } from './counted.ts'
import { wireBytes, WireCursor, WireWriter } from './wire.ts'

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
 * else's: only its own bytes say so, and they harm no other. Throws OTLP_LIMIT_EXCEEDED.
 */
export function hasRecordId(span: Uint8Array, counted: Counted): boolean {
  spendBytes(counted, span.length)
  // Almost no span of others has the name anywhere: then its attributes need not be read.
  if (!hasRecordIdBytes(span)) return false
  const keys = new AttributeKeys(span, spanAttributes, counted)
  while (keys.next()) if (keys.has(recordId, recordId.length)) return true
  return false
}

/**
 * True when a message has an attribute `audit.record.id` or one that begins `audit.integrity.`.
 * Throws OTLP_LIMIT_EXCEEDED.
 */
export function isAuditRecord(message: Uint8Array, attributes: number, counted: Counted): boolean {
  spendBytes(counted, message.length)
  if (!hasRecordIdBytes(message) && !hasIntegrityBytes(message)) return false
  const keys = new AttributeKeys(message, attributes, counted)
  while (keys.next()) if (keys.has(recordId, recordId.length) || keys.has(integrity)) return true
  return false
}

/**
 * A pass-through span, or log record, without attributes named `grantlog.*`: those are the
 * receiver's own marks, and a stranger's must not be taken for them. Every other byte stays,
 * readable or not. `attributes` is their field in the message. Throws OTLP_LIMIT_EXCEEDED.
 */
export function stripReserved(
  message: Uint8Array,
  counted: Counted,
  attributes: number = spanAttributes,
): Uint8Array {
  spendBytes(counted, message.length)
  const writer = new WireWriter()
  const keys = new AttributeKeys(message, attributes, counted)
  let kept = 0
  while (keys.next()) {
    if (!keys.has(reserved)) continue
    writer.raw(message.subarray(kept, keys.start))
    kept = keys.end
  }
  if (kept === 0) return message
  writer.raw(message.subarray(kept))
  return writer.finish()
}

/** Goes over the attributes of a span, or log record, up to the first byte that is no field. */
class AttributeKeys {
  readonly #message: Uint8Array
  readonly #field: WireCursor
  readonly #attributes: number
  readonly #counted: Counted
  #fields = 0

  constructor(message: Uint8Array, attributes: number, counted: Counted) {
    this.#message = message
    this.#field = new WireCursor(message)
    this.#attributes = attributes
    this.#counted = counted
  }

  /** Where the attribute starts and ends in the message, tag included. */
  get start(): number {
    return this.#field.start
  }

  get end(): number {
    return this.#field.end
  }

  /** Throws OTLP_LIMIT_EXCEEDED. */
  next(): boolean {
    const field = this.#field
    while (nextReadable(field)) {
      this.#count()
      if (field.number === this.#attributes && field.wireType === wireBytes) return true
    }
    return false
  }

  /**
   * True when any key of the attribute is, or with no length begins with, `name`: a reader that
   * lets the last of them win must not see another name than we did. Throws OTLP_LIMIT_EXCEEDED.
   */
  has(name: Uint8Array, length?: number): boolean {
    const message = this.#message
    const inner = new WireCursor(message.subarray(this.#field.value, this.#field.end))
    const from = this.#field.value
    while (nextReadable(inner)) {
      this.#count()
      if (inner.number !== 1) continue
      const bytes = inner.wireType === wireBytes ? inner.end - inner.value : 0
      if (length === undefined ? bytes < name.length : bytes !== length) continue
      const at = from + inner.value
      if (equalBytes(message.subarray(at, at + name.length), name)) return true
    }
    return false
  }

  #count(): void {
    this.#counted.spent++
    if (++this.#fields > itemFieldsMax) {
      throw overLimit(`a span or log record has more than ${itemFieldsMax} fields`)
    }
  }
}

/** As `next` of the cursor, and false at the first byte that is no field. */
export function nextReadable(field: WireCursor): boolean {
  try {
    return field.next()
  } catch (error) {
    if (error instanceof RecordError) return false
    throw error
  }
}
