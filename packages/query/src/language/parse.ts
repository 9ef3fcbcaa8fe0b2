/**
 * The query language: `client:web outcome:denied scope:admin* after:-24h -action:oauth.token (a OR
 * b)`. Terms that follow each other must all hold; `,` between values, `OR` between terms: one of
 * them. Every error says where it is, and what was probably meant. See parse.test.ts.
 *
 * @module
 */
import { MAX_QUERY_CHARS, MAX_QUERY_DEPTH, MAX_QUERY_TERMS } from '../limits.ts'
import { type HasWord, requireField, requireTest } from './check.ts'
import { queryFromJson } from './json.ts'
import { everything, type Query, type Test } from './query.ts'
import { type Lexeme, lexemesOf } from './lexemes.ts'
import { syntax } from './syntax.ts'

interface Parser {
  readonly lexemes: readonly Lexeme[]
  readonly hasWord: HasWord
  at: number
  depth: number
  terms: number
}

/**
 * Throws QuerySyntaxError. '' matches everything; what begins with `{` is a query as JSON. With
 * `hasWord`, a value that neither the closed list of its field has nor any record is refused.
 */
export function parseQuery(text: string, hasWord: HasWord = () => true): Query {
  if (text.length > MAX_QUERY_CHARS) {
    const place = { at: MAX_QUERY_CHARS, length: text.length - MAX_QUERY_CHARS }
    throw syntax('QUERY_TOO_LONG', `${text.length} characters, over ${MAX_QUERY_CHARS}`, place)
  }
  if (/^\s*\{/.test(text)) return queryFromJson(text, hasWord)
  const parser: Parser = { lexemes: lexemesOf(text), hasWord, at: 0, depth: 0, terms: 0 }
  if (parser.lexemes.length === 0) return everything
  const query = anyOf(parser)
  const left = parser.lexemes[parser.at]
  if (left !== undefined) throw unexpected(left)
  return query
}

function anyOf(parser: Parser): Query {
  const parts = [allOf(parser)]
  while (parser.lexemes[parser.at]?.kind === 'or') {
    parser.at++
    parts.push(allOf(parser))
  }
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { any: parts }
}

function allOf(parser: Parser): Query {
  const parts: Query[] = []
  for (;;) {
    const next = parser.lexemes[parser.at]
    if (next === undefined || next.kind === 'or' || next.kind === 'close') break
    if (next.kind === 'and') parser.at++
    else parts.push(one(parser))
  }
  if (parts.length === 0) throw missingTerm(parser)
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : { all: parts }
}

function one(parser: Parser): Query {
  const lexeme = parser.lexemes[parser.at++]
  if (lexeme === undefined) throw missingTerm(parser)
  switch (lexeme.kind) {
    case 'not':
      return nested(parser, lexeme, () => ({ not: one(parser) }))
    case 'open':
      return nested(parser, lexeme, () => {
        const inside = anyOf(parser)
        const close = parser.lexemes[parser.at++]
        if (close?.kind !== 'close') {
          throw syntax('QUERY_SYNTAX', 'this parenthesis is not closed', lexeme)
        }
        return inside
      })
    case 'field':
      countTerm(parser, lexeme)
      return term(parser, lexeme)
    case 'value':
      countTerm(parser, lexeme)
      return { text: lexeme.text }
    case 'and':
    case 'or':
    case 'close':
    case 'comma':
      throw unexpected(lexeme)
  }
}

function term(parser: Parser, lexeme: Lexeme): Query {
  const field = requireField(lexeme)
  const tests: Test[] = []
  do {
    const value = parser.lexemes[parser.at]
    if (value?.kind !== 'value') {
      const what = `${field.name}: needs a value, such as ${field.name}:${field.example}`
      throw syntax('QUERY_SYNTAX', what, lexeme)
    }
    parser.at++
    countTerm(parser, value)
    tests.push(requireTest(field, value, parser.hasWord))
  } while (parser.lexemes[parser.at]?.kind === 'comma' && parser.at++ >= 0)
  return { field: field.name, tests }
}

function nested(parser: Parser, lexeme: Lexeme, inside: () => Query): Query {
  parser.depth++
  if (parser.depth > MAX_QUERY_DEPTH) {
    throw syntax('QUERY_TOO_LONG', `nested over ${MAX_QUERY_DEPTH} deep`, lexeme)
  }
  const query = inside()
  parser.depth--
  return query
}

function countTerm(parser: Parser, lexeme: Lexeme): void {
  parser.terms++
  if (parser.terms > MAX_QUERY_TERMS) {
    throw syntax('QUERY_TOO_LONG', `over ${MAX_QUERY_TERMS} terms and values`, lexeme)
  }
}

function missingTerm({ at, lexemes }: Parser): Error {
  const before = lexemes[at - 1] ?? lexemes[at]
  return syntax('QUERY_SYNTAX', 'something is missing here', before ?? { at: 0, length: 0 })
}

function unexpected(lexeme: Lexeme): Error {
  return syntax('QUERY_SYNTAX', `\`${lexeme.text}\` does not fit here`, lexeme)
}
