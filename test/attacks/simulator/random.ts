// Random numbers by a seed: the same seed gives the same traffic, on any machine.

/** sfc32 of PractRand, by Chris Doty-Humphrey: 128 bits of state, and no table. */
export class Random {
  readonly #state: Uint32Array

  constructor(seed: number) {
    this.#state = Uint32Array.of(seed, seed ^ 0x9e3779b9, ~seed, 1)
    // The first numbers still look like the seed.
    for (let round = 0; round < 16; round++) this.#next()
  }

  #next(): number {
    const s = this.#state
    const sum = (s[0]! + s[1]! + s[3]!) | 0
    s[3] = s[3]! + 1
    s[0] = s[1]! ^ (s[1]! >>> 9)
    s[1] = s[2]! + (s[2]! << 3)
    s[2] = ((s[2]! << 21) | (s[2]! >>> 11)) + sum
    return sum >>> 0
  }

  /** At least 0, below 1. */
  float(): number {
    return this.#next() / 2 ** 32
  }

  /** A whole number below `end`. */
  below(end: number): number {
    return Math.floor(this.float() * end)
  }

  between(least: number, end: number): number {
    return least + this.float() * (end - least)
  }

  chance(probability: number): boolean {
    return this.float() < probability
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!
  }

  /** Of a Poisson process: the time to the next event. */
  exponential(mean: number): number {
    return -mean * Math.log(1 - this.float())
  }

  hex(digits: number): string {
    let text = ''
    while (text.length < digits) text += this.#next().toString(16).padStart(8, '0')
    return text.slice(0, digits)
  }
}
