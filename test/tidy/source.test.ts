// The scanner on the shapes that could fool it: a law that reads a comment as code is no law.
import { expect, test } from '@jest/globals'
import { importsOf, listFiles, maskOf, sourceOf } from './source.ts'

test.each([
  ["a // b 'c'\nd", 'a         \nd'],
  ['a /* b\nc */ d', 'a     \n     d'],
  ["a('//', b)", "a('  ', b)"],
  [`a("it's", b)`, `a("    ", b)`],
  ["a('\\'b', c)", "a('   ', c)"],
  ['`a ${b(`c ${d} e`)} f`', '`  ${b(`  ${d}  `)}  `'],
  ["`${{ a: '}' }}` + b", "`${{ a: ' ' }}` + b"],
  ["a.match(/'[/]/g) + b // c", 'a.match(       ) + b     '],
  ['a / b / c', 'a / b / c'],
])('the mask of %j is %j', (code, mask) => {
  expect(maskOf(code)).toBe(mask)
})

test('every form of import is seen, with its line, and nothing else', () => {
  const code = `import a from 'one'
import type { b } from 'two'
import {
  c,
  type d,
} from './three.ts'
import 'four'
export { e } from 'five'
export type { f } from 'six'
const g = await import('seven')
const h = require("eight")
const i = new URL('./nine.ts', import.meta.url)
const no = new URL('/path', 'http://127.0.0.1') && resolve('a promise')
// import x from 'comment'
const text = "import x from 'string'"
export const j = 'constant'
export function k(l = 'default') {}
`
  const seen = importsOf(sourceOf('a.ts', code))
  expect(seen.map(({ specifier, line, isType }) => [specifier, line, isType])).toEqual([
    ['one', 1, false],
    ['two', 2, true],
    ['./three.ts', 6, false],
    ['four', 7, false],
    ['five', 8, false],
    ['six', 9, true],
    ['seven', 10, false],
    ['eight', 11, false],
    ['./nine.ts', 12, false],
  ])
})

test('the file list has this file', () => {
  expect(listFiles()).toContain('test/tidy/source.test.ts')
})
