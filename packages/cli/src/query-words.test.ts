// Claims on queries of a command line: words and flags are one query, and a fault is pointed at.
import { expect, test } from '@jest/globals'
import { CliError, formatProblem, problemOf } from './errors.ts'
import { queryOf } from './query-words.ts'

const client = { field: 'client', tests: [{ is: 'web' }] }

test('words stand together, and flags are terms beside them', () => {
  expect(queryOf(['client:web', '-outcome:denied'])).toEqual({
    all: [client, { not: { field: 'outcome', tests: [{ is: 'denied' }] } }],
  })
  expect(queryOf(['client:a', 'OR', 'client:b'], { client: 'web' })).toMatchObject({
    all: [client, { any: [{}, {}] }],
  })
  expect(queryOf([], { client: 'web' })).toEqual(client)
  expect(queryOf([], { after: 0 })).toEqual({
    ...{ field: 'after', tests: [{ is: '1970-01-01T00:00:00.000Z' }] },
  })
  expect(queryOf([])).toEqual({ all: [] })
})

test('a flag says its value as it is', () => {
  const odd = 'a* OR (b'
  expect(queryOf([], { client: odd })).toEqual({ field: 'client', tests: [{ is: odd }] })
})

function problemIn(...words: string[]): ReturnType<typeof problemOf> {
  try {
    queryOf(words)
  } catch (error) {
    return problemOf(error)
  }
  throw new Error('it was read')
}

test('a fault has a caret under it, and what was probably meant', () => {
  const text = formatProblem(problemIn('outcome:denied', 'clinet:web'), false)
  const [title, query, caret, meant, fix] = text.split('\n')
  expect(title).toMatch(/^QUERY_FIELD_UNKNOWN: /)
  expect(query).toBe('  outcome:denied clinet:web')
  expect(caret).toBe('                 ^^^^^^^')
  expect(meant).toMatch(/^ {2}perhaps: client:/)
  expect(fix).toMatch(/^ {2}fix: /)
})

test('as JSON it has its place', () => {
  const { error } = JSON.parse(formatProblem(problemIn('clinet:web'), true)) as { error: object }
  expect(error).toMatchObject({ code: 'QUERY_FIELD_UNKNOWN', at: 0, length: 7 })
  expect(error).toHaveProperty('suggestions', expect.arrayContaining(['client:']))
})

test('of a long query the part around the fault is shown, without control characters', () => {
  const long = `client:${'a'.repeat(100)}`
  const problem = problemIn(long, 'x\u001b[31m', '(b')
  const lines = formatProblem(problem, false).split('\n')
  expect(lines[1]).toHaveLength(2 + 1 + 60 + 2)
  expect(lines[1]).toMatch(/^ {2}…a+ x\ufffd\[31m \(b$/)
  expect(lines[1]?.[lines[2]?.indexOf('^') ?? 0]).toBe('(')
})

test('an option that does not exist is no word', () => {
  expect(() => queryOf(['--limti'])).toThrow(CliError)
})

test('a flag is checked as the term that it is short for', () => {
  expect(queryOf([], { client: 'a b', outcome: 'denied' }, () => false)).toEqual({
    all: [
      { field: 'client', tests: [{ is: 'a b' }] },
      { field: 'outcome', tests: [{ is: 'denied' }] },
    ],
  })
  expect(() => queryOf([], { outcome: 'faliure' }, () => false)).toThrow('did you mean failure?')
  expect(queryOf([], { outcome: 'faliure' }, () => true)).toEqual({
    ...{ field: 'outcome', tests: [{ is: 'faliure' }] },
  })
})
