// A record that was scanned and judged: what is its own are three numbers and where its bytes lie.
// Views of these are made when somebody looks, and go at once.
import type {
  DividedOpenings,
  Identities,
  LaidRecord,
  Producer,
  Shown,
  SlotOpening,
} from '@grantlog/ledger'
import type { VerifiedRecord } from '../flow.ts'
import { place, type ScannedSpan } from './scan/scanner.ts'
import type { Piece } from './scan/slab.ts'

const digestBytes = 32
const idLength = 36

/** What the records of a batch under one resource have in common. */
export interface Common extends Pick<VerifiedRecord, 'unsigned'> {
  readonly digests: Buffer
  /** The number of the record whose digest is the first. */
  readonly firstSeq: number
}

/** What records say that come one after the other is often the same. */
export interface Said extends Pick<VerifiedRecord, 'type' | 'identities'> {
  readonly producer: Producer
}

/**
 * What is shown of it, and where it lies, is itself: an object for that would live as long. Every
 * view is good until the request's memory is given back.
 */
export class ScannedVerified implements VerifiedRecord, Shown, LaidRecord {
  readonly seq: number
  readonly #common: Common
  readonly #said: Said
  readonly #piece: Piece
  readonly #at: number
  readonly #openings: readonly SlotOpening[] | undefined

  constructor({ at, openings, piece, seq }: ScannedSpan, common: Common, said: Said) {
    this.seq = seq
    this.#common = common
    this.#said = said
    this.#piece = piece
    this.#at = at
    this.#openings = openings
  }

  get type(): Said['type'] {
    return this.#said.type
  }

  get identities(): Identities {
    return this.#said.identities
  }

  get producer(): Producer {
    return this.#said.producer
  }

  get unsigned(): Uint8Array {
    return this.#common.unsigned
  }

  get digests(): Buffer {
    return this.#common.digests
  }

  get digestAt(): number {
    return (this.seq - this.#common.firstSeq) * digestBytes
  }

  get bytes(): Buffer {
    return this.#piece.bytes
  }

  get canonicalAt(): number {
    return this.#place(place.canonical)
  }

  get spanAt(): number {
    return this.#place(place.span)
  }

  get outlineAt(): number {
    return this.#place(place.outline)
  }

  get valuesAt(): number {
    return this.#place(place.values)
  }

  get end(): number {
    return this.#place(place.end)
  }

  get idAt(): number {
    return this.#place(place.id)
  }

  get id(): string {
    return this.bytes.toString('latin1', this.idAt, this.idAt + idLength)
  }

  /** Bytes of the canonical form and of the openings. */
  get stored(): number {
    return this.spanAt - this.canonicalAt + this.end - this.outlineAt
  }

  get digest(): Buffer {
    return this.digests.subarray(this.digestAt, this.digestAt + digestBytes)
  }

  get canonical(): Buffer {
    return this.bytes.subarray(this.canonicalAt, this.spanAt)
  }

  get openings(): readonly SlotOpening[] | DividedOpenings {
    return (
      this.#openings ?? {
        outline: this.bytes.subarray(this.outlineAt, this.valuesAt),
        values: this.bytes.subarray(this.valuesAt, this.end),
      }
    )
  }

  /** Undefined when its openings are not all about who acted. */
  get laid(): LaidRecord | undefined {
    return this.#openings === undefined ? this : undefined
  }

  get shown(): Shown {
    return this
  }

  /** The span as most sinks are shown it. */
  get span(): Buffer {
    return this.bytes.subarray(this.spanAt, this.outlineAt)
  }

  #place(which: number): number {
    return this.#piece.words[this.#at + which]!
  }
}
