/** A seeded source of choices (mulberry32): the same seed gives the same run on every machine. */
export interface Random {
  /** A whole number in `0…below - 1`. */
  below(below: number): number
  /** True once in `times`. */
  oneIn(times: number): boolean
  /** `count` bytes. */
  bytes(count: number): Uint8Array
}

// Looked up once: a global costs ten times the rest of `next` inside jest.
const { imul } = Math

/** The choices of one seed. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number): number => next() % limit
  return {
    below,
    oneIn: (times) => below(times) === 0,
    bytes(count) {
      const words = Uint32Array.from({ length: Math.ceil(count / 4) }, next)
      return new Uint8Array(words.buffer, 0, count)
    },
  }
}
