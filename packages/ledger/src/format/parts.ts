// A file made in parts: what it is, a head, any number of pieces, and at its end what vouches for
// all of it. Short pieces are put together, so that a large file is neither in memory whole nor
// written piece by piece. See ../commit/snapshot.test.ts, ../audit/resume.test.ts.
import { timingSafeEqual } from 'node:crypto'
import { equalBytes, utf8 } from '@grantlog/record'
import { snapshotPartBytes } from '../limits.ts'
import { ByteReader, ByteWriter } from './bytes.ts'

// title ‖ u32 length of the head ‖ the head ‖ of each piece: u32 length ‖ the piece ‖ 32 bytes.
const digestBytes = 32
const lengthBytes = 4

/** A hash or a MAC of 32 bytes under way; what is not in the file it was told before. */
export interface Voucher {
  update(bytes: Uint8Array): unknown
  digest(): Uint8Array
}

/** The file's parts, made while they are asked for. `title` is ASCII. */
export function* encodeParts(
  title: string,
  { head, pieces }: { readonly head: Uint8Array; readonly pieces: Iterable<Uint8Array> },
  voucher: Voucher,
): Generator<Uint8Array> {
  yield utf8(title)
  let writer = new ByteWriter(snapshotPartBytes)
  writer.block(head)
  let length = head.length
  for (const piece of pieces) {
    writer.block(piece)
    length += lengthBytes + piece.length
    if (length < snapshotPartBytes) continue
    yield vouched(writer.finish(), voucher)
    writer = new ByteWriter(snapshotPartBytes)
    length = 0
  }
  yield vouched(writer.finish(), voucher)
  yield voucher.digest()
}

/**
 * The head, then each piece, as views. Null for another title, or what the voucher does not say.
 * LEDGER_FORMAT while they are asked for, when the lengths do not fit.
 */
export function decodeParts(
  title: string,
  bytes: Uint8Array,
  voucher: Voucher,
): Generator<Uint8Array> | null {
  const end = bytes.length - digestBytes
  if (end < title.length || !equalBytes(bytes.subarray(0, title.length), utf8(title))) return null
  for (let at = title.length; at < end; at += snapshotPartBytes) {
    voucher.update(bytes.subarray(at, Math.min(end, at + snapshotPartBytes)))
  }
  if (!timingSafeEqual(bytes.subarray(end), voucher.digest())) return null
  return blocksIn(bytes.subarray(title.length, end))
}

function vouched(part: Uint8Array, voucher: Voucher): Uint8Array {
  voucher.update(part)
  return part
}

function* blocksIn(bytes: Uint8Array): Generator<Uint8Array> {
  const reader = new ByteReader(bytes)
  while (!reader.done) yield reader.block()
}
