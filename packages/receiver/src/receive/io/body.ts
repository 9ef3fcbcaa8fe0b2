// A request's body, read and decompressed within limits. Proven by http.test.ts.
import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import { ReceiverError } from '../../codes.ts'
import { INFLATE_CHUNK_BYTES } from '../../limits.ts'
import type { Reservation } from '../admission.ts'

export interface BodyOptions {
  readonly limitBytes: number
  readonly reservation: Reservation
}

/**
 * The decompressed body, until the reservation is released. Content-Length is believed for
 * refusing, never for allocating.
 * Errors: RECEIVER_BODY_TOO_LARGE, RECEIVER_ENCODING_REFUSED, RECEIVER_BODY_MALFORMED (not gzip),
 * RECEIVER_BUSY.
 */
export async function readBody(request: IncomingMessage, options: BodyOptions): Promise<Buffer> {
  const { limitBytes, reservation } = options
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new ReceiverError('RECEIVER_ENCODING_REFUSED')
  }
  const announced = Number(request.headers['content-length'] ?? 0)
  if (announced > limitBytes) throw new ReceiverError('RECEIVER_BODY_TOO_LARGE')

  const sent = await collect(request, options)
  if (encoding === 'identity') return sent
  return reservation.inflate(() => gunzipWithin(sent, options))
}

/**
 * What is left of a refused body is not stored: the stream flows on and Node drops it, so that the
 * client can read the answer instead of a reset connection; requestTimeoutMs ends the patience.
 */
function collect(
  request: IncomingMessage,
  { limitBytes, reservation }: BodyOptions,
): Promise<Buffer> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  let total = 0
  const fail = (error: unknown): void => {
    request.off('data', take)
    request.resume()
    reject(error)
  }
  function take(chunk: Buffer): void {
    total += chunk.length
    if (total > limitBytes) return fail(new ReceiverError('RECEIVER_BODY_TOO_LARGE'))
    try {
      reservation.reserve(chunk.length)
    } catch (error) {
      return fail(error)
    }
    reservation.memory.append(chunk)
  }
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

/** Each piece is reserved as it comes out: nobody knows before how much there is. */
async function gunzipWithin(
  sent: Buffer,
  { limitBytes, reservation }: BodyOptions,
): Promise<Buffer> {
  const gunzip = createGunzip({ chunkSize: INFLATE_CHUNK_BYTES })
  const chunks: Buffer[] = []
  let total = 0
  gunzip.end(sent)
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      total += chunk.length
      if (total > limitBytes) throw new ReceiverError('RECEIVER_BODY_TOO_LARGE')
      reservation.reserve(chunk.length)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof ReceiverError) throw error
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', 'the body is not gzip')
  }
  return Buffer.concat(chunks)
}
