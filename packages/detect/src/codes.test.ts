import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { DETECT_CODES, DetectError } from './codes.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const documented = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code)

test('README.md lists every code, and no other', () => {
  expect(documented.map(String).toSorted()).toEqual(Object.keys(DETECT_CODES).toSorted())
})

test('an error has its code, what happened and what to do', () => {
  const error = new DetectError('EVENT_MALFORMED', 'no JSON')
  expect(error.message).toBe('a line is no event: no JSON')
  expect(error).toMatchObject({ code: 'EVENT_MALFORMED', fix: DETECT_CODES.EVENT_MALFORMED.fix })
})
