// Decompression within limits: of the result, of how much it grows, and of who else does it at the
// time. Proven by inflate.test.ts and http.test.ts.
import {
  constants,
  createGunzip,
  createInflate,
  createZstdDecompress,
  type Gunzip,
  type ZlibOptions,
  type ZstdOptions,
} from 'node:zlib'
import { ReceiverError } from '../../codes.ts'
import {
  INFLATE_CHUNK_BYTES,
  INFLATION_FREE_BYTES,
  type Limits,
  MAX_ZSTD_FRAMES,
  ZSTD_WINDOW_LOG,
} from '../../limits.ts'
import type { Reservation } from '../admission.ts'

export type Encoding = 'gzip' | 'zstd' | 'deflate'

export interface InflateOptions {
  readonly limits: Pick<Limits, 'bodyBytes' | 'inflationRatio'>
  readonly reservation: Reservation
}

const chunkSize = INFLATE_CHUNK_BYTES
const zlib: ZlibOptions = { chunkSize }
const zstd: ZstdOptions = {
  chunkSize,
  params: { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG },
}

/** `deflate` is the zlib format (RFC 9110, 8.4.1.2), also in gRPC. */
const decoders: Readonly<Record<Encoding, () => Pick<Gunzip, 'end' | 'bytesWritten'>>> = {
  gzip: () => createGunzip(zlib),
  deflate: () => createInflate(zlib),
  zstd: () => createZstdDecompress(zstd),
}

/** What is said in `Accept-Encoding` and `grpc-accept-encoding`. */
export const encodings = Object.keys(decoders) as readonly Encoding[]

/** Undefined for any other word, and for more than one. */
export function encodingOf(word: string): Encoding | 'identity' | undefined {
  const name = word.trim().toLowerCase()
  return name === 'identity' ? name : encodings.find((each) => each === name)
}

/**
 * The whole of `sent`, decompressed. Errors: RECEIVER_BODY_TOO_LARGE, RECEIVER_BODY_MALFORMED,
 * RECEIVER_BUSY.
 */
export function inflate(
  sent: Buffer,
  encoding: Encoding,
  options: InflateOptions,
): Promise<Buffer> {
  return options.reservation.inflate(() => inflateWithin(sent, encoding, options))
}

async function inflateWithin(
  sent: Buffer,
  encoding: Encoding,
  options: InflateOptions,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  const take = taking(sent, chunks, options)
  let rest = sent
  let frames = 0
  do {
    if (++frames > MAX_ZSTD_FRAMES) throw tooLarge(`more than ${MAX_ZSTD_FRAMES} frames`)
    rest = rest.subarray(await inflateOne(rest, encoding, take))
    // Node ends at the first frame of zstd; all members of gzip it takes by itself.
  } while (encoding === 'zstd' && rest.length > 0)
  if (rest.length > 0) throw malformed(encoding)
  return Buffer.concat(chunks)
}

/** Returns how many bytes belonged to it. */
async function inflateOne(
  bytes: Buffer,
  encoding: Encoding,
  take: (chunk: Buffer) => void,
): Promise<number> {
  const decoder = decoders[encoding]()
  decoder.end(bytes)
  try {
    for await (const chunk of decoder as unknown as AsyncIterable<Buffer>) take(chunk)
  } catch (error) {
    if (error instanceof ReceiverError) throw error
    throw malformed(encoding)
  }
  return decoder.bytesWritten
}

/** Each piece is reserved as it comes out: nobody knows before how much there is. */
function taking(
  sent: Buffer,
  chunks: Buffer[],
  { limits, reservation }: InflateOptions,
): (chunk: Buffer) => void {
  const { bodyBytes, inflationRatio } = limits
  let total = 0
  return (chunk) => {
    total += chunk.length
    if (total > bodyBytes) throw new ReceiverError('RECEIVER_BODY_TOO_LARGE')
    if (total > INFLATION_FREE_BYTES && total > sent.length * inflationRatio) {
      throw tooLarge(`it grows more than ${inflationRatio} times`)
    }
    reservation.reserve(chunk.length)
    chunks.push(chunk)
  }
}

function tooLarge(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_BODY_TOO_LARGE', detail)
}

function malformed(encoding: Encoding): ReceiverError {
  return new ReceiverError('RECEIVER_BODY_MALFORMED', `the body is not ${encoding}, or not only`)
}
