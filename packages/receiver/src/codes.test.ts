import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { RECEIVER_CODES, REFUSALS } from './codes.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const documented = [...readme.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code)

test('README.md lists every code, and no other', () => {
  const codes = [...Object.keys(REFUSALS), ...Object.keys(RECEIVER_CODES)]
  expect(documented.map(String).toSorted()).toEqual(codes.toSorted())
})
