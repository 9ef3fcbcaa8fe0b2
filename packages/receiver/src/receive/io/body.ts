// A request's body, read and decompressed within limits. Proven by http.test.ts.
import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { ReceiverError } from '../../codes.ts'
import type { Reservation } from '../admission.ts'

const inflate = promisify(gunzip)

export interface BodyOptions {
  readonly limitBytes: number
  readonly reservation: Reservation
}

/**
 * The decompressed body. Content-Length is believed for refusing, never for allocating.
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
  reservation.reserve(announced)

  const sent = await collect(request, { limitBytes, reservation, announced })
  if (encoding === 'identity') return sent
  const body = await gunzipWithin(sent, limitBytes)
  reservation.reserve(body.length)
  return body
}

/**
 * What is left of a refused body is not stored: the stream flows on and Node drops it, so that the
 * client can read the answer instead of a reset connection; requestTimeoutMs ends the patience.
 */
function collect(
  request: IncomingMessage,
  options: BodyOptions & { readonly announced: number },
): Promise<Buffer> {
  const { limitBytes, reservation, announced } = options
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  const chunks: Buffer[] = []
  let total = 0
  const fail = (error: unknown): void => {
    request.off('data', take)
    request.resume()
    chunks.length = 0
    reject(error)
  }
  function take(chunk: Buffer): void {
    const before = Math.max(total, announced)
    total += chunk.length
    if (total > limitBytes) return fail(new ReceiverError('RECEIVER_BODY_TOO_LARGE'))
    try {
      if (total > before) reservation.reserve(total - before)
    } catch (error) {
      return fail(error)
    }
    chunks.push(chunk)
  }
  request.on('data', take)
  request.once('end', () => resolve(Buffer.concat(chunks)))
  request.once('error', reject)
  request.once('close', () => reject(new ReceiverError('RECEIVER_BODY_MALFORMED', 'cut off')))
  return promise
}

async function gunzipWithin(sent: Buffer, limitBytes: number): Promise<Buffer> {
  try {
    return await inflate(sent, { maxOutputLength: limitBytes })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new ReceiverError('RECEIVER_BODY_TOO_LARGE')
    }
    throw new ReceiverError('RECEIVER_BODY_MALFORMED', 'the body is not gzip')
  }
}
