// Whether a value may be among the fingerprints of a chunk: a Bloom filter, an eighth of their size
// or less, so that most chunks need not be read for one. See filter.test.ts.
import type { Column } from './chunk.ts'

/** Bits for each value: one in 40 chunks is read in vain. */
const BITS_PER_VALUE = 8
const PROBES = 4
const LEAST_BYTES = 64

/** A power of two of bytes. `further`: pairs of row and value. */
export function filterOf(column: Column, further: Column | undefined): Uint8Array {
  const values = new Set<number>(column)
  for (let n = 1; n < (further?.length ?? 0); n += 2) values.add(further![n]!)
  values.delete(0)
  const bytes = 2 ** Math.ceil(Math.log2((values.size * BITS_PER_VALUE) / 8))
  const filter = new Uint8Array(Math.max(LEAST_BYTES, bytes))
  for (const value of values) {
    for (let probe = 0; probe < PROBES; probe++) {
      const bit = bitOf(value, probe, filter)
      filter[bit >>> 3]! |= 1 << (bit & 7)
    }
  }
  return filter
}

/** False: the value is not there. True: it may be. */
export function mayHave(filter: Uint8Array, value: number): boolean {
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = bitOf(value, probe, filter)
    if ((filter[bit >>> 3]! & (1 << (bit & 7))) === 0) return false
  }
  return true
}

/** Fingerprints are hashes already; an odd step reaches every bit (Kirsch, Mitzenmacher 2006). */
function bitOf(value: number, probe: number, { length }: Uint8Array): number {
  // Of a product the low bits depend on low bits alone.
  const step = (Math.imul(value, 0x9e3779b1) >>> 12) | 1
  return (value + Math.imul(probe, step)) & (length * 8 - 1)
}
