import { expect, test } from '@jest/globals'
import { maskedText, maskedUrl } from './masked.ts'

test.each([
  ['http://u:SECRET@h/', 'http://***@h/'],
  ['http:/u:SECRET@h/', 'http:/***@h/'],
  ['https://SECRET@h:1/x', 'https://***@h:1/x'],
  ['http://u:SEC/RET@h', 'http://***@h'],
  ['http://u:SEC@RET@h', 'http://***@h'],
  ['u:SECRET@h', '***@h'],
  ['ftp://h/?key=SECRET', 'ftp://h/?***'],
  ['http://h/v1/traces', 'http://h/v1/traces'],
])('%s is shown as %s', (text, shown) => {
  expect(maskedUrl(text)).toBe(shown)
})

test('in a sentence only the secret goes', () => {
  const text = "argument 'ftp://u:SECRET@h/' is invalid, see https://example.com, or mail a@b"
  const shown = "argument 'ftp://***@h/' is invalid, see https://example.com, or mail a@b"
  expect(maskedText(text)).toBe(shown)
})
