// The text of a query in pieces, each with its place.
import { type Place, syntax } from './syntax.ts'

export interface Lexeme extends Place {
  readonly kind: 'field' | 'value' | 'comma' | 'and' | 'or' | 'not' | 'open' | 'close'
  /** Of a field its name, of a value what it says without quotes; else as written. */
  readonly text: string
  /** Of a value: in quotes, so that `*`, `..` and `>` in it are themselves. */
  readonly quoted?: boolean
}

const fieldForm = /[A-Za-z][\w.]*:/y
const wordForm = /[^\s"(),]+/y
const quotedForm = /"((?:[^"\\]|\\.)*)"/y
const spaceForm = /\s+/y
const operators = new Map<string, Lexeme['kind']>([
  ['AND', 'and'],
  ['OR', 'or'],
  ['NOT', 'not'],
])
const signs = new Map<string, Lexeme['kind']>([
  ['(', 'open'],
  [')', 'close'],
  [',', 'comma'],
])

/** Throws QuerySyntaxError for a quotation mark that is not closed. */
export function lexemesOf(text: string): Lexeme[] {
  const lexemes: Lexeme[] = []
  for (let at = 0; at < text.length;) {
    const space = matchAt(spaceForm, text, at)
    if (space !== null) {
      at += space[0].length
      continue
    }
    const lexeme = lexemeAt(text, at, lexemes.at(-1))
    lexemes.push(lexeme)
    at += lexeme.length
  }
  return lexemes
}

function lexemeAt(text: string, at: number, before: Lexeme | undefined): Lexeme {
  // What stands right behind a field or a comma is its value, whatever it looks like.
  const isValue =
    (before?.kind === 'field' || before?.kind === 'comma') && before.at + before.length === at
  const sign = text[at] ?? ''
  const kind = signs.get(sign)
  if (kind !== undefined) return { kind, at, length: 1, text: sign }
  if (sign === '"') return quotedAt(text, at)
  if (!isValue) {
    if (sign === '-' && !/\s/.test(text[at + 1] ?? ' ')) {
      return { kind: 'not', at, length: 1, text: '-' }
    }
    const field = matchAt(fieldForm, text, at)
    if (field !== null) {
      return { kind: 'field', at, length: field[0].length, text: field[0].slice(0, -1) }
    }
  }
  const word = matchAt(wordForm, text, at)?.[0] ?? sign
  const operator = isValue ? undefined : operators.get(word)
  if (operator !== undefined) return { kind: operator, at, length: word.length, text: word }
  return { kind: 'value', at, length: word.length, text: word }
}

function quotedAt(text: string, at: number): Lexeme {
  const quoted = matchAt(quotedForm, text, at)
  if (quoted === null) {
    const place = { at, length: text.length - at }
    throw syntax('QUERY_SYNTAX', 'this quotation mark is not closed', place)
  }
  const [whole, inside = ''] = quoted
  const plain = inside.replace(/\\(.)/g, '$1')
  return { kind: 'value', at, length: whole.length, text: plain, quoted: true }
}

function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | null {
  form.lastIndex = at
  return form.exec(text)
}
