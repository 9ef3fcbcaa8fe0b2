import type { Sha256 } from '../span.ts'

/**
 * The RFC 9162 §2.1.1 tree hash over digests as leaves, 32 bytes. `digests` is their
 * concatenation, at least one. The log has its own, incremental tree; this one is small, whole and
 * must not make this package depend on the log's.
 */
export function batchRoot(digests: Uint8Array, sha256: Sha256): Uint8Array {
  const leaf = new Uint8Array(33)
  const nodes: Uint8Array[] = []
  for (let at = 0; at < digests.length; at += 32) {
    leaf.set(digests.subarray(at, at + 32), 1)
    nodes.push(sha256(leaf))
  }
  return foldLevels(nodes, sha256)
}

/** Pairs neighbours level by level; an odd last node rises as it is, which is RFC 9162's split. */
function foldLevels(level: Uint8Array[], sha256: Sha256): Uint8Array {
  const pair = new Uint8Array(65)
  pair[0] = 1
  let nodes = level
  while (nodes.length > 1) {
    const above: Uint8Array[] = []
    for (let i = 0; i + 1 < nodes.length; i += 2) {
      pair.set(nodes[i]!, 1)
      pair.set(nodes[i + 1]!, 33)
      above.push(sha256(pair))
    }
    if (nodes.length % 2 === 1) above.push(nodes.at(-1)!)
    nodes = above
  }
  return nodes[0]!
}
