// A request's body, read and decompressed within limits. Proven by http.test.ts.
import type { IncomingMessage } from 'node:http'
import { ReceiverError } from '../../codes.ts'
import { encodingOf, inflate, type InflateOptions } from './inflate.ts'

export type BodyOptions = InflateOptions

/**
 * The decompressed body, until the reservation is released. Content-Length is believed for
 * refusing, never for allocating.
 * Errors: RECEIVER_BODY_TOO_LARGE, RECEIVER_ENCODING_REFUSED, RECEIVER_BODY_MALFORMED (not what
 * the encoding says), RECEIVER_BUSY.
 */
export async function readBody(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
  const encoding = encodingOf(request.headers['content-encoding'] ?? 'identity')
  if (encoding === undefined) throw new ReceiverError('RECEIVER_ENCODING_REFUSED')
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > options.limits.bodyBytes) throw new ReceiverError('RECEIVER_BODY_TOO_LARGE')

  const sent = await collect(request, options)
  return encoding === 'identity' ? sent : inflate(sent, encoding, options)
}

/**
 * What is left of a refused body is not stored: the stream flows on and Node drops it, so that the
 * client can read the answer instead of a reset connection; requestTimeoutMs ends the patience.
 */
function collect(request: IncomingMessage, { limits, reservation }: BodyOptions): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let total = 0
  const fail = (error: unknown): void => {
    request.off('data', take)
    request.resume()
    reject(error)
  }
  function take(chunk: Buffer): void {
    total += chunk.length
    if (total > limits.bodyBytes) return fail(new ReceiverError('RECEIVER_BODY_TOO_LARGE'))
    try {
      reservation.reserve(chunk.length)
    } catch (error) {
      return fail(error)
    }
    reservation.memory.append(chunk)
    giveBack(chunk)
  }
  // Whoever has gone while he was asked who he is brings neither an end nor a close any more.
  if (request.destroyed) reject(new ReceiverError('RECEIVER_BODY_MALFORMED', 'cut off'))
  request.on('data', take)
  let ended = false
  request.once('end', () => {
    ended = true
    resolve(reservation.memory.body)
  })
  request.once('error', reject)
  request.once('close', () => {
    if (!ended) reject(new ReceiverError('RECEIVER_BODY_MALFORMED', 'cut off'))
  })
  return promise
}

/** Of smaller pieces there are not enough for the garbage collector to run for them. */
const pieceBytesMin = 16 * 1024

/** Node makes memory for each piece; left to the garbage collector, it would run for it. */
function giveBack({ buffer, byteLength }: Buffer): void {
  const isAlone = byteLength >= pieceBytesMin && buffer.byteLength === byteLength
  if (isAlone && buffer instanceof ArrayBuffer) buffer.transfer(0)
}
