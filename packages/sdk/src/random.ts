import { randomFillSync } from 'node:crypto'

/** Gives `count` fresh random bytes as text. */
export type RandomText = (count: number, encoding: 'base64url' | 'hex') => string

/** Random bytes from a pool: one call into the kernel for hundreds of salts and ids. */
export function createRandom(poolBytes = 8192): RandomText {
  const pool = Buffer.alloc(poolBytes)
  let at = poolBytes
  return (count, encoding) => {
    if (count > poolBytes) return randomFillSync(Buffer.alloc(count)).toString(encoding)
    if (at + count > poolBytes) {
      randomFillSync(pool)
      at = 0
    }
    const from = at
    at += count
    const text = pool.toString(encoding, from, at)
    // A handed-out byte must not stay: whoever reads the pool later would know a salt.
    for (let i = from; i < at; i++) pool[i] = 0
    return text
  }
}
