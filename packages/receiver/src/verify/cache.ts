// Batches whose signature was verified, or found wanting. A Collector splits a batch over requests
// and a retry sends it again; Ed25519 costs about 100 µs, a look-up one hash. The key behind a kid
// cannot change (a kid is its thumbprint), so a verdict stays true; whether the kid is enrolled is
// asked each time.
import type { BatchStatement } from '@grantlog/record'

export interface VerifiedStatement {
  readonly kid: string
  readonly statement: BatchStatement
  /** Hash of the digests that were checked against the root. */
  readonly digestsHash: string
}

/** Keeps the `size` most recently used verdicts. */
export class VerdictCache<V> {
  readonly #size: number
  /** The one unused for longest first: a Map iterates in order of insertion. */
  readonly #verdicts = new Map<string, V>()
  /**
   * Goes on where it stood. What it passed is gone, so that nothing older is behind it; a new one
   * would go over the places of all that are gone each time.
   */
  readonly #oldest = this.#verdicts.keys()

  constructor(size: number) {
    this.#size = size
  }

  get(key: string): V | undefined {
    const found = this.#verdicts.get(key)
    if (found !== undefined) this.set(key, found)
    return found
  }

  set(key: string, verdict: V): void {
    // Deleting first moves it to the end.
    this.#verdicts.delete(key)
    this.#verdicts.set(key, verdict)
    if (this.#verdicts.size > this.#size) this.#verdicts.delete(this.#oldest.next().value!)
  }
}
