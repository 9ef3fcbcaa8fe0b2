// The attributes and times of a canonical form, from its text. Records of a service look alike:
// each attribute is looked for where it stood in the record before, and a value that is said again
// is the same text.
import type { AttributeValue } from '@grantlog/record'
import { type Known, knownAttributes, valueOf } from './known.ts'

/** Where a text comes from. Values are copied out of it: pieces would keep all of it in memory. */
export interface Source {
  readonly text: string
  /** The bytes that it was, from there on. */
  readonly bytes: Buffer
  readonly from: number
  /** Each character is one byte. */
  readonly isAscii: boolean
}

export interface Canonical {
  readonly attributes: Map<string, AttributeValue>
  /** Unix ms. */
  readonly endMs: number
  /** Whole milliseconds; 0 when it ended before it began. */
  readonly tookMs: number
}

const begin = '{"attributes":{'
const end = '},"endTimeUnixNano":"'
const start = '"startTimeUnixNano":"'
const nanoForm = /^[1-9]\d{6,19}$/

const [comma, quote, brace] = [0x2c, 0x22, 0x7d]
/** Shorter pieces of a text are copies by themselves. */
const pieceCharsMin = 13

export class CanonicalScanner {
  readonly #known = knownAttributes()
  #first: Known | null = null
  /** Behind what was read last. */
  #at = 0

  /** Null: it is unusual, as texts with escapes are. */
  scan(source: Source): Canonical | null {
    const { text } = source
    if (!text.startsWith(begin) || text.includes('\\')) return null
    const attributes = this.#attributes(source)
    if (attributes === null || !text.startsWith(end, this.#at)) return null
    const ended = this.#time(text, this.#at + end.length)
    const startAt = text.indexOf(start, this.#at)
    const began = startAt < 0 ? null : this.#time(text, startAt + start.length)
    if (ended === null || began === null) return null
    const [endMs, beganMs] = [msOf(ended), msOf(began)]
    // Of the last million nanoseconds one more or less is a millisecond.
    const isLess = ended.slice(-6) < began.slice(-6)
    return { attributes, endMs, tookMs: Math.max(0, endMs - beganMs - (isLess ? 1 : 0)) }
  }

  #attributes(source: Source): Map<string, AttributeValue> | null {
    const { text } = source
    const attributes = new Map<string, AttributeValue>()
    this.#at = begin.length
    if (text.charCodeAt(this.#at) === brace) return attributes
    let guess = this.#first
    let before: Known | null = null
    for (;;) {
      const known =
        guess !== null && text.startsWith(guess.head, this.#at) ? guess : this.#find(text)
      if (known === null) return null
      if (known !== guess && before === null) this.#first = known
      else if (known !== guess) before!.next = known
      this.#at += known.head.length
      const value = known.type === 'boolean' ? this.#boolean(text) : this.#value(source, known)
      if (value === null) return null
      attributes.set(known.name, value)
      const next = text.charCodeAt(this.#at)
      if (next === brace) return attributes
      if (next !== comma) return null
      this.#at++
      before = known
      guess = known.next
    }
  }

  /** The attribute that begins here; null: the registry has none, or it is of another type. */
  #find(text: string): Known | null {
    const from = this.#at + 1
    const known = this.#known.get(text.slice(from, text.indexOf('"', from)))
    return known !== undefined && text.startsWith(known.head, this.#at) ? known : null
  }

  #value({ bytes, from, isAscii, text }: Source, known: Known): AttributeValue | null {
    const at = this.#at
    const isSame = known.text !== '' && text.startsWith(known.text, at)
    const to = at + known.text.length
    if (isSame && text.charCodeAt(to) === quote && text.charCodeAt(to + 1) === brace) {
      this.#at = to + 2
      return known.value
    }
    const valueTo = text.indexOf('"', at)
    if (valueTo <= at || text.charCodeAt(valueTo + 1) !== brace) return null
    this.#at = valueTo + 2
    const isCopied = valueTo - at < pieceCharsMin
    const piece =
      isCopied || !isAscii
        ? text.slice(at, valueTo)
        : bytes.toString('latin1', from + at, from + valueTo)
    known.text = isAscii ? piece : Buffer.from(piece).toString()
    const value = valueOf(known.text, known.type)
    if (value === null) known.text = ''
    else known.value = value
    return value
  }

  #boolean(text: string): boolean | null {
    const isTrue = text.startsWith('true}', this.#at)
    if (!isTrue && !text.startsWith('false}', this.#at)) return null
    this.#at += isTrue ? 5 : 6
    return isTrue
  }

  #time(text: string, from: number): string | null {
    const nano = text.slice(from, text.indexOf('"', from))
    return nanoForm.test(nano) ? nano : null
  }
}

function msOf(nano: string): number {
  return Number(nano.slice(0, -6))
}
