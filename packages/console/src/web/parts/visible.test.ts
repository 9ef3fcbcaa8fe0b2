// Claims on hostile text: nothing in it is hidden, and nothing else is changed.
import { expect, test } from '@jest/globals'
import { sentence, visibleParts, visibleText } from './visible.ts'

test('a sentence begins large and ends once', () => {
  expect(sentence('the query is wrong')).toBe('The query is wrong.')
  expect(sentence('Use a field.')).toBe('Use a field.')
})

test('plain text of any script stays as it is', () => {
  for (const text of ['web', 'Zoë', '株式会社', 'שלום', '👩', '<script>alert(1)</script>']) {
    expect(visibleParts(text)).toEqual([{ text, isMark: false }])
  }
  expect(visibleParts('')).toEqual([])
})

test('what would hide or turn text is told by its name', () => {
  expect(visibleText('a\u202eb')).toBe('a⟨U+202E⟩b')
  expect(visibleText('a\nb\tc\u0000')).toBe('a⟨\\n⟩b⟨\\t⟩c⟨U+0000⟩')
  expect(visibleText('ad\u200bmin')).toBe('ad⟨U+200B⟩min')
  expect(visibleText('x\u{e0041}')).toBe('x⟨U+E0041⟩')
  expect(visibleText('x\ud800')).toBe('x⟨U+D800⟩')
})
