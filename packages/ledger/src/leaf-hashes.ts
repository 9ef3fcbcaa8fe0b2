// Hashes of many leaves at once, in WebAssembly (wasm/leaves.ts): half of what a call of Node's for
// each of them costs. See leaf-hashes.test.ts.
import { addressIn, sharedModule } from './module.ts'

const hashBytes = 32

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly hashEntries: (bytes: number) => number
  readonly takenBytes: () => number
}

/**
 * Writes the leaf hash (RFC 9162, 2.1.1), 32 bytes, of each entry. `entries`: each behind its
 * length as u16, as in a frame; all of them whole.
 */
export type HashLeaves = (entries: Uint8Array, hashes: Uint8Array) => void

let shared: HashLeaves | undefined

/** The one of this thread. */
export function leafHashes(): HashLeaves {
  return (shared ??= startLeafHashes())
}

function startLeafHashes(): HashLeaves {
  const exports = sharedModule()
  const { hashEntries, memory, takenBytes } = exports as unknown as Exports
  const address = addressIn(exports)
  const [leaves, hashed, most] = [
    address('LEAVES'),
    address('LEAF_HASHES'),
    address('leavesBytesMax'),
  ]
  const bytes = new Uint8Array(memory.buffer)
  return (entries, hashes) => {
    let to = 0
    for (let from = 0; from < entries.length; from += takenBytes()) {
      const part = entries.subarray(from, from + most)
      bytes.set(part, leaves)
      const count = hashEntries(part.length)
      if (count === 0) throw new RangeError('an entry is not whole')
      hashes.set(bytes.subarray(hashed, hashed + hashBytes * count), to)
      to += hashBytes * count
    }
  }
}
