// A record that was scanned and judged, without what can be made of its bytes again; see
// scan/scanned-bytes.ts for why.
import type { DividedOpenings, Identities, Producer, Shown, SlotOpening } from '@grantlog/ledger'
import type { VerifiedRecord } from '../flow.ts'
import type { ScannedBytes } from './scan/scanned-bytes.ts'

const digestBytes = 32

/** What is known of it beside its bytes. */
export interface Scanned extends Pick<VerifiedRecord, 'id' | 'seq' | 'type' | 'unsigned'> {
  readonly identities: Identities
  readonly producer: Producer
  /** The digests of its batch, and where its own begins. */
  readonly digests: Buffer
  readonly digestAt: number
}

/** What is shown of it is itself: an object for that would live as long. */
export class ScannedVerified implements VerifiedRecord, Shown {
  readonly type: VerifiedRecord['type']
  readonly id: string
  readonly seq: number
  readonly unsigned: Uint8Array
  readonly identities: Identities
  readonly producer: Producer
  readonly #bytes: ScannedBytes
  readonly #digests: Buffer
  readonly #digestAt: number

  constructor(bytes: ScannedBytes, scanned: Scanned) {
    this.type = scanned.type
    this.id = scanned.id
    this.seq = scanned.seq
    this.unsigned = scanned.unsigned
    this.identities = scanned.identities
    this.#bytes = bytes
    this.producer = scanned.producer
    this.#digests = scanned.digests
    this.#digestAt = scanned.digestAt
  }

  get stored(): number {
    return this.#bytes.stored
  }

  get digest(): Buffer {
    return this.#digests.subarray(this.#digestAt, this.#digestAt + digestBytes)
  }

  get canonical(): Buffer {
    return this.#bytes.canonical
  }

  get openings(): readonly SlotOpening[] | DividedOpenings {
    return this.#bytes.openings
  }

  get shown(): Shown {
    return this
  }

  get span(): Buffer {
    return this.#bytes.shown
  }
}
