// What OTLP/gRPC needs of gRPC (PROTOCOL-HTTP2.md of grpc/grpc): unary calls, one message each way.
// Pure; receive/io/grpc.ts has the sockets. See grpc.test.ts for the bytes.
import { challengeOf } from '../challenge.ts'
import { RECEIVER_CODES, ReceiverError } from '../codes.ts'
import type { Signal } from '../flow.ts'
import { exportPaths, PREFIX_BYTES } from '../grpc-wire.ts'
import { MAX_TRAILER_BYTES } from '../limits.ts'
import { encodeRetryStatus } from './status.ts'

const signals: ReadonlyMap<string, Signal> = new Map(
  Object.entries(exportPaths).map(([signal, path]) => [path, signal as Signal]),
)

/** Undefined for any other call. */
export function signalOf(path: string): Signal | undefined {
  return signals.get(path)
}

/** The length that the prefix announces; undefined as long as there is no whole one. */
export function announcedBytes(body: Buffer): number | undefined {
  return body.length < PREFIX_BYTES ? undefined : body.readUInt32BE(1)
}

export interface Message {
  readonly isCompressed: boolean
  readonly bytes: Buffer
}

/** The one message of a unary call. Errors: RECEIVER_BODY_MALFORMED. */
export function messageIn(body: Buffer): Message {
  const flag = body[0] ?? 0
  if (announcedBytes(body) !== body.length - PREFIX_BYTES || flag > 1) {
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', 'not one message of gRPC')
  }
  return { isCompressed: flag === 1, bytes: body.subarray(PREFIX_BYTES) }
}

const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 0.001,
  n: 0.000_001,
}

/** Milliseconds in `grpc-timeout`; Infinity without one. Errors: RECEIVER_BODY_MALFORMED. */
export function timeoutOf(header: string | undefined): number {
  if (header === undefined) return Infinity
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(header) ?? []
  if (digits === undefined) throw new ReceiverError('RECEIVER_BODY_MALFORMED', 'grpc-timeout')
  return Number(digits) * unitMs[unit!]!
}

/** Status and message of an error as headers; what may come again says when, as OTLP asks. */
export function statusHeaders(error: ReceiverError): Record<string, string> {
  const { code, fix, message, retryAfterS } = error
  const { rpc, status } = RECEIVER_CODES[code]
  const text = `${code}: ${message}; ${fix}`
  const challenge = challengeOf(error)
  const headers = {
    ...{ 'grpc-status': String(rpc), 'grpc-message': percentEncoded(text) },
    // As HTTP has it, for who reads metadata.
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
  }
  if (status !== 503 && status !== 429) return headers
  const details = encodeRetryStatus(rpc, text, retryAfterS).toString('base64')
  return { ...headers, 'grpc-status-details-bin': details.replace(/=+$/, '') }
}

/** All but printable ASCII, and `%`, by its bytes. */
function percentEncoded(text: string): string {
  return text.replace(/[^ -$&-~]/gu, (character) =>
    [...Buffer.from(character)]
      .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
      .join(''),
  )
}

/** As many receipts as trailers may hold; a batch whose receipt is left out is sent again. */
export function receiptsThatFit(receipts: readonly string[]): readonly string[] {
  let bytes = 0
  const over = receipts.findIndex((receipt) => (bytes += receipt.length + 2) > MAX_TRAILER_BYTES)
  return over === -1 ? receipts : receipts.slice(0, over)
}
