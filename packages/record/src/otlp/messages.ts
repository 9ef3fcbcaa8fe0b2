/**
 * Messages that lie in another one. A request of thousands is kept until it is answered: so it is
 * their positions that are kept, and a view of each is made when its turn comes.
 */
export class Messages implements Iterable<Uint8Array> {
  readonly #within: Uint8Array
  /** Where each begins and ends. */
  readonly #places: number[] = []

  constructor(within: Uint8Array) {
    this.#within = within
  }

  get length(): number {
    return this.#places.length / 2
  }

  add(from: number, to: number): void {
    this.#places.push(from, to)
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, void> {
    const places = this.#places
    for (let at = 0; at < places.length; at += 2) {
      yield this.#within.subarray(places[at], places[at + 1])
    }
  }
}
