// One frame: header, payload, zero padding; and the sync point, a header alone. FORMAT.md shows the
// bytes; format.test.ts makes them.
import { crc32 } from 'node:zlib'
import { PAYLOAD_BYTES_MAX } from '../limits.ts'

/** Bytes of a frame header. */
export const FRAME_HEADER_BYTES: number = 32

/** Frames begin at multiples of this many bytes. */
export const ALIGNMENT_BYTES: number = 8

/** `GLJF` as a little-endian u32. */
const MAGIC = 0x464a4c47
/** `GLJS` */
const SYNC_POINT_MAGIC = 0x534a4c47
const HEADER_CRC_AT = FRAME_HEADER_BYTES - 4

/** What a frame header says; `length` and `crc` are the payload's, `salt` is its segment's. */
export interface FrameHeader {
  readonly number: number
  readonly length: number
  readonly crc: number
  readonly salt: number
  /**
   * 0: nothing is written behind this frame before it is durable, and all before it are. Else one
   * more than the number of frames right before it that were not durable when it was written.
   */
  readonly unsynced: number
  /** Not a frame: it says that all frames before `number`, the next one's, are durable. */
  readonly isSyncPoint?: boolean
}

/** All frames below this number were durable when the header was written. */
export function durableBefore({ number, unsynced }: FrameHeader): number {
  return unsynced === 0 ? number : number - (unsynced - 1)
}

/** The sync point before frame `number`. */
export function syncPoint(number: number, salt: number): FrameHeader {
  return { number, length: 0, crc: 0, salt, unsynced: 0, isSyncPoint: true }
}

/** Bytes of header, payload and padding. */
export function framedBytes(length: number): number {
  return FRAME_HEADER_BYTES + length + paddingBytes(length)
}

/** Zero bytes after a payload. */
export function paddingBytes(length: number): number {
  return -length & (ALIGNMENT_BYTES - 1)
}

/** The CRC-32 of all parts in a row; nothing is copied. */
export function crcOf(parts: readonly Uint8Array[]): number {
  return parts.reduce((crc, part) => crc32(part, crc), 0)
}

/** The 32 bytes before a payload, or of a sync point. */
export function encodeFrameHeader(header: FrameHeader): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, header.isSyncPoint === true ? SYNC_POINT_MAGIC : MAGIC, true)
  view.setUint32(4, header.length, true)
  view.setBigUint64(8, BigInt(header.number), true)
  view.setUint32(16, header.crc, true)
  view.setUint32(20, header.salt, true)
  view.setUint32(24, header.unsynced, true)
  view.setUint32(HEADER_CRC_AT, crc32(bytes.subarray(0, HEADER_CRC_AT)), true)
  return bytes
}

/** The header at the start of `bytes`, or undefined when these are not a frame of this segment. */
export function decodeFrameHeader(bytes: Uint8Array, salt: number): FrameHeader | undefined {
  if (bytes.length < FRAME_HEADER_BYTES) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, FRAME_HEADER_BYTES)
  const magic = view.getUint32(0, true)
  if (magic !== MAGIC && magic !== SYNC_POINT_MAGIC) return undefined
  if (view.getUint32(HEADER_CRC_AT, true) !== crc32(bytes.subarray(0, HEADER_CRC_AT))) {
    return undefined
  }
  const number = Number(view.getBigUint64(8, true))
  const length = view.getUint32(4, true)
  const unsynced = view.getUint32(24, true)
  if (view.getUint32(20, true) !== salt || unsynced > number + 1) return undefined
  if (!Number.isSafeInteger(number) || length > PAYLOAD_BYTES_MAX) return undefined
  const crc = view.getUint32(16, true)
  if (magic === MAGIC) return { number, length, crc, salt, unsynced }
  return length === 0 && crc === 0 && unsynced === 0 ? syncPoint(number, salt) : undefined
}

/** The payload in `frame` (header, payload, padding), or undefined when one byte of it is wrong. */
export function checkPayload(frame: Uint8Array, header: FrameHeader): Uint8Array | undefined {
  const end = FRAME_HEADER_BYTES + header.length
  const payload = frame.subarray(FRAME_HEADER_BYTES, end)
  if (crc32(payload) !== header.crc) return undefined
  // Padding is checked too: then every byte of a segment is covered by some check.
  return frame.subarray(end).every((byte) => byte === 0) ? payload : undefined
}
