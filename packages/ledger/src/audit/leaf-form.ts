// What the leaves of a batch's records have in common, compared as bytes. The first of them is read
// by decodeLeaf; of another that is of the same form only what differs is left to compare.
import { utf8 } from '@grantlog/record'
import type { RecordLeaf, RecordType } from '../format/leaf.ts'
import { isAt, isBase64urlOf } from './byte-ranges.ts'

/** What of a record its leaf says. */
export interface LeafFacts {
  /** The digest: a character for each byte. */
  readonly digest: string
  readonly type: RecordType
  readonly canonical: Uint8Array
  /** Where the canonical form has its id, of 36 characters. */
  readonly idAt: number
  /** Where it has the digits of its number. */
  readonly seqFrom: number
  readonly seqTo: number
}

// {"digest":"<43>","id":"<36>","instance":"<22>","kid":"<43>","receivedAt":<n>,"seq":<n>,…
const digestAt = '{"digest":"'.length
const idNameAt = digestAt + 43
const idAt = idNameAt + '","id":"'.length
const commonAt = idAt + 36
const betweenNumbers =
  '","instance":"'.length + 22 + '","kid":"'.length + 43 + '","receivedAt":'.length

const endings: Readonly<Record<RecordType, Uint8Array>> = {
  record: utf8(',"type":"record","v":1}'),
  start: utf8(',"type":"start","v":1}'),
  heartbeat: utf8(',"type":"heartbeat","v":1}'),
  stop: utf8(',"type":"stop","v":1}'),
}

/** The form of the leaves of one stream at one time. */
export class LeafForm {
  readonly #example: Uint8Array
  readonly #beforeDigest: Uint8Array
  readonly #beforeId: Uint8Array
  readonly #beforeSeq: Uint8Array
  readonly #seqAt: number

  /** `entry` is what `leaf` was read from. */
  constructor(entry: Uint8Array, leaf: RecordLeaf) {
    this.#example = entry
    this.#seqAt = commonAt + betweenNumbers + String(leaf.receivedAt).length + ',"seq":'.length
    this.#beforeDigest = entry.subarray(0, digestAt)
    this.#beforeId = entry.subarray(idNameAt, idAt)
    this.#beforeSeq = entry.subarray(commonAt, this.#seqAt)
  }

  /** True when an entry is of this form up to its number, whatever its digest and id are. */
  fits(entry: Uint8Array): boolean {
    if (entry === this.#example) return true
    return (
      isAt(this.#beforeSeq, entry, commonAt) &&
      isAt(this.#beforeDigest, entry, 0) &&
      isAt(this.#beforeId, entry, idNameAt)
    )
  }

  /** True when an entry that fits is the leaf of this record, to its last byte. */
  isOf(entry: Uint8Array, record: LeafFacts): boolean {
    const { canonical, digest, seqFrom, seqTo, type } = record
    const ending = endings[type]
    const seqAt = this.#seqAt
    const endingAt = seqAt + seqTo - seqFrom
    if (entry.length !== endingAt + ending.length) return false
    for (let i = 0; i < 36; i++) if (entry[idAt + i] !== canonical[record.idAt + i]) return false
    for (let at = seqAt; at < endingAt; at++) {
      if (entry[at] !== canonical[seqFrom + at - seqAt]) return false
    }
    return isAt(ending, entry, endingAt) && isBase64urlOf(digest, entry, digestAt)
  }
}
