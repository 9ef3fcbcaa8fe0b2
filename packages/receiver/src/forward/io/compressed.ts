// A body as it is sent, in parts. Off the main thread: it is the size of a load.
import { promisify } from 'node:util'
import { constants, gzip, zstdCompress } from 'node:zlib'
import { concat } from '@grantlog/record'
import { SINK_COMPRESSION_LEVEL } from '../../limits.ts'
import type { Compression } from '../sink-options.ts'

const gzipped = promisify(gzip)
const zstded = promisify(zstdCompress)

export async function compressed(
  parts: readonly Uint8Array[],
  compression: Compression,
): Promise<readonly Uint8Array[]> {
  if (compression === 'none') return parts
  const body = concat(...parts)
  if (compression === 'gzip') return [await gzipped(body, { level: SINK_COMPRESSION_LEVEL.gzip })]
  const { zstd: level } = SINK_COMPRESSION_LEVEL
  return [await zstded(body, { params: { [constants.ZSTD_c_compressionLevel]: level } })]
}
