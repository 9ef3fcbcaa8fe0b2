// What queries mean, and how errors point at what is wrong.
import { describe, expect, test } from '@jest/globals'
import { MAX_QUERY_CHARS, MAX_QUERY_DEPTH, MAX_QUERY_TERMS } from '../limits.ts'
import type { HasWord } from './check.ts'
import { parseQuery } from './parse.ts'
import { QuerySyntaxError } from './syntax.ts'

const web = { field: 'client', tests: [{ is: 'web' }] }
const denied = { field: 'outcome', tests: [{ is: 'denied' }] }

describe('meaning', () => {
  test.each([
    ['', { all: [] }],
    ['  \n', { all: [] }],
    ['client:web', web],
    ['Client:web', web],
    ['client:"web"', web],
    ['client:web outcome:denied', { all: [web, denied] }],
    ['client:web AND outcome:denied', { all: [web, denied] }],
    ['client:web OR outcome:denied', { any: [web, denied] }],
    ['-client:web', { not: web }],
    ['NOT client:web', { not: web }],
    ['-(client:web OR outcome:denied)', { not: { any: [web, denied] } }],
    ['client:web outcome:denied OR x', { any: [{ all: [web, denied] }, { text: 'x' }] }],
    ['client:web,"a b"', { field: 'client', tests: [{ is: 'web' }, { is: 'a b' }] }],
    ['scope:admin*', { field: 'scope', tests: [{ like: 'admin*' }] }],
    ['scope:"admin*"', { field: 'scope', tests: [{ is: 'admin*' }] }],
    ['scope:admin\\*', { field: 'scope', tests: [{ is: 'admin*' }] }],
    ['reason:*', { field: 'reason', tests: [{ has: true }] }],
    ['duration:>2s', { field: 'duration', tests: [{ above: '2s' }] }],
    ['duration:100ms..2s', { field: 'duration', tests: [{ from: '100ms', to: '2s' }] }],
    ['index:..9', { field: 'index', tests: [{ to: '9' }] }],
    ['status:>=400', { field: 'status', tests: [{ from: '400' }] }],
    ['after:-24h', { field: 'after', tests: [{ is: '-24h' }] }],
    ['after:2026-01-31T12:00Z', { field: 'after', tests: [{ is: '2026-01-31T12:00Z' }] }],
    ['oauth.client.id:web', { field: 'oauth.client.id', tests: [{ is: 'web' }] }],
    ['issuer:https://a.example/b', { field: 'issuer', tests: [{ is: 'https://a.example/b' }] }],
    ['route:"GET /a(b)"', { field: 'route', tests: [{ is: 'GET /a(b)' }] }],
    ['client:a..b', { field: 'client', tests: [{ is: 'a..b' }] }],
    ['"say \\"hi\\""', { text: 'say "hi"' }],
    ['a-b', { text: 'a-b' }],
    ['constructor', { text: 'constructor' }],
    ['__proto__ toString', { all: [{ text: '__proto__' }, { text: 'toString' }] }],
  ])('%s', (text, meaning) => expect(parseQuery(text)).toEqual(meaning))
})

function failing(text: string, hasWord?: HasWord): QuerySyntaxError {
  try {
    parseQuery(text, hasWord)
  } catch (error) {
    if (error instanceof QuerySyntaxError) return error
    throw error
  }
  throw new Error(`${text} is a query`)
}

describe('errors', () => {
  test.each([
    ['outcome:denied clinet:web', 'QUERY_FIELD_UNKNOWN', 'clinet:', ['client:']],
    ['https://a.example', 'QUERY_FIELD_UNKNOWN', 'https:', []],
    ['client:web "open', 'QUERY_SYNTAX', '"open', []],
    ['(client:web', 'QUERY_SYNTAX', '(', []],
    ['client:web)', 'QUERY_SYNTAX', ')', []],
    ['client:', 'QUERY_SYNTAX', 'client:', []],
    ['a OR', 'QUERY_SYNTAX', 'OR', []],
    ['client:a,', 'QUERY_SYNTAX', 'client:', []],
    ['duration:fast', 'QUERY_VALUE_INVALID', 'fast', []],
    ['after:yesterday', 'QUERY_VALUE_INVALID', 'yesterday', []],
    ['after:>2026-01-01', 'QUERY_VALUE_INVALID', '>2026-01-01', []],
    ['after:*', 'QUERY_VALUE_INVALID', '*', []],
    ['user:ali*', 'QUERY_VALUE_INVALID', 'ali*', []],
    ['user:>1', 'QUERY_VALUE_INVALID', '>1', []],
    ['reuse:perhaps', 'QUERY_VALUE_INVALID', 'perhaps', ['true', 'false']],
    ['index:..', 'QUERY_VALUE_INVALID', '..', []],
    ['client:""', 'QUERY_VALUE_INVALID', '""', []],
  ])('%s: %s at %s', (text, code, part, suggestions) => {
    const error = failing(text)
    expect(error.code).toBe(code)
    expect(text.slice(error.at, error.at + error.length)).toBe(part)
    expect(error.suggestions).toEqual(suggestions)
  })

  test('limits hold at N and N + 1', () => {
    parseQuery('x'.repeat(MAX_QUERY_CHARS))
    expect(failing('x'.repeat(MAX_QUERY_CHARS + 1)).code).toBe('QUERY_TOO_LONG')
    parseQuery('x '.repeat(MAX_QUERY_TERMS))
    expect(failing('x '.repeat(MAX_QUERY_TERMS + 1)).code).toBe('QUERY_TOO_LONG')
    const nest = (depth: number): string => '('.repeat(depth) + 'x' + ')'.repeat(depth)
    parseQuery(nest(MAX_QUERY_DEPTH))
    expect(failing(nest(MAX_QUERY_DEPTH + 1)).code).toBe('QUERY_TOO_LONG')
  })
})

describe('closed lists of values, where it is known which words records have', () => {
  const hasWord = (column: string, word: string): boolean =>
    column === 'audit.outcome' && word === 'unheard'
  const of = (text: string): QuerySyntaxError => failing(text, hasWord)

  test.each([
    ['client:web outcome:refused', 'refused', []],
    ['outcome:denied,faliure', 'faliure', ['failure']],
    ['outcome:"Denied"', '"Denied"', ['denied']],
    ['-audit.outcome:sucess', 'sucess', ['success']],
    ['role:clint', 'clint', ['client']],
  ])('%s: refused at %s', (text, part, suggestions) => {
    const error = of(text)
    expect(error.code).toBe('QUERY_VALUE_INVALID')
    expect(text.slice(error.at, error.at + error.length)).toBe(part)
    expect(error.suggestions).toEqual(suggestions)
  })

  test('the message has the list', () => {
    expect(of('outcome:refused').message).toContain(
      'outcome: `refused` is none of success, failure, denied, challenge',
    )
    const json = '{"field": "outcome", "tests": [{"is": "refused"}]}'
    expect(of(json).code).toBe('QUERY_VALUE_INVALID')
  })

  test.each([
    ...['outcome:denied,failure', 'outcome:unheard', 'outcome:den*', 'outcome:*', 'reuse:true'],
    ...['reason:token_mising', 'action:shop.export', 'client:refused', 'refused'],
  ])('%s is taken', (text) => {
    expect(parseQuery(text, hasWord)).toEqual(parseQuery(text))
  })
})
