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
  return new Parser(text, selections, path).parse()
}

/** By descent: what binds least comes first. */
class Parser {
  readonly #selections: ReadonlyMap<string, Expression>
  readonly #path: Path
  readonly #tokens: readonly Token[]
  readonly #end: number
  readonly #used = new Set<string>()
  #next = 0

  constructor(text: string, selections: ReadonlyMap<string, Expression>, path: Path) {
    this.#selections = selections
    this.#path = path
    this.#tokens = tokensOf(text, path)
    this.#end = text.trimEnd().length
  }

  parse(): Condition {
    const expression = this.#either(0)
    if (this.#peek() !== undefined) this.#fail('`and` or `or` is missing before this')
    return { expression, used: this.#used }
  }

  #peek(ahead = 0): string | undefined {
    return this.#tokens[this.#next + ahead]?.text
  }

  #fail(what: string, token: Token | undefined = this.#tokens[this.#next]): never {
    throw new Trouble('RULE_CONDITION', this.#path, what, { offset: token?.at ?? this.#end })
  }

  #either(depth: number): Expression {
    const parts = [this.#both(depth)]
    while (this.#peek() === 'or') {
      this.#next++
      parts.push(this.#both(depth))
    }
    return anyOf(parts)
  }

  #both(depth: number): Expression {
    const parts = [this.#negated(depth)]
    while (this.#peek() === 'and') {
      this.#next++
      parts.push(this.#negated(depth))
    }
    return allOf(parts)
  }

  #negated(depth: number): Expression {
    if (depth > MAX_CONDITION_DEPTH) {
      const what = `nested deeper than ${MAX_CONDITION_DEPTH}`
      throw new Trouble('RULE_TOO_LARGE', this.#path, what)
    }
    if (this.#peek() !== 'not') return this.#operand(depth)
    this.#next++
    return { op: 'not', of: this.#negated(depth + 1) }
  }

  #operand(depth: number): Expression {
    const token = this.#tokens[this.#next]
    if (token === undefined) return this.#fail('it ends where a name should stand')
    if (token.text === '(') {
      this.#next++
      const inner = this.#either(depth + 1)
      if (this.#peek() !== ')') this.#fail('a parenthesis is not closed', token)
      this.#next++
      return inner
    }
    if (this.#peek(1) === 'of') return this.#quantified(token)
    if (token.text === ')' || words.includes(token.text)) {
      return this.#fail(`\`${token.text}\` stands where a name should`)
    }
    const selection = this.#selections.get(token.text)
    if (selection === undefined) {
      return this.#fail(unknown(token.text, [...this.#selections.keys()]))
    }
    this.#next++
    this.#used.add(token.text)
    return selection
  }

  #quantified({ text }: Token): Expression {
    const count = text === 'any' ? 1 : Number(text)
    const isAll = text === 'all'
    if (!isAll && !(Number.isInteger(count) && count > 0)) {
      this.#fail('before `of` stands a number, `any` or `all`')
    }
    this.#next += 2
    const pattern =
      this.#peek() ?? this.#fail('behind `of` stands a name, perhaps with `*`, or `them`')
    const matches = selectorOf(pattern)
    const found = [...this.#selections].filter(([name]) => matches(name))
    if (found.length === 0) this.#fail(`no name of the detection is like \`${pattern}\``)
    if (count > found.length) this.#fail(`there are only ${found.length} like \`${pattern}\``)
    this.#next++
    for (const [name] of found) this.#used.add(name)
    const of = found.map(([, selection]) => selection)
    if (isAll || count === of.length) return allOf(of)
    return count === 1 ? anyOf(of) : { op: 'atLeast', n: count, of }
  }
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
