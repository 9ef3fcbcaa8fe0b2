// Conditions over search identifiers: `a and not (1 of b* or all of them)` (Sigma specification
// 2.1.0, "Condition"). See condition.test.ts.
import { nearest } from '@grantlog/query'
import { MAX_CONDITION_CHARS, MAX_CONDITION_DEPTH } from '../limits.ts'
import { type Path, Trouble } from './fault.ts'
import { matcherOf, parsePattern } from './pattern.ts'
import { allOf, anyOf, type Expression } from './syntax.ts'

interface Token {
  readonly text: string
  readonly at: number
}

/** An expression, and the names that it asks for. */
export interface Condition {
  readonly expression: Expression
  readonly used: ReadonlySet<string>
}

const words = ['and', 'or', 'not', 'of']

/** Throws Trouble: RULE_CONDITION, RULE_TOO_LARGE. */
export function parseCondition(
  text: string,
  selections: ReadonlyMap<string, Expression>,
  path: Path,
): Condition {
  if (text.length > MAX_CONDITION_CHARS) {
    throw new Trouble('RULE_TOO_LARGE', path, `longer than ${MAX_CONDITION_CHARS} characters`)
  }
  const tokens = tokensOf(text, path)
  const used = new Set<string>()
  let next = 0
  const peek = (): string | undefined => tokens[next]?.text
  const fail = (what: string, token: Token | undefined = tokens[next]): never => {
    throw new Trouble('RULE_CONDITION', path, what, { offset: token?.at ?? text.length })
  }
  const name = (one: string): Expression => {
    used.add(one)
    return selections.get(one)!
  }

  function either(depth: number): Expression {
    const parts = [both(depth)]
    while (peek() === 'or') {
      next++
      parts.push(both(depth))
    }
    return anyOf(parts)
  }

  function both(depth: number): Expression {
    const parts = [negated(depth)]
    while (peek() === 'and') {
      next++
      parts.push(negated(depth))
    }
    return allOf(parts)
  }

  function negated(depth: number): Expression {
    if (depth > MAX_CONDITION_DEPTH) {
      throw new Trouble('RULE_TOO_LARGE', path, `nested deeper than ${MAX_CONDITION_DEPTH}`)
    }
    if (peek() !== 'not') return operand(depth)
    next++
    return { op: 'not', of: negated(depth + 1) }
  }

  function operand(depth: number): Expression {
    const token = tokens[next]
    if (token === undefined) return fail('it ends where a name should stand')
    if (token.text === '(') {
      next++
      const inner = either(depth + 1)
      if (peek() !== ')') fail('a parenthesis is not closed', token)
      next++
      return inner
    }
    if (tokens[next + 1]?.text === 'of') return quantified(token)
    if (token.text === ')' || words.includes(token.text)) {
      return fail(`\`${token.text}\` stands where a name should`)
    }
    if (!selections.has(token.text)) return fail(unknown(token.text, [...selections.keys()]))
    next++
    return name(token.text)
  }

  function quantified(token: Token): Expression {
    const count = token.text === 'any' ? 1 : Number(token.text)
    const isAll = token.text === 'all'
    if (!isAll && !(Number.isInteger(count) && count > 0)) {
      fail('before `of` stands a number, `any` or `all`')
    }
    next += 2
    const pattern = peek() ?? fail('behind `of` stands a name, one with `*`, or `them`')
    const names = [...selections.keys()].filter(selectorOf(pattern))
    if (names.length === 0) fail(`no name of the detection is like \`${pattern}\``)
    if (count > names.length) fail(`there are only ${names.length} like \`${pattern}\``)
    next++
    const of = names.map(name)
    if (isAll || count === of.length) return allOf(of)
    return count === 1 ? anyOf(of) : { op: 'atLeast', n: count, of }
  }

  const expression = either(0)
  if (next < tokens.length) fail('`and` or `or` is missing before this')
  return { expression, used }
}

const lexeme = /\s*([()]|[\w*-]+)/y

function tokensOf(text: string, path: Path): Token[] {
  const tokens: Token[] = []
  const end = text.trimEnd().length
  lexeme.lastIndex = 0
  for (let at = 0; at < end; at = lexeme.lastIndex) {
    const found = lexeme.exec(text)
    if (found === null) {
      const offset = at + (text.slice(at).length - text.slice(at).trimStart().length)
      const what =
        text[offset] === '|'
          ? 'aggregations behind `|` are not taken: write a correlation'
          : `\`${text[offset]}\` has no meaning here`
      throw new Trouble('RULE_CONDITION', path, what, { offset })
    }
    const [, word = ''] = found
    tokens.push({ text: word, at: lexeme.lastIndex - word.length })
  }
  return tokens
}

/** Names with an underscore before them are meant by no pattern but one that has it, too. */
function selectorOf(pattern: string): (name: string) => boolean {
  const matches = matcherOf(parsePattern(pattern === 'them' ? '*' : pattern))
  const hidden = pattern.startsWith('_')
  return (name) => matches(name) && (hidden || !name.startsWith('_'))
}

function unknown(name: string, names: readonly string[]): string {
  const [meant] = nearest(name, names)
  return `the detection has no \`${name}\`${meant === undefined ? '' : `: is it \`${meant}\`?`}`
}
