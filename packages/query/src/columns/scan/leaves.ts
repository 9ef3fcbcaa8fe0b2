// A record's leaf. Records of a batch have most of it in common, which is read once.
import { decodeLeaf, isRecordLeaf } from '@grantlog/ledger'
import { fingerprintOf, fingerprintOfAscii } from '../fingerprint.ts'
import { type Cells } from './cells.ts'
import { column } from './known.ts'
import { Piece, Pieces } from './pieces.ts'

const begin = new Piece(Buffer.from('{"digest":"'))
const id = new Piece(Buffer.from('","id":"'))
const end = new Piece(Buffer.from(',"type":"record","v":1}'))
const digestLength = 43
const idLength = 36
const idAt = begin.length + digestLength
/** Bytes between id and sequence number; longer ones there are not. */
const commonBytesMax = 256

export class LeafScanner {
  readonly #cells: Cells
  /** What follows the id, up to the sequence number. */
  readonly #common = new Pieces(Buffer.alloc(commonBytesMax))
  #commonLength = 0
  #kid = 0
  #instance = 0
  /** Of the leaf scanned last: Unix milliseconds. */
  receivedAt = 0
  /** `audit.record.id`. */
  id = ''

  constructor(cells: Cells) {
    this.#cells = cells
  }

  /** False for a leaf that is none of a record. Throws LEDGER_FORMAT. */
  scan(leaves: Buffer, view: DataView, from: number, to: number): boolean {
    const idFrom = from + idAt + id.length
    const commonFrom = idFrom + idLength
    const isUsual =
      begin.isAt(view, from, to) &&
      id.isAt(view, from + idAt, to) &&
      end.isAt(view, Math.max(to - end.length, commonFrom), to) &&
      commonFrom + this.#commonLength < to &&
      this.#commonLength > 0 &&
      this.#common.isAt(view, commonFrom, 0, this.#commonLength)
    if (!isUsual && !this.#read(leaves.subarray(from, to), commonFrom - from)) return false
    this.id = leaves.toString('latin1', idFrom, commonFrom)
    const cells = this.#cells
    cells.add(column.kid, this.#kid)
    cells.add(column.record, fingerprintOfAscii(leaves, idFrom, commonFrom))
    cells.add(column.instance, this.#instance)
    return true
  }

  #read(entry: Buffer, commonFrom: number): boolean {
    this.#commonLength = 0
    const leaf = decodeLeaf(entry)
    if (!isRecordLeaf(leaf) || leaf.type !== 'record') return false
    this.receivedAt = leaf.receivedAt
    this.#kid = this.#cells.idOf(column.kid, leaf.kid)
    this.#instance = fingerprintOf(leaf.instance)
    const seq = ',"seq":'
    const common = entry.subarray(commonFrom, entry.indexOf(seq, commonFrom) + seq.length)
    if (common.length > commonBytesMax) return true
    this.#common.set(common, 0)
    this.#commonLength = common.length
    return true
  }
}
