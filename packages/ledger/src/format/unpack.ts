// Zstandard (RFC 8878) into one buffer of the right size: in pieces it costs twice as much, and
// collecting what they leave behind costs as much again. See unpack.test.ts.
import { zstdDecompressSync } from 'node:zlib'

const bytesMin = 1024
/** Node would ask for one more piece when the last one is full. */
const slackBytes = 64

/** Decompresses at most `bytesMax` bytes; throws what node:zlib throws. */
export function unpack(packed: Uint8Array, bytesMax: number): Uint8Array {
  const said = contentSize(packed) + slackBytes
  const chunkSize = Math.min(Math.max(said, bytesMin), bytesMax + slackBytes)
  return zstdDecompressSync(packed, { maxOutputLength: bytesMax, chunkSize })
}

/**
 * What a frame's header says of its content (RFC 8878 3.1.1.1), 0 when it says nothing or is none.
 * Only a hint: whoever wrote it may be wrong.
 */
export function contentSize(packed: Uint8Array): number {
  if (packed.length < 18) return 0
  const view = new DataView(packed.buffer, packed.byteOffset, packed.length)
  const descriptor = view.getUint8(4)
  const isSingle = (descriptor & 0x20) !== 0
  const dictionary = [0, 1, 2, 4][descriptor & 3]!
  const at = 5 + (isSingle ? 0 : 1) + dictionary
  switch (descriptor >> 6) {
    case 0:
      return isSingle ? view.getUint8(at) : 0
    case 1:
      return view.getUint16(at, true) + 256
    case 2:
      return view.getUint32(at, true)
    default:
      return Number(view.getBigUint64(at, true))
  }
}
