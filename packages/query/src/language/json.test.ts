// A query as JSON means what its text means, and is held to the same rules.
import { expect, test } from '@jest/globals'
import { MAX_QUERY_DEPTH, MAX_QUERY_TERMS } from '../limits.ts'
import { parseQuery } from './parse.ts'

test.each([
  'client:web,worker outcome:denied',
  '(client:w* OR -reason:*) after:-24h',
  'duration:100ms..2s index:>5 status:>=400 "two words"',
  'scope:"admin*" reuse:true user:alice',
])('%s, as JSON, is itself', (text) => {
  const query = parseQuery(text)
  expect(parseQuery(JSON.stringify(query))).toEqual(query)
  expect(parseQuery(` ${JSON.stringify(query, null, 2)}\n`)).toEqual(query)
})

const nested = (depth: number): string =>
  '{"not":'.repeat(depth) + '{"text":"x"}' + '}'.repeat(depth)
const wide = (count: number): string => JSON.stringify({ any: Array(count).fill({ text: 'x' }) })

test.each([
  ['{', 'QUERY_SYNTAX'],
  ['{}', 'QUERY_SYNTAX'],
  ['{"all":1}', 'QUERY_SYNTAX'],
  ['{"all":[],"any":[]}', 'QUERY_SYNTAX'],
  ['{"all":[null]}', 'QUERY_SYNTAX'],
  ['{"field":"clinet","tests":[{"is":"x"}]}', 'QUERY_FIELD_UNKNOWN'],
  ['{"field":"client","tests":[]}', 'QUERY_VALUE_INVALID'],
  ['{"field":"client","tests":[{"is":1}]}', 'QUERY_VALUE_INVALID'],
  ['{"field":"client","tests":[{"has":false}]}', 'QUERY_VALUE_INVALID'],
  ['{"field":"user","tests":[{"like":"a*"}]}', 'QUERY_VALUE_INVALID'],
  ['{"field":"user","tests":[{"above":"1"}]}', 'QUERY_VALUE_INVALID'],
  ['{"field":"duration","tests":[{"above":"soon"}]}', 'QUERY_VALUE_INVALID'],
  ['{"field":"after","tests":[{"is":"soon"}]}', 'QUERY_VALUE_INVALID'],
  [nested(MAX_QUERY_DEPTH + 1), 'QUERY_TOO_LONG'],
  [wide(MAX_QUERY_TERMS + 1), 'QUERY_TOO_LONG'],
])('%.60s: %s', (text, code) => {
  expect(() => parseQuery(text)).toThrow(expect.objectContaining({ code, at: 0 }))
})

test('limits hold at N', () => {
  parseQuery(nested(MAX_QUERY_DEPTH))
  parseQuery(wide(MAX_QUERY_TERMS))
})
