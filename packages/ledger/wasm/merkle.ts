// The root of a Merkle tree (RFC 9162, 2.1.1), of a batch or of a tile.
import { leaves, nodes } from './sha256'

/** Digests of a batch at most; a tile has 256. */
export const nodesMax: i32 = 1024
const nodeBytes: usize = 32
/** The nodes of a level, from which those of the next are made, four at a time. */
export const NODES: usize = memory.data(32 * 1024 + 512, 16)

/** Makes of the digests in NODES the hashes of leaves. */
export function hashLeaves(count: i32): void {
  for (let i = 0; i < count; i += 4) leaves(NODES + nodeBytes * i, NODES + nodeBytes * i)
}

/** The root, at the start of NODES, of so many that are there. An odd last node rises as it is. */
export function fold(count: i32): void {
  let width = count
  while (width > 1) {
    const pairs = width >> 1
    const last = NODES + nodeBytes * (width - 1)
    // What four pairs give may be written over it.
    const low = v128.load(last), high = v128.load(last, 16)
    for (let i = 0; i < pairs; i += 4) nodes(NODES + 2 * nodeBytes * i, NODES + nodeBytes * i)
    if ((width & 1) != 0) {
      v128.store(NODES + nodeBytes * pairs, low)
      v128.store(NODES + nodeBytes * pairs, high, 16)
    }
    width = pairs + (width & 1)
  }
}
