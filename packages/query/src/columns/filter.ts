// Whether a value may be among the fingerprints of a chunk: a Bloom filter, an eighth of their size
// or less, so that most chunks need not be read for one. See filter.test.ts.
import type { Column } from './chunk.ts'

/** Bits for each value: one in 40 chunks is read in vain. */
const BITS_PER_VALUE = 8
const PROBES = 4
const LEAST_BYTES = 64
/** Bits that are set in a byte. */
const onesOf = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte.toString(2).replaceAll('0', '').length,
)

/** A power of two of bytes. `further`: pairs of row and value. */
export function filterOf(column: Column, further: Column | undefined): Uint8Array {
  let filter = new Uint8Array(bytesFor(column.length + (further?.length ?? 0) / 2))
  let before = 0
  for (let row = 0; row < column.length; row++) {
    const value = column[row]!
    if (value !== before && value !== 0) add(filter, value)
    before = value
  }
  for (let n = 1; n < (further?.length ?? 0); n += 2) add(filter, further![n]!)
  // How many values there are tell the bits that they set (Swamidass, Baldi 2007).
  const bits = filter.length * 8
  const values = (-bits / PROBES) * Math.log(1 - onesIn(filter) / bits)
  while (filter.length > bytesFor(values)) filter = folded(filter)
  return filter
}

function bytesFor(values: number): number {
  const bytes = (values * BITS_PER_VALUE) / 8
  return Math.max(LEAST_BYTES, 2 ** Math.ceil(Math.log2(Math.max(bytes, 1))))
}

function add(filter: Uint8Array, value: number): void {
  for (let probe = 0; probe < PROBES; probe++) {
    const bit = bitOf(value, probe, filter)
    filter[bit >>> 3]! |= 1 << (bit & 7)
  }
}

function onesIn(filter: Uint8Array): number {
  let ones = 0
  for (let n = 0; n < filter.length; n++) ones += onesOf[filter[n]!]!
  return ones
}

/** The filter of half the size: places are taken modulo it. */
function folded(filter: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = filter.slice(0, filter.length / 2)
  for (let n = 0; n < half.length; n++) half[n]! |= filter[half.length + n]!
  return half
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
