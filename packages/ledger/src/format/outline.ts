// Openings of slots, divided into what they say and how they say it: an outline without the texts
// of its values, and the values. Only these are personal, and only they need a person's key; the
// outline compresses to nearly nothing. FORMAT.md 3.3; see outline.test.ts.
import type { SlotName } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { ByteReader } from './bytes.ts'

/** A slot and the bytes that open its commitment. */
export interface SlotOpening<Slot extends string = SlotName> {
  readonly slot: Slot
  readonly opening: Uint8Array
}

/** All openings of one subject, divided: outlines one after the other, and values. */
export interface DividedOpenings {
  readonly outline: Uint8Array
  readonly values: Uint8Array
}

/** Its length has 16 bits. Attributes have 1 KiB, which JSON may write six times as long. */
const valueBytesMax = 0xffff
const firstBytes = 4096

const colon = 0x3a
const quote = 0x22
const backslash = 0x5c

/** Outlines that are remembered: records of a service have a few. */
const outlinesKeptMax = 64

/** Divides openings of one subject after those of the other; its buffers serve them all. */
export class OpeningSplitter {
  /** The last outline of each length. */
  readonly #known = new Map<number, Uint8Array>()
  #outline = Buffer.allocUnsafeSlow(firstBytes)
  #values = Buffer.allocUnsafeSlow(firstBytes)
  #outlineAt = 0
  #valuesAt = 0

  /**
   * `values` is a view, until the next call; `outline` must not be changed. Errors: LEDGER_FORMAT
   * for a value that is too long.
   */
  split(openings: readonly SlotOpening<string>[]): DividedOpenings {
    this.#reserve(openings)
    this.#outlineAt = this.#valuesAt = 0
    for (const { opening, slot } of openings) {
      this.#outline[this.#outlineAt++] = slot.length
      this.#outlineAt += this.#outline.write(slot, this.#outlineAt, 'latin1')
      const lengthAt = this.#outlineAt
      this.#outlineAt += 2
      this.#divide(opening)
      this.#outline.writeUInt16BE(this.#outlineAt - lengthAt - 2, lengthAt)
    }
    return { outline: this.#kept(), values: this.#values.subarray(0, this.#valuesAt) }
  }

  #kept(): Uint8Array {
    const length = this.#outlineAt
    const known = this.#known.get(length)
    if (known && this.#outline.compare(known, 0, length, 0, length) === 0) return known
    const outline = Uint8Array.from(this.#outline.subarray(0, length))
    if (this.#known.size >= outlinesKeptMax) this.#known.clear()
    this.#known.set(length, outline)
    return outline
  }

  #divide(opening: Uint8Array): void {
    const outline = this.#outline
    let at = this.#outlineAt
    // Of the outline, not of the opening: a value that ends with a colon begins no other.
    let last = 0
    for (let i = 0; i < opening.length; i++) {
      const byte = opening[i]!
      outline[at++] = byte
      if (byte === quote && last === colon) i = this.#value(opening, i + 1) - 1
      last = byte
    }
    this.#outlineAt = at
  }

  /** Takes the text that begins there; gives where it ends. */
  #value(opening: Uint8Array, from: number): number {
    const values = this.#values
    const lengthAt = this.#valuesAt
    let at = lengthAt + 2
    let i = from
    for (; i < opening.length && opening[i] !== quote; i++) {
      if (opening[i] === backslash && i + 1 < opening.length) values[at++] = opening[i++]!
      values[at++] = opening[i]!
    }
    if (i - from > valueBytesMax) throw new LedgerError('LEDGER_FORMAT', 'a value is too long')
    values.writeUInt16BE(i - from, lengthAt)
    this.#valuesAt = at
    return i
  }

  #reserve(openings: readonly SlotOpening<string>[]): void {
    let bytes = 0
    // A value has at least its two quotes in the opening, which make up for its length.
    for (const { opening, slot } of openings) bytes += opening.length + slot.length + 3
    if (bytes <= this.#outline.length) return
    this.#outline = Buffer.allocUnsafeSlow(2 * bytes)
    this.#values = Buffer.allocUnsafeSlow(2 * bytes)
  }
}

/** The slots of an outline, also where nobody has the values any more. Errors: LEDGER_FORMAT. */
export function slotsOf(outline: Uint8Array): SlotName[] {
  const outlines = new ByteReader(outline)
  const slots: SlotName[] = []
  while (!outlines.done) {
    slots.push(slotIn(outlines))
    outlines.raw(outlines.u16())
  }
  return slots
}

/** What was split, put together again. Errors: LEDGER_FORMAT when the two are not of each other. */
export function joinOpenings(outline: Uint8Array, values: Uint8Array): SlotOpening[] {
  const outlines = new ByteReader(outline)
  const texts = new ByteReader(values)
  const openings: SlotOpening[] = []
  while (!outlines.done) {
    const slot = slotIn(outlines)
    openings.push({ slot, opening: joined(outlines.raw(outlines.u16()), texts) })
  }
  texts.end()
  return openings
}

function slotIn(outlines: ByteReader): SlotName {
  return Buffer.from(outlines.raw(outlines.u8())).toString('latin1') as SlotName
}

function joined(outline: Uint8Array, values: ByteReader): Uint8Array {
  const parts: Uint8Array[] = []
  let from = 0
  for (let i = 1; i < outline.length; i++) {
    if (outline[i] !== quote || outline[i - 1] !== colon) continue
    parts.push(outline.subarray(from, i + 1), values.raw(values.u16()))
    from = i + 1
  }
  parts.push(outline.subarray(from))
  return Buffer.concat(parts)
}
