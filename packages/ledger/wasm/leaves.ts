// Hashes of leaves (RFC 9162, 2.1.1: H(0x00 ‖ entry)) as they stand in a frame, four at a time.
import { MESSAGES, messages } from './sha256'

/** Bytes of leaves that are hashed at once: two of the longest. */
export const leavesBytesMax: i32 = 131072
export const LEAVES: usize = memory.data(131072, 16)
/** Hashes that are made at once. */
export const leafHashesMax: i32 = 1024
export const LEAF_HASHES: usize = memory.data(1024 * 32, 16)
const lengthBytes: usize = 2

let taken: i32 = 0

/**
 * Hashes the leaves in so many bytes, each behind its length as u16, as far as they are whole;
 * gives how many. The lengths are not as they were afterwards.
 */
export function hashEntries(bytes: i32): i32 {
  const end = LEAVES + bytes
  let at = LEAVES
  let count = 0
  let lanes = 0
  while (count < leafHashesMax && at + lengthBytes <= end) {
    const length: usize = bswap<u16>(load<u16>(at))
    if (at + lengthBytes + length > end) break
    // The byte in front is the 0x00 that a leaf is hashed with.
    store<u8>(at + 1, 0)
    store<u32>(MESSAGES + 8 * lanes, <u32>(at + 1))
    store<u32>(MESSAGES + 8 * lanes, <u32>(length + 1), 4)
    at += lengthBytes + length
    count++
    if (++lanes < 4) continue
    messages(4, LEAF_HASHES + 32 * (count - 4))
    lanes = 0
  }
  if (lanes > 0) messages(lanes, LEAF_HASHES + 32 * (count - lanes))
  taken = <i32>(at - LEAVES)
  return count
}

/** Bytes of the leaves that were hashed last. */
export function takenBytes(): i32 {
  return taken
}
