// A query as the words of a command line: what they ask for, or where they are wrong. See
// query-words.test.ts.
import {
  type HasWord,
  quoted,
  type Query,
  parseQuery,
  QuerySyntaxError,
  type QueryErrorCode,
} from '@grantlog/query'
import { CliError, type Problem, type QueryPlace } from './errors.ts'

/** Flags that are short for terms. */
export interface TermFlags {
  readonly client?: string
  readonly action?: string
  readonly outcome?: string
  readonly userHash?: string
  readonly service?: string
  /** Unix milliseconds. */
  readonly after?: number
}

const termFields = {
  client: 'client',
  action: 'action',
  outcome: 'outcome',
  userHash: 'user.hash',
  service: 'service',
} as const

/** A query that cannot be read, with the place of the fault. */
class QueryProblem extends Error implements Problem {
  readonly code: QueryErrorCode
  readonly title: string
  readonly fix: string
  readonly place: QueryPlace

  constructor(query: string, cause: QuerySyntaxError) {
    super(cause.message, { cause })
    this.name = 'QueryProblem'
    this.code = cause.code
    this.title = cause.title
    this.fix = cause.fix
    this.place = {
      query,
      at: cause.at,
      length: cause.length,
      suggestions: cause.suggestions,
    }
  }
}

/**
 * The words are one query, with spaces between; `hasWord` as in `parseQuery`. Errors: USAGE, those
 * of `parseQuery`.
 */
export function queryOf(words: readonly string[], flags: TermFlags = {}, hasWord?: HasWord): Query {
  const parts = [...termsOf(flags, hasWord)]
  const text = textOf(words)
  if (text !== '') parts.push(parsed(text, hasWord))
  const [first] = parts
  return parts.length === 1 && first !== undefined ? first : { all: parts }
}

/** What the words and flags say, as one text of the language. */
export function textOf(words: readonly string[]): string {
  // A word may begin with `-`, which negates it; what is meant as an option is not a word.
  const option = words.find((word) => word.startsWith('--'))
  if (option !== undefined) throw new CliError('USAGE', `unknown option '${option}'`)
  return words.join(' ').trim()
}

function parsed(text: string, hasWord?: HasWord): Query {
  try {
    return parseQuery(text, hasWord)
  } catch (error) {
    throw error instanceof QuerySyntaxError ? new QueryProblem(text, error) : error
  }
}

function termsOf(flags: TermFlags, hasWord?: HasWord): Query[] {
  const named = Object.entries(termFields).flatMap(([flag, field]) => {
    const value = flags[flag as keyof typeof termFields]
    return value === undefined ? [] : [parsed(`${field}:${quoted(value)}`, hasWord)]
  })
  if (flags.after === undefined) return named
  return [...named, { field: 'after', tests: [{ is: new Date(flags.after).toISOString() }] }]
}
