// From the bytes of a commit to the cells of its records' rows, without an object for each. What it
// gives is what the strict reader and addRow give, or nothing: then these have to.
// test/flow/index-scan.test.ts compares the two.
import { type CommitCursor, KnownOutlines, type PlainFrame } from '@grantlog/ledger'
import type { OpenChunk } from '../chunk.ts'
import type { Dictionary } from '../dictionary.ts'
import { CanonicalScanner } from './canonical.ts'
import { Cells, type Text } from './cells.ts'
import { SORT } from './known.ts'
import { LeafScanner } from './leaves.ts'
import { outlineOf } from './outlines.ts'
import { viewOf } from './pieces.ts'

/** What a leaf turned out to be. */
export type Scanned = 'row' | 'no record' | 'unusual'

const nobody: Text = { bytes: Buffer.alloc(0), view: viewOf(Buffer.alloc(0)) }

/** Scans one commit after the other. Of use as long as the dictionaries are. */
export class RowScanner {
  readonly #cells: Cells
  readonly #canonical: CanonicalScanner
  readonly #leaf: LeafScanner
  readonly #outlines = new KnownOutlines(outlineOf)
  /** Bytes of the frame that is scanned. */
  #plaintext = nobody
  #leaves = nobody
  #values = nobody

  constructor(dictionaryOf: (column: string) => Dictionary) {
    this.#cells = new Cells(dictionaryOf)
    this.#canonical = new CanonicalScanner(this.#cells)
    this.#leaf = new LeafScanner(this.#cells)
  }

  /** Of the leaf scanned last. */
  get receivedAt(): number {
    return this.#leaf.receivedAt
  }

  get id(): string {
    return this.#leaf.id
  }

  /** The record that the walk stands at. Throws LEDGER_FORMAT. */
  scan(frame: PlainFrame, walk: CommitCursor): Scanned {
    const leaves = (this.#leaves = textOn(this.#leaves, frame.leaves))
    const plaintext = (this.#plaintext = textOn(this.#plaintext, frame.plaintext))
    this.#cells.clear()
    try {
      if (!this.#leaf.scan(leaves.bytes, leaves.view, walk.leafFrom, walk.leafTo))
        return 'no record'
      if (!this.#canonical.scan(plaintext, walk.contentFrom, walk.contentTo)) return 'unusual'
      while (walk.nextPart()) if (!this.#part(frame, walk)) return 'unusual'
      return this.#cells.isWhole ? 'row' : 'unusual'
    } catch (error) {
      // A text that is no JSON.
      if (error instanceof SyntaxError) return 'unusual'
      throw error
    }
  }

  /** Makes it the next row of a chunk, which has begun it. */
  store(chunk: OpenChunk): void {
    this.#cells.store(chunk)
  }

  /** Erased values leave nothing. */
  #part({ opener, plaintext }: PlainFrame, walk: CommitCursor): boolean {
    const outline = this.#outlines.at(plaintext, walk.outlineFrom, walk.outlineTo)
    if (outline === null) return false
    const length = opener.open(plaintext, walk)
    if (length < 0) return true
    const text = (this.#values = textOn(this.#values, opener.values))
    const cells = this.#cells
    const { bytes } = text
    let at = 0
    for (const target of outline.targets) {
      const from = at + 2
      if (from > length) return false
      at = from + ((bytes[at]! << 8) | bytes[at + 1]!)
      if (at > length) return false
      if (target.sort === SORT.NOTHING) continue
      // A text without an end of its own: no byte is 256.
      cells.measure(bytes, from, at, 256)
      cells.take(target, text, from, at)
    }
    for (const { target, text: word } of outline.booleans) {
      if (target.sort === SORT.WORD) cells.word(target.column, word)
    }
    return at === length
  }
}

function textOn(known: Text, bytes: Buffer): Text {
  return known.bytes === bytes ? known : { bytes, view: viewOf(bytes) }
}
