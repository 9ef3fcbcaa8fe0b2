// Which streams may have a name: numbers by a hash of bytes, 11 to 22 bytes a stream. See
// streams.test.ts.
import { randomFillSync } from 'node:crypto'

/**
 * Each table grows on its own, so that no commit waits until the whole index has: with 10 million
 * streams that is 10,000 entries, about a millisecond.
 */
const tables = 1024
const slotsMin = 4
const positions = 32
/** Random, for who chooses names must not know which of them meet (tabulation hashing). */
const seeds = randomFillSync(new Uint32Array(positions * 256))

/** A hash of 32 bits; another one in each process. */
export function hashOf(key: Uint8Array): number {
  let hash = 0
  for (let at = 0; at < key.length; at++) {
    hash = Math.imul(hash, 0x9e3779b1) ^ seeds[((at % positions) << 8) | key[at]!]!
  }
  return hash >>> 0
}

/** A set of numbers below 2^32 - 1 by hash; nothing is ever taken out. */
export class NameIndex {
  /** Pairs of a hash and a number + 1; 0 where a slot is free. */
  readonly #tables: Uint32Array[] = []
  readonly #counts = new Uint32Array(tables)

  /** Notes a number that is not there yet. */
  add(hash: number, number: number): void {
    const which = hash % tables
    let table = (this.#tables[which] ??= new Uint32Array(2 * slotsMin))
    // At most three quarters full.
    if ((this.#counts[which]! + 1) * 8 > table.length * 3) {
      table = this.#tables[which] = grown(table)
    }
    this.#counts[which]!++
    put(table, hash, number + 1)
  }

  /** The number with this hash that `isIt`; -1 when there is none. */
  find(hash: number, isIt: (number: number) => boolean): number {
    const table = this.#tables[hash % tables]
    if (!table) return -1
    for (let at = slotOf(table, hash); table[at + 1] !== 0; at = next(table, at)) {
      if (table[at] === hash && isIt(table[at + 1]! - 1)) return table[at + 1]! - 1
    }
    return -1
  }
}

function put(table: Uint32Array, hash: number, value: number): void {
  let at = slotOf(table, hash)
  while (table[at + 1] !== 0) at = next(table, at)
  table[at] = hash
  table[at + 1] = value
}

function grown(table: Uint32Array): Uint32Array {
  const larger = new Uint32Array(2 * table.length)
  for (let at = 0; at < table.length; at += 2) {
    if (table[at + 1] !== 0) put(larger, table[at]!, table[at + 1]!)
  }
  return larger
}

/** Where the search for a hash begins. The length is a power of 2. */
function slotOf(table: Uint32Array, hash: number): number {
  return (Math.floor(hash / tables) * 2) & (table.length - 1)
}

function next(table: Uint32Array, at: number): number {
  return (at + 2) & (table.length - 1)
}
