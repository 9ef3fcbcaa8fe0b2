// Memory of the records that wait for their batch, used again and again. V8 counts memory outside
// its heap from one collection of all of it to the next: records in memory of their own, or in
// Node's pools, would have it mark the whole heap of the host for some thousand of them. See
// slabs.test.ts, and `npm run bench -- sdk`.
import { slabBytes, slabsSpareMax } from '../limits.ts'

export interface Slabs {
  /** A copy, for as long as it is not given back. */
  readonly keep: (bytes: Uint8Array) => Uint8Array
  /** Nobody reads it any more. What never comes back is left to V8. */
  readonly giveBack: (kept: Uint8Array) => void
}

interface Slab {
  readonly memory: ArrayBuffer
  /** Copies in it that were not given back. */
  held: number
  end: number
}

/** A longer copy gets memory of its own. */
const longest = slabBytes / 4

export function createSlabs(): Slabs {
  const byMemory = new WeakMap<ArrayBufferLike, Slab>()
  const spare: Slab[] = []
  let current = next()

  function next(): Slab {
    const used = spare.pop()
    if (used !== undefined) return used
    const made = { memory: new ArrayBuffer(slabBytes), held: 0, end: 0 }
    byMemory.set(made.memory, made)
    return made
  }

  return {
    keep: (bytes) => {
      const { length } = bytes
      if (length > longest) return bytes.slice()
      if (current.end + length > slabBytes) current = next()
      const kept = new Uint8Array(current.memory, current.end, length)
      kept.set(bytes)
      current.end += length
      current.held++
      return kept
    },
    giveBack: (kept) => {
      const slab = byMemory.get(kept.buffer)
      if (slab === undefined || --slab.held > 0) return
      slab.end = 0
      if (slab !== current && spare.length < slabsSpareMax) spare.push(slab)
    },
  }
}
