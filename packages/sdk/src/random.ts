import { randomFillSync } from 'node:crypto'

/** Gives `count` fresh random bytes; the caller may keep them. */
export type RandomBytes = (count: number) => Buffer

/** Random bytes from a pool: one call into the kernel for hundreds of salts and ids. */
export function createRandom(poolBytes = 8192): RandomBytes {
  const pool = Buffer.alloc(poolBytes)
  let at = poolBytes
  return (count) => {
    if (count > poolBytes) return randomFillSync(Buffer.alloc(count))
    if (at + count > poolBytes) {
      randomFillSync(pool)
      at = 0
    }
    const bytes = Buffer.allocUnsafe(count)
    pool.copy(bytes, 0, at, at + count)
    // A handed-out byte must not stay: whoever reads the pool later would know a salt.
    pool.fill(0, at, at + count)
    at += count
    return bytes
  }
}
