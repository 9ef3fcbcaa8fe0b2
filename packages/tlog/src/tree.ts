// The shape of an RFC 9162 tree: which complete subtrees it is made of, and how its root folds out
// of them. Arithmetic is on plain numbers up to 2^53 − 1, never with 32-bit operators.
// See tree.test.ts: every size up to 70 against a naive recursive tree, and the RFC 6962 vectors.
import { TlogError } from './codes.ts'
import { emptyRoot, nodeHash, type Sha256 } from './hash.ts'
import { HASH_BYTES, MAX_TREE_SIZE } from './limits.ts'

/**
 * Where subtree hashes come from: tiles, a database, memory. `hash(level, index)` is the root of
 * the complete subtree over the 2^level leaves from index × 2^level on; it is asked only for
 * subtrees that lie wholly inside the tree, several at a time. What it returns is not trusted
 * further than the check that follows. A rejection is passed on as it is.
 */
export interface SubtreeReader {
  readonly sha256: Sha256
  hash(level: number, index: number): Uint8Array | Promise<Uint8Array>
}

/** A complete subtree: 2^level leaves, the index-th of that level. */
export interface Subtree {
  readonly level: number
  readonly index: number
}

/** Whether `value` can be a tree size or a leaf index: an integer from 0 to 2^53 − 1. */
export function isTreeSize(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= MAX_TREE_SIZE
}

/** Throws TLOG_RANGE_INVALID unless `value` can be a tree size. */
export function requireTreeSize(value: number): void {
  if (!isTreeSize(value)) {
    throw new TlogError('TLOG_RANGE_INVALID', 'a size is an integer from 0 to 2^53 − 1')
  }
}

/** Bits needed to write n ≥ 0: 0 → 0, 1 → 1, 255 → 8, 256 → 9. */
function bitLength(n: number): number {
  // Math.log2 rounds up just below a power of two (2^53 − 1), so count in two exact halves.
  const high = Math.floor(n / 2 ** 32)
  return high > 0 ? 64 - Math.clz32(high) : 32 - Math.clz32(n)
}

/** Whether n ≥ 1 is a power of two. */
export function isPowerOfTwo(n: number): boolean {
  return n === 2 ** (bitLength(n) - 1)
}

/** The largest power of two smaller than n ≥ 2: where RFC 9162 splits a tree of n leaves. */
export function splitPoint(n: number): number {
  return 2 ** (bitLength(n - 1) - 1)
}

/**
 * The complete subtrees of the `count` leaves from `start` on, largest first, left to right. In a
 * whole tree (`start` 0) they are the one bits of its size. `start` is a multiple of the largest.
 */
export function completeSubtrees(start: number, count: number): Subtree[] {
  const subtrees: Subtree[] = []
  let at = start
  for (let left = count; left > 0;) {
    const level = bitLength(left) - 1
    const width = 2 ** level
    subtrees.push({ level, index: at / width })
    at += width
    left -= width
  }
  return subtrees
}

/** Folds the hashes of completeSubtrees, given in the same order, into the root over them. */
export function foldSubtrees(sha256: Sha256, hashes: readonly Uint8Array[]): Uint8Array {
  const last = hashes[hashes.length - 1]
  if (last === undefined) return emptyRoot(sha256)
  let root = last
  for (let at = hashes.length - 2; at >= 0; at--) root = nodeHash(sha256, hashes[at]!, root)
  return root
}

/** The root over a power of two of hashes, given as their concatenation. */
export function foldComplete(sha256: Sha256, hashes: Uint8Array): Uint8Array {
  let level: Uint8Array[] = []
  for (let at = 0; at < hashes.length; at += HASH_BYTES) {
    level.push(hashes.slice(at, at + HASH_BYTES))
  }
  while (level.length > 1) {
    const above: Uint8Array[] = []
    for (let at = 0; at < level.length; at += 2) {
      above.push(nodeHash(sha256, level[at]!, level[at + 1]!))
    }
    level = above
  }
  return level[0]!
}

/** The hash over the `count` leaves from `start` on, read as its complete subtrees. */
export async function rangeHash(
  reader: SubtreeReader,
  start: number,
  count: number,
): Promise<Uint8Array> {
  const subtrees = completeSubtrees(start, count)
  const hashes = await Promise.all(subtrees.map(({ level, index }) => reader.hash(level, index)))
  return foldSubtrees(reader.sha256, hashes)
}

/**
 * The root of the tree of `size` leaves (0: the empty root), 32 bytes. Errors: TLOG_RANGE_INVALID,
 * TLOG_HASH_MALFORMED, and whatever the reader rejects with.
 */
export async function treeRoot(reader: SubtreeReader, size: number): Promise<Uint8Array> {
  requireTreeSize(size)
  return rangeHash(reader, 0, size)
}
