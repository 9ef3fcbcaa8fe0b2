// Whole tiles at once, for whoever recomputes a log: the same hashes as leafHash and nodeHash, with
// no object for each of them. See bulk.test.ts, which holds it against these.
import { HASH_BYTES } from './limits.ts'
import { TILE_WIDTH } from './tile.ts'

/**
 * SHA-256, given by the caller, as a string of 32 characters of which each stands for a byte
 * (`latin1`): where a hash is a native call, an array for each costs more than the hash. It must
 * not keep a reference to `data`.
 */
export type Sha256Text = (data: Uint8Array) => string

const nodeBytes = 1 + 2 * HASH_BYTES

/** Hashes full tiles and the bundles behind them. It has buffers of its own: one at a time. */
export class TileHasher {
  readonly #sha256: Sha256Text
  /** Nodes that are to be hashed, each 0x01 ‖ left ‖ right, and a view of each. */
  readonly #nodes: readonly Uint8Array[]

  constructor(sha256: Sha256Text) {
    this.#sha256 = sha256
    const bytes = new Uint8Array((nodeBytes * TILE_WIDTH) / 2)
    this.#nodes = Array.from({ length: TILE_WIDTH / 2 }, (_, node) =>
      bytes.subarray(node * nodeBytes, (node + 1) * nodeBytes),
    )
    for (const node of this.#nodes) node[0] = 0x01
  }

  /**
   * True when `bundle` holds exactly the `width` entries that the tile has the hashes of. While it
   * runs the bundle's bytes change; when it returns they are what they were.
   */
  isBehind(bundle: Uint8Array, tile: Uint8Array, width: number): boolean {
    let at = 0
    for (let entry = 0; entry < width; entry++) {
      if (at + 2 > bundle.length) return false
      const low = bundle[at + 1]!
      const end = at + 2 + ((bundle[at]! << 8) | low)
      if (end > bundle.length) return false
      // The byte before an entry is made the 0x00 that a leaf is hashed with: nothing is copied.
      bundle[at + 1] = 0x00
      const hash = this.#sha256(bundle.subarray(at + 1, end))
      bundle[at + 1] = low
      if (!isAt(hash, tile, entry * HASH_BYTES)) return false
      at = end
    }
    return at === bundle.length
  }

  /** The root over the 256 hashes of a full tile, 32 bytes. */
  root(tile: Uint8Array): Uint8Array {
    const nodes = this.#nodes
    for (const [i, node] of nodes.entries()) {
      const from = i * 2 * HASH_BYTES
      for (let at = 0; at < 2 * HASH_BYTES; at++) node[at + 1] = tile[from + at]!
    }
    for (let count = nodes.length; count > 1; count /= 2) {
      for (let i = 0; i < count; i++) {
        const half = i % 2 === 0 ? 1 : 1 + HASH_BYTES
        put(this.#sha256(nodes[i]!), nodes[i >> 1]!, half)
      }
    }
    const root = new Uint8Array(HASH_BYTES)
    put(this.#sha256(nodes[0]!), root, 0)
    return root
  }
}

function isAt(hash: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (hash.charCodeAt(i) !== bytes[at + i]) return false
  return true
}

function put(hash: string, into: Uint8Array, at: number): void {
  for (let i = 0; i < HASH_BYTES; i++) into[at + i] = hash.charCodeAt(i)
}
