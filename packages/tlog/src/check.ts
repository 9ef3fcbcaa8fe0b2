// Checking inclusion and consistency proofs, step by step as in RFC 9162 sections 2.1.3.2 and
// 2.1.4.2. All input is the attacker's: whatever is wrong with it, the answer is the same
// TLOG_PROOF_FAILED. See check.test.ts: all trees up to 70 leaves, each proof with a bit flipped.
import { equalBytes } from './bytes.ts'
import { proofFailed } from './codes.ts'
import { emptyRoot, nodeHash, type Sha256 } from './hash.ts'
import { HASH_BYTES, MAX_PROOF_HASHES } from './limits.ts'
import { isPowerOfTwo, isTreeSize } from './tree.ts'

export interface InclusionClaim {
  readonly sha256: Sha256
  /** Position of the leaf, from 0. */
  readonly index: number
  /** Leaves in the tree. */
  readonly size: number
  readonly leafHash: Uint8Array
  readonly root: Uint8Array
  /** From the leaf's sibling up to the root's child. */
  readonly proof: readonly Uint8Array[]
}

export interface ConsistencyClaim {
  readonly sha256: Sha256
  readonly oldSize: number
  readonly newSize: number
  readonly oldRoot: Uint8Array
  readonly newRoot: Uint8Array
  readonly proof: readonly Uint8Array[]
}

/** Returns if the leaf is at `index` in the tree with this root; else throws TLOG_PROOF_FAILED. */
export function checkInclusion(claim: InclusionClaim): void {
  if (!includes(claim)) throw proofFailed()
}

/**
 * Returns if the old tree is a prefix of the new one; else throws TLOG_PROOF_FAILED. Equal sizes
 * need equal roots, size 0 needs the empty root, and both need a proof without hashes.
 */
export function checkConsistency(claim: ConsistencyClaim): void {
  if (!isPrefix(claim)) throw proofFailed()
}

function includes({ sha256, index, size, leafHash, root, proof }: InclusionClaim): boolean {
  if (!isTreeSize(index) || !isTreeSize(size) || index >= size) return false
  if (!isHash(leafHash) || !isHash(root) || !areProofHashes(proof)) return false
  // `node` is where the node that `hash` stands for is on its level, `last` where the level ends.
  let node = index
  let last = size - 1
  let hash = leafHash
  for (const sibling of proof) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      hash = nodeHash(sha256, sibling, hash)
      // At the right edge a node without a sibling moves up unhashed.
      for (; !isOdd(node) && node !== 0; node = half(node)) last = half(last)
    } else {
      hash = nodeHash(sha256, hash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && equalBytes(hash, root)
}

function isPrefix(claim: ConsistencyClaim): boolean {
  const { sha256, oldSize, newSize, oldRoot, newRoot, proof } = claim
  if (!isTreeSize(oldSize) || !isTreeSize(newSize) || oldSize > newSize) return false
  if (!isHash(oldRoot) || !isHash(newRoot) || !areProofHashes(proof)) return false
  if (oldSize === 0 && !equalBytes(oldRoot, emptyRoot(sha256))) return false
  if (oldSize === newSize) return proof.length === 0 && equalBytes(oldRoot, newRoot)
  if (oldSize === 0) return proof.length === 0

  // An old tree that is one complete subtree is not sent: its root is known already.
  const path = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof
  const first = path[0]
  if (first === undefined || proof.length === 0) return false
  let node = oldSize - 1
  let last = newSize - 1
  for (; isOdd(node); node = half(node)) last = half(last)
  let oldHash = first
  let newHash = first
  for (const sibling of path.slice(1)) {
    if (last === 0) return false
    if (isOdd(node) || node === last) {
      oldHash = nodeHash(sha256, sibling, oldHash)
      newHash = nodeHash(sha256, sibling, newHash)
      for (; !isOdd(node) && node !== 0; node = half(node)) last = half(last)
    } else {
      newHash = nodeHash(sha256, newHash, sibling)
    }
    node = half(node)
    last = half(last)
  }
  return last === 0 && equalBytes(oldHash, oldRoot) && equalBytes(newHash, newRoot)
}

function isOdd(n: number): boolean {
  return n % 2 === 1
}

function half(n: number): number {
  return Math.floor(n / 2)
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES
}

function areProofHashes(proof: readonly Uint8Array[]): boolean {
  return proof.length <= MAX_PROOF_HASHES && proof.every(isHash)
}
