import { RecordError } from '../codes.ts'
import { jsonDepthMax, jsonMembersMax, jsonValuesMax } from '../limits.ts'

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
/** RFC 8259, section 6. */
const numberForm = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y
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

  /** `onMember` reads or skips the value of each. */
  object(onMember: (name: string) => void): void {
    this.#open('{', 'an object')
    const names = new Names()
    for (let more = !this.#closes('}'); more; more = this.#goesOn('}')) {
      this.#space()
      const name = this.string()
      if (!names.add(name)) throw malformed('a member is there twice')
      this.#take(':')
      this.#count()
      onMember(name)
    }
    this.#depth--
  }

  /** `onItem` reads or skips each. */
  array(onItem: () => void): void {
    this.#open('[', 'an array')
    for (let more = !this.#closes(']'); more; more = this.#goesOn(']')) {
      this.#count()
      onItem()
    }
    this.#depth--
  }

  string(): string {
    this.#take('"')
    const from = this.#at
    plainForm.lastIndex = from
    plainForm.test(this.#text)
    this.#at = plainForm.lastIndex
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

  skip(): void {
    const { kind } = this
    if (kind === 'object') this.object(() => this.skip())
    else if (kind === 'array') this.array(() => this.skip())
    else this[kind]()
  }

  /** Nothing may follow. */
  end(): void {
    this.#space()
    if (this.#at < this.#text.length) throw malformed('something follows the value')
  }

  #count(): void {
    if (++this.#values > jsonValuesMax) throw limit(`JSON has more than ${jsonValuesMax} values`)
  }

  #escaped(from: number): string {
    const text = this.#text
    let end = this.#at
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
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

  #open(bracket: string, what: string): void {
    this.#space()
    if (this.#text[this.#at] !== bracket) throw malformed(`${what} is expected`)
    this.#at++
    if (++this.#depth > jsonDepthMax) throw limit(`JSON is nested deeper than ${jsonDepthMax}`)
  }

  #closes(bracket: string): boolean {
    this.#space()
    if (this.#text[this.#at] !== bracket) return false
    this.#at++
    return true
  }

  /** False at the closing bracket. */
  #goesOn(bracket: string): boolean {
    if (this.#closes(bracket)) return false
    this.#take(',')
    return true
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
    for (;;) {
      const code = this.#text.charCodeAt(this.#at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.#at++
    }
  }
}

/** Of an object's members. Nearly all have few, and a set for each would cost more than reading it. */
class Names {
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

function malformed(what: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed JSON: ${what}`)
}

function limit(what: string): RecordError {
  return new RecordError('OTLP_LIMIT_EXCEEDED', what)
}
