// One record: the span that travels, and the digest that is signed for it (FORMAT.md 1.4).
import { type AttributeValue, type Span, writeSpan } from '@grantlog/record'
import type { Description, Occurrence, SealedRecord } from '../event.ts'
import type { RandomText } from '../random.ts'
import { bytesHash } from '../sha256.ts'
import { randomId } from './id.ts'

export interface RecordToSeal {
  readonly sequence: number
  readonly action: string
  readonly kind: Description['kind']
  readonly failed: boolean
  readonly message: string
  readonly occurrence: Occurrence
  /** From protect/, with everything the record says. */
  readonly attributes: ReadonlyMap<string, AttributeValue>
}

/** OTLP span kinds. */
const spanKinds = { internal: 1, server: 2, client: 3 } as const
/** OTLP status codes. */
const statusOk = 1
const statusError = 2

/** An error code is short; one that an application invents may be anything. */
const messageMax = 256

/** Objects around the bytes of a record. */
const overheadBytes = 512

/**
 * Builds the span as it travels, and its digest. Throws RecordError for what FORMAT.md 1.2 does not
 * allow. `keep` copies the span's bytes.
 */
export function sealRecord(
  record: RecordToSeal,
  random: RandomText,
  keep: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes.slice(),
): SealedRecord {
  const { sequence, action, kind, failed, message, occurrence, attributes } = record
  const { parent, startTimeUnixNano, endTimeUnixNano } = occurrence
  const span: Span = {
    traceId: parent?.traceId ?? randomId(16, random),
    spanId: randomId(8, random),
    parentSpanId: parent?.spanId ?? '',
    name: action,
    kind: spanKinds[kind],
    startTimeUnixNano,
    endTimeUnixNano,
    status: failed
      ? { code: statusError, message: message.slice(0, messageMax).toWellFormed() }
      : { code: statusOk, message: '' },
    attributes,
  }
  const { digest, bytes } = writeSpan(span, bytesHash)
  const { spanId, traceId } = span
  const memory = bytes.length + overheadBytes
  return { sequence, ids: { traceId, spanId }, span: keep(bytes), digest, bytes: memory }
}
