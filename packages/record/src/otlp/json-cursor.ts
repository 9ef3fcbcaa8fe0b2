import { RecordError } from '../codes.ts'
import {
  jsonDepthMax,
  jsonMembersMax,
  jsonSpaceMax,
  jsonTextMax,
  jsonValuesMax,
} from '../limits.ts'

/** What the next value is, by its first character. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'boolean' | 'null'

const kinds: Readonly<Record<string, JsonKind>> = {
  '{': 'object',
  '[': 'array',
  '"': 'string',
  t: 'boolean',
  f: 'boolean',
  n: 'null',
}
/** RFC 8259, section 6, up to so many digits that none is a number by its value. */
const numberForm = /-?(?:0|[1-9]\d{0,999})(?:\.\d{1,2000})?(?:[eE][+-]?\d{1,999})?/y
/** Within quotes, with no escape and no control character. */
// eslint-disable-next-line no-control-regex
const plainForm = /[^"\\\u0000-\u001f]*/y

/**
 * Goes over a JSON text (RFC 8259) from left to right, without a tree of objects: numbers keep
 * their digits, and a member that is there twice is refused, also in what is skipped. Not for JSON
 * of our own, which is read as JCS. Errors of all methods: OTLP_MALFORMED, OTLP_LIMIT_EXCEEDED.
 */
export class JsonCursor {
  readonly #text: string
  #at = 0
  #depth = 0
  #values = 0

  constructor(text: string) {
    this.#text = text
  }

  get kind(): JsonKind {
    this.#space()
    const first = this.#text[this.#at] ?? ''
    const kind = kinds[first]
    if (kind !== undefined) return kind
    if (first === '-' || (first >= '0' && first <= '9')) return 'number'
    throw malformed('a value is missing')
  }

  /** Where it is in the text: the way that was gone, in characters. */
  get at(): number {
    return this.#at
  }

  /** Goes into an object, or array, of which `more` tells whether there is something. */
  open(bracket: '{' | '['): void {
    this.#space()
    if (this.#text[this.#at] !== bracket) {
      throw malformed(`${bracket === '{' ? 'an object' : 'an array'} is expected`)
    }
    this.#at++
    if (++this.#depth > jsonDepthMax) throw limit(`JSON is nested deeper than ${jsonDepthMax}`)
  }

  /** Whether another member, or item, follows; else what was opened is left. */
  more(bracket: '}' | ']', isFirst: boolean): boolean {
    this.#space()
    if (this.#text[this.#at] === bracket) {
      this.#at++
      this.#depth--
      return false
    }
    if (!isFirst) this.#take(',')
    if (++this.#values > jsonValuesMax) throw limit(`JSON has more than ${jsonValuesMax} values`)
    return true
  }

  /** The name of a member; its value is next. `names` are those of the object so far. */
  member(names: MemberNames): string {
    this.#space()
    const name = this.string()
    if (!names.add(name)) throw malformed('a member is there twice')
    this.#take(':')
    return name
  }

  string(): string {
    this.#take('"')
    const from = this.#at
    plainForm.lastIndex = from
    plainForm.test(this.#text)
    this.#at = plainForm.lastIndex
    if (this.#at - from > jsonTextMax) throw tooLong()
    if (this.#text[this.#at] === '"') return this.#text.slice(from, this.#at++)
    return this.#escaped(from)
  }

  /** As written. */
  number(): string {
    this.#space()
    numberForm.lastIndex = this.#at
    const [digits] = numberForm.exec(this.#text) ?? []
    if (digits === undefined) throw malformed('a number is expected')
    this.#at += digits.length
    return digits
  }

  boolean(): boolean {
    const value = this.kind === 'boolean' && this.#text[this.#at] === 't'
    this.#word(value ? 'true' : 'false')
    return value
  }

  null(): void {
    this.#space()
    this.#word('null')
  }

  /** Skips a value that is neither object nor array. */
  skip(): void {
    const { kind } = this
    if (kind === 'object' || kind === 'array') throw malformed('a value is expected')
    this[kind]()
  }

  /** Nothing may follow. */
  end(): void {
    this.#space()
    if (this.#at < this.#text.length) throw malformed('something follows the value')
  }

  #escaped(from: number): string {
    const text = this.#text
    let end = this.#at
    while (end < text.length && text[end] !== '"') {
      // To the next that is neither: one by one they would take a tenth of a second.
      plainForm.lastIndex = end + (text[end] === '\\' ? 2 : 1)
      plainForm.test(text)
      end = Math.max(plainForm.lastIndex, end + 1)
      if (end - from > jsonTextMax) throw tooLong()
    }
    this.#at = end + 1
    let value: string
    try {
      value = JSON.parse(text.slice(from - 1, end + 1)) as string
    } catch {
      throw malformed('a string is not one')
    }
    // A half of a pair, escaped, has no UTF-8 form.
    if (!value.isWellFormed()) throw malformed('a string has a lone surrogate')
    return value
  }

  #take(character: string): void {
    this.#space()
    if (this.#text[this.#at] !== character) throw malformed(`${character} is expected`)
    this.#at++
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) throw malformed(`${word} is expected`)
    this.#at += word.length
  }

  #space(): void {
    const text = this.#text
    const from = this.#at
    for (;;) {
      const code = text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      if (++this.#at - from > jsonSpaceMax) throw limit(`more than ${jsonSpaceMax} spaces in a row`)
    }
  }
}

/** Of an object's members. Nearly all have few: a set for each would cost more than reading it. */
export class MemberNames {
  readonly #few: string[] = []
  #many: Set<string> | undefined

  /** False for one that is there already. */
  add(name: string): boolean {
    if (this.#many?.has(name) ?? this.#few.includes(name)) return false
    if (this.#many) this.#many.add(name)
    else if (this.#few.push(name) === fewMax) this.#many = new Set(this.#few)
    if ((this.#many?.size ?? 0) > jsonMembersMax) {
      throw limit(`an object has more than ${jsonMembersMax} members`)
    }
    return true
  }
}

const fewMax = 16

function tooLong(): RecordError {
  return limit(`a string has more than ${jsonTextMax} characters`)
}

function malformed(what: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed JSON: ${what}`)
}

function limit(what: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', what)
}
