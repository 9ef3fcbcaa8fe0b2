import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { CONSOLE_CODES } from './codes.ts'

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')

test('README.md lists every code with its status, and no other', () => {
  const documented = [...readme.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)]
  expect(documented.map(([, code, status]) => [code, Number(status)])).toEqual(
    Object.entries(CONSOLE_CODES).map(([code, { status }]) => [code, status]),
  )
})

test('every code says what happened and what to do', () => {
  for (const { fix, title } of Object.values(CONSOLE_CODES)) {
    expect(title).not.toBe('')
    expect(fix).toMatch(/\.$/)
  }
})
