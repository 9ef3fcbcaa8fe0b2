import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { QUERY_CODES, QueryError } from './codes.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const documented = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code)

test('README.md lists every code, and no other', () => {
  expect(documented.map(String).toSorted()).toEqual(Object.keys(QUERY_CODES).toSorted())
})

test('an error has its code, what happened and what to do', () => {
  const error = new QueryError('BACKEND_REFUSED', 'HTTP 500')
  expect(error.message).toBe('the backend refused a request: HTTP 500')
  expect(error).toMatchObject({ code: 'BACKEND_REFUSED', fix: QUERY_CODES.BACKEND_REFUSED.fix })
})
