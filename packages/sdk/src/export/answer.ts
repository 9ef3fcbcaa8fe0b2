// What an answer of the endpoint means for a batch: done, refused, or once more.
import { wireFields } from '@grantlog/record/otlp'
import type { NoteVerifier } from '@grantlog/tlog'
import type { SdkCode } from '../codes.ts'
import { retryAfterMs } from './backoff.ts'
import type { Outgoing } from './outgoing.ts'
import { coveredBy } from './receipt.ts'

/** An HTTP answer; names of headers in lower case. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

export type Verdict =
  | {
      readonly kind: 'done'
      /** Only through a Collector: what it will not forward. */
      readonly refused: number
      readonly reason: string
      /** See receipt.ts. */
      readonly lastIndex: number | null
      /** See receipt.ts. */
      readonly receivedAt?: number | null
    }
  /** Nobody signed this: kept, out of the way of others, and sent again more and more seldom. */
  | { readonly kind: 'refused'; readonly refused: number; readonly reason: string }
  | {
      readonly kind: 'again'
      readonly code: SdkCode
      readonly reason: string
      readonly afterMs: number | null
    }

export interface Judge {
  /** null: through a Collector, from which no receipt can come back. */
  readonly trust: { readonly verifier: NoteVerifier; readonly origin: string } | null
  readonly nowMs: () => number
}

/**
 * Only receipts for all records make a batch done; through a Collector, which has none, its 200.
 * Where OTLP/HTTP calls 4xx or 500 permanent we try again: a proxy or an attacker can say them,
 * too, and an audit record is worth more than the receiver's time.
 */
export function judge(
  answer: Answer,
  batch: Pick<Outgoing, 'root' | 'firstSequence' | 'count'>,
  by: Judge,
): Verdict {
  const { status } = answer
  const total = batch.count
  if (status >= 200 && status < 300) {
    const { rejected, message } = partialSuccess(answer.body)
    if (by.trust === null) {
      return { kind: 'done', refused: Math.min(rejected, total), reason: message, lastIndex: null }
    }
    const covered = coveredBy(headerOf(answer, 'grantlog-receipt'), batch, by.trust)
    const missing = total - covered.records
    if (missing === 0) {
      const { lastIndex, receivedAt } = covered
      return { kind: 'done', refused: 0, reason: '', lastIndex, receivedAt }
    }
    if (rejected >= missing) return { kind: 'refused', refused: missing, reason: message }
    const reason = `receipts for ${covered.records} of ${total} records`
    return { kind: 'again', code: 'RECEIPT_INVALID', reason, afterMs: null }
  }
  if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
    const reason = `HTTP ${status} ${statusMessage(answer.body)}`.trim()
    return { kind: 'refused', refused: total, reason }
  }
  const afterMs = retryAfterMs(headerOf(answer, 'retry-after') || undefined, by.nowMs())
  return { kind: 'again', code: 'EXPORT_FAILING', reason: `HTTP ${status}`, afterMs }
}

/** The header's value; repeated ones joined as HTTP allows. */
export function headerOf(answer: Answer, name: string): string {
  const value = answer.headers[name]
  return Array.isArray(value) ? value.join(', ') : (value ?? '')
}

/** ExportTraceServiceResponse.partial_success; an unreadable one rejects nothing. */
function partialSuccess(body: Uint8Array): { rejected: number; message: string } {
  const [partial] = bytesFields(body, 1)
  if (partial === undefined) return { rejected: 0, message: '' }
  const [message] = bytesFields(partial, 2)
  return { rejected: varintField(partial, 1), message: printable(message) }
}

/** google.rpc.Status.message of an error; empty if it is something else. */
function statusMessage(body: Uint8Array): string {
  return printable(bytesFields(body, 2)[0])
}

/** protobuf wire type of length-delimited fields. */
const bytesType = 2

function bytesFields(message: Uint8Array, number: number): Uint8Array[] {
  try {
    return [...wireFields(message)].flatMap((field) =>
      field.number === number && field.wireType === bytesType ? [field.bytes] : [],
    )
  } catch {
    return []
  }
}

function varintField(message: Uint8Array, number: number): number {
  try {
    const field = [...wireFields(message)].find((one) => one.number === number)
    const value = Number(field?.integer ?? 0n)
    return Number.isSafeInteger(value) && value > 0 ? value : 0
  } catch {
    return 0
  }
}

function printable(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? [])
    .toString('utf8')
    .slice(0, 300)
}
