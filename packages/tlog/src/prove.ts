// Making inclusion and consistency proofs (RFC 9162 sections 2.1.3.1 and 2.1.4.1) from any source
// of subtree hashes. check.ts is the other half; check.test.ts proves every pair up to 70 leaves.
import { TlogError } from './codes.ts'
import { rangeHash, requireTreeSize, splitPoint, type SubtreeReader } from './tree.ts'

/** The leaves from `start` on whose hash is one line of a proof. */
interface Range {
  readonly start: number
  readonly count: number
}

/**
 * The inclusion proof of leaf `index` in the tree of `size` leaves: hashes of 32 bytes, from the
 * leaf's sibling up to the root's child. Errors: TLOG_RANGE_INVALID, and the reader's own.
 */
export async function proveInclusion(
  reader: SubtreeReader,
  index: number,
  size: number,
): Promise<Uint8Array[]> {
  requireTreeSize(index)
  requireTreeSize(size)
  if (index >= size) throw new TlogError('TLOG_RANGE_INVALID', `leaf ${index} of ${size}`)
  const ranges: Range[] = []
  let start = 0
  let count = size
  while (count > 1) {
    const half = splitPoint(count)
    if (index < start + half) {
      ranges.push({ start: start + half, count: count - half })
      count = half
    } else {
      ranges.push({ start, count: half })
      start += half
      count -= half
    }
  }
  return readRanges(reader, ranges.reverse())
}

/**
 * The proof that the tree of `oldSize` leaves is a prefix of the one of `newSize`. It is empty when
 * the sizes are equal or `oldSize` is 0. Errors: TLOG_RANGE_INVALID, and the reader's own.
 */
export async function proveConsistency(
  reader: SubtreeReader,
  oldSize: number,
  newSize: number,
): Promise<Uint8Array[]> {
  requireTreeSize(oldSize)
  requireTreeSize(newSize)
  if (oldSize > newSize) throw new TlogError('TLOG_RANGE_INVALID', `from ${oldSize} to ${newSize}`)
  // RFC 9162 leaves size 0 undefined; c2sp.org/tlog-witness sends no hashes, as we do.
  if (oldSize === 0) return []
  const ranges: Range[] = []
  let start = 0
  let old = oldSize
  let count = newSize
  while (old !== count) {
    const half = splitPoint(count)
    if (old <= half) {
      ranges.push({ start: start + half, count: count - half })
      count = half
    } else {
      ranges.push({ start, count: half })
      start += half
      old -= half
      count -= half
    }
  }
  // Only if the old tree is no complete subtree of the new one must its last part be sent.
  if (start > 0) ranges.push({ start, count })
  return readRanges(reader, ranges.reverse())
}

function readRanges(reader: SubtreeReader, ranges: readonly Range[]): Promise<Uint8Array[]> {
  return Promise.all(ranges.map(({ start, count }) => rangeHash(reader, start, count)))
}
