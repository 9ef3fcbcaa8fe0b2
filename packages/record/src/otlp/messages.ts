/**
 * Messages that lie in another one. A request of thousands is kept until it is answered: so it is
 * their positions that are kept, and a view of each is made when its turn comes.
 */
export class Messages implements Iterable<Uint8Array> {
  /** All of the other one. */
  readonly within: Uint8Array
  /** Where each begins and ends. */
  readonly #places: number[] = []

  constructor(within: Uint8Array) {
    this.within = within
  }

  get length(): number {
    return this.#places.length / 2
  }

  /** Where a message begins in `within`, and where it ends: for who copies it without a view. */
  beginOf(message: number): number {
    return this.#places[2 * message]!
  }

  endOf(message: number): number {
    return this.#places[2 * message + 1]!
  }

  add(from: number, to: number): void {
    this.#places.push(from, to)
  }

  viewOf(message: number): Uint8Array {
    return this.within.subarray(this.beginOf(message), this.endOf(message))
  }

  *[Symbol.iterator](): Generator<Uint8Array, void, void> {
    for (let message = 0; message < this.length; message++) yield this.viewOf(message)
  }
}
