// Roots of batches and of parts of the log's tree, four nodes at a time in WebAssembly
// (wasm/sha256.ts): a fifth of what a call of Node's for each of them costs. The same as batchRoot
// of @grantlog/record and TileHasher.root of @grantlog/tlog; see merkle.test.ts.
import { addressIn, sharedModule } from './module.ts'

const nodeBytes = 32

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly hashLeaves: (count: number) => void
  readonly fold: (count: number) => void
}

export interface Merkle {
  /** Digests that a tree may have. */
  readonly most: number
  /** Over digests one behind the other, as leaves; 32 bytes. */
  readonly rootOver: (digests: Uint8Array) => Uint8Array
  /** Over the hashes of leaves. */
  readonly rootOf: (hashes: Uint8Array) => Uint8Array
}

let shared: Merkle | undefined

/** The one of this thread. */
export function merkle(): Merkle {
  return (shared ??= startMerkle())
}

function startMerkle(): Merkle {
  const exports = sharedModule()
  const { fold, hashLeaves, memory } = exports as unknown as Exports
  const address = addressIn(exports)
  const [at, most] = [address('NODES'), address('nodesMax')]
  const bytes = new Uint8Array(memory.buffer)
  const root = (nodes: Uint8Array, ofDigests: boolean): Uint8Array => {
    const count = nodes.length / nodeBytes
    if (count < 1 || count > most) throw new RangeError(`a tree of ${count} leaves`)
    bytes.set(nodes, at)
    if (ofDigests) hashLeaves(count)
    fold(count)
    return bytes.slice(at, at + nodeBytes)
  }
  return {
    most,
    rootOver: (digests) => root(digests, true),
    rootOf: (hashes) => root(hashes, false),
  }
}
