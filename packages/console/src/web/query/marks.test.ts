// Claims on marks: they are the whole text, whatever it is, and say what is what.
import { expect, test } from '@jest/globals'
import { marksOf } from './marks.ts'

const told = (text: string): string[] =>
  marksOf(text).flatMap((mark) => (mark.kind === 'plain' ? [] : [`${mark.kind} ${mark.text}`]))

test('fields, signs and groups', () => {
  expect(told('client:web -action:"a:b" (x OR -scope:y) z')).toEqual([
    ...['field client:', 'sign -', 'field action:', 'sign (', 'sign OR', 'sign -', 'field scope:'],
    'sign )',
  ])
})

test('together they are the text, even of half a query', () => {
  const texts = [
    '',
    ' ',
    '(',
    '((a',
    ')',
    '-',
    'a OR',
    '"x',
    'client:',
    '-(a b)) c',
    'x:(y z)',
    ',',
  ]
  for (const text of texts) {
    const wrong = { at: 1, length: 2 }
    expect(
      marksOf(text, wrong)
        .map((mark) => mark.text)
        .join(''),
    ).toBe(text)
  }
})

test('what is wrong is marked across pieces, at the end too', () => {
  const wrong = marksOf('clent:web x', { at: 0, length: 6 }).filter((mark) => mark.isWrong)
  expect(wrong.map((mark) => mark.text)).toEqual(['clent:'])
  const across = marksOf('a:b', { at: 1, length: 2 }).filter((mark) => mark.isWrong)
  expect(across.map((mark) => mark.text)).toEqual([':', 'b'])
})
