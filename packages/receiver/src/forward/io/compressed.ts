// A body as it is sent. Off the main thread: it is the size of a load.
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { SINK_COMPRESSION_LEVEL } from '../../limits.ts'
import type { Compression } from '../sink-options.ts'

const gzipped = promisify(gzip)
const zstded = promisify(zstdCompress)

export async function compressed(body: Uint8Array, compression: Compression): Promise<Uint8Array> {
  if (compression === 'none') return body
  if (compression === 'gzip') return gzipped(body, { level: SINK_COMPRESSION_LEVEL.gzip })
  const { zstd: level } = SINK_COMPRESSION_LEVEL
  return zstded(body, { params: { [constants.ZSTD_c_compressionLevel]: level } })
}
