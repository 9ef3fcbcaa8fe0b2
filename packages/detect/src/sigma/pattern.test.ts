import { expect, test } from '@jest/globals'
import { matcherOf, opened, parsePattern, plainOf } from './pattern.ts'

const matches = (pattern: string, text: string): boolean => matcherOf(parsePattern(pattern))(text)

test.each([
  ['abc', ['abc'], ['abcd', 'xabc', '']],
  ['', [''], ['a']],
  ['*', ['', 'a'], []],
  ['?', ['a', '\u{1f600}'], ['', 'ab']],
  ['a*', ['a', 'ab'], ['ba']],
  ['*a', ['a', 'ba'], ['ab']],
  ['*a*', ['bab'], ['b']],
  ['a*b', ['ab', 'axxb'], ['axxbc', 'a', 'b']],
  ['a?c', ['abc'], ['ac', 'abbc']],
  // The first place of a segment leaves most for those behind it; the last stands at the end.
  ['*ab*b', ['abb', 'xabxb', 'ababb'], ['ab', 'abx']],
  ['a*?b', ['axb', 'axxb'], ['ab']],
  ['*?', ['a'], ['']],
  ['a**b', ['ab'], ['a']],
])('%s', (pattern, those, others) => {
  expect(those.filter((text) => !matches(pattern, text))).toEqual([])
  expect(others.filter((text) => matches(pattern, text))).toEqual([])
})

// Sigma specification 2.1.0, "Escape Character".
test.each([
  ['a\\b', 'a\\b'],
  ['a\\\\b', 'a\\b'],
  ['\\*', '*'],
  ['\\?', '?'],
  ['\\\\\\*', '\\*'],
  ['\\\\\\\\', '\\\\'],
])('%s is the text %s', (pattern, text) => {
  expect(plainOf(parsePattern(pattern))).toBe(text)
})

test('a backslash that is escaped leaves the wildcard one', () => {
  expect(matches('\\\\*', '\\anything')).toBe(true)
})

test('a pattern is opened once', () => {
  const both = { before: true, behind: true }
  expect(opened(parsePattern('*a'), both)).toEqual(parsePattern('*a*'))
  expect(opened(parsePattern(''), both)).toEqual(parsePattern('*'))
})
