import { expect, test } from '@jest/globals'
import { remembered } from './remembered.ts'

function counting(max: number): { of: (text: string) => string | null; asked: string[] } {
  const asked: string[] = []
  const of = remembered(max, (text) => {
    asked.push(text)
    return text === '' ? null : text.toUpperCase()
  })
  return { of, asked }
}

test('a function is asked once for what is remembered, null too', () => {
  const { asked, of } = counting(2)
  expect(['a', '', 'a', ''].map(of)).toEqual(['A', null, 'A', null])
  expect(asked).toEqual(['a', ''])
})

test('so many answers are kept, and with one more it begins anew', () => {
  const { asked, of } = counting(2)
  for (const text of ['a', 'b', 'a', 'c', 'c', 'a']) of(text)
  expect(asked).toEqual(['a', 'b', 'c', 'a'])
})
