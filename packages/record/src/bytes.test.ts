import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createFinder } from './bytes.ts'

test('a needle is found where Node finds it', () => {
  // Few different bytes, so that beginnings of the needle are everywhere.
  const few = (minLength: number, maxLength: number) =>
    fc.array(fc.integer({ min: 0, max: 2 }), { minLength, maxLength }).map((b) => Buffer.from(b))
  fc.assert(
    fc.property(few(0, 60), few(1, 5), (bytes, needle) => {
      expect(createFinder(needle)(bytes)).toBe(bytes.includes(needle))
    }),
  )
})

test.each([
  ['at the start', 'ab..', true],
  ['at the end', '..ab', true],
  ['cut at the end', '..a', false],
  ['longer than what is searched', 'a', false],
])('%s', (_, text, expected) => {
  expect(createFinder(Buffer.from('ab'))(Buffer.from(text))).toBe(expected)
})
