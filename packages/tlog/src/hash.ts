// Merkle tree hashing of RFC 9162 section 2.1 (the same as RFC 6962), with SHA-256 injected so that
// the package stays free of `node:` and runs in browsers. See hash.test.ts, tree.test.ts.
import { TlogError } from './codes.ts'
import { HASH_BYTES } from './limits.ts'

/**
 * SHA-256, given by the caller. It must be synchronous, return 32 fresh bytes, and not keep a
 * reference to `data`: the input is a scratch buffer that the next call overwrites.
 */
export type Sha256 = (data: Uint8Array) => Uint8Array

// Sealing hashes every leaf and every node once. These two buffers save an allocation each time;
// they are safe because nothing between the fill and the hash can yield.
const leafScratch = new Uint8Array(4096)
const nodeScratch = new Uint8Array(1 + 2 * HASH_BYTES)
nodeScratch[0] = 0x01

/** SHA-256(0x00 ‖ entry), RFC 9162 section 2.1.1. */
export function leafHash(sha256: Sha256, entry: Uint8Array): Uint8Array {
  const length = entry.length + 1
  const small = length <= leafScratch.length
  const input = small ? leafScratch.subarray(0, length) : new Uint8Array(length)
  input[0] = 0x00
  input.set(entry, 1)
  return sha256(input)
}

/** SHA-256(0x01 ‖ left ‖ right). Errors: TLOG_HASH_MALFORMED unless both are 32 bytes. */
export function nodeHash(sha256: Sha256, left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) {
    throw new TlogError('TLOG_HASH_MALFORMED', 'a node has two children of 32 bytes')
  }
  nodeScratch.set(left, 1)
  nodeScratch.set(right, 1 + HASH_BYTES)
  return sha256(nodeScratch)
}

/** The root of the tree without leaves: SHA-256 of nothing. */
export function emptyRoot(sha256: Sha256): Uint8Array {
  return sha256(new Uint8Array(0))
}
