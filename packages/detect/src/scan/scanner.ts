// From the bytes of a commit to the events of its records. Reading each strictly, which takes four
// times as long, would ask again what was asked before it was sealed, and what `verify` asks of
// every record: whether these are the bytes that were signed. What it gives of sound bytes is what
// the strict reader gives, or nothing: then that has to. test/flow/event-scan.test.ts compares
// the two.
import {
  type CommitCursor,
  isRecordLeaf,
  KnownOutlines,
  type Leaf,
  type OutlineField,
  type PlainFrame,
} from '@grantlog/ledger'
import type { AttributeValue } from '@grantlog/record'
import type { AuditEvent } from '../event.ts'
import { CanonicalScanner } from './canonical.ts'
import { valueOf } from './known.ts'

/** Scans one commit after the other. */
export class EventScanner {
  readonly #canonical = new CanonicalScanner()
  readonly #outlines = new KnownOutlines<readonly OutlineField[]>((fields) => fields)

  /** The event of a record's leaf, at which the walk stands; null: it is no record, or unusual. */
  scan(frame: PlainFrame, walk: CommitCursor, leaf: Leaf): AuditEvent | null {
    if (!walk.isRecord || !isRecordLeaf(leaf)) return null
    const { plaintext: bytes } = frame
    const { contentFrom: from, contentTo: to } = walk
    const text = bytes.toString('utf8', from, to)
    const read = this.#canonical.scan({ text, bytes, from, isAscii: text.length === to - from })
    if (read === null) return null
    const { attributes, endMs, tookMs } = read
    while (walk.nextPart()) if (!this.#part(frame, walk, attributes)) return null
    attributes.set('event.duration_ms', BigInt(tookMs))
    const { id, receivedAt } = leaf
    return { id, index: walk.index, atMs: endMs, receivedMs: receivedAt, attributes }
  }

  /** What was erased has no values. */
  #part(
    { opener, plaintext }: PlainFrame,
    walk: CommitCursor,
    attributes: Map<string, AttributeValue>,
  ): boolean {
    const fields = this.#outlines.at(plaintext, walk.outlineFrom, walk.outlineTo)
    if (fields === null) return false
    const length = opener.open(plaintext, walk)
    if (length < 0) return true
    const { values } = opener
    let at = 0
    for (const field of fields) {
      if (field.type === 'boolean') {
        attributes.set(field.name, field.value)
        continue
      }
      const from = at + 2
      if (from > length) return false
      at = from + values.readUInt16BE(from - 2)
      if (at > length) return false
      if (field.type === 'salt') continue
      const text = values.toString('utf8', from, at)
      const value = text === '' || text.includes('\\') ? null : valueOf(text, field.type)
      if (value === null) return false
      attributes.set(field.name, value)
    }
    return at === length
  }
}
