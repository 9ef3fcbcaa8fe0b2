// The bytes of one scanned record: where its parts lie, in memory that it shares with others of its
// request. While a batch waits for the disk its records live as long, and what lives is what the
// garbage collector copies: so views are made when somebody looks, and go at once.
import type { DividedOpenings, SlotOpening } from '@grantlog/ledger'

/** Positions in the piece; each part ends where the next begins. */
export interface Parts {
  readonly canonicalAt: number
  readonly shownAt: number
  readonly outlinesAt: number
  readonly valuesAt: number
  readonly end: number
  /** Left undivided, because some are about somebody else than who acted. */
  readonly openings: readonly SlotOpening[] | undefined
}

/** Every view is good until the request's memory is given back. */
export class ScannedBytes {
  readonly #piece: Buffer
  readonly #canonicalAt: number
  readonly #shownAt: number
  readonly #outlinesAt: number
  readonly #valuesAt: number
  readonly #end: number
  readonly #openings: readonly SlotOpening[] | undefined

  constructor(piece: Buffer, parts: Parts) {
    this.#piece = piece
    this.#canonicalAt = parts.canonicalAt
    this.#shownAt = parts.shownAt
    this.#outlinesAt = parts.outlinesAt
    this.#valuesAt = parts.valuesAt
    this.#end = parts.end
    this.#openings = parts.openings
  }

  /** Bytes of the canonical form and of the openings. */
  get stored(): number {
    return this.#shownAt - this.#canonicalAt + this.#end - this.#outlinesAt
  }

  get canonical(): Buffer {
    return this.#piece.subarray(this.#canonicalAt, this.#shownAt)
  }

  /** The span as most sinks are shown it. */
  get shown(): Buffer {
    return this.#piece.subarray(this.#shownAt, this.#outlinesAt)
  }

  /** Divided, unless some of them are about somebody else than who acted. */
  get openings(): readonly SlotOpening[] | DividedOpenings {
    return (
      this.#openings ?? {
        outline: this.#piece.subarray(this.#outlinesAt, this.#valuesAt),
        values: this.#piece.subarray(this.#valuesAt, this.#end),
      }
    )
  }
}
