/** Whole numbers below a limit, the same for each seed (mulberry32). */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** Numbers from 0 to below 1. */
export function unitFrom(seed: number): () => number {
  const random = randomFrom(seed)
  return () => random(2 ** 30) / 2 ** 30
}
