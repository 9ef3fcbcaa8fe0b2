import { expect, test } from '@jest/globals'
import { remembered, rememberedOfTwo } from './remembered.ts'

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

test('of two texts it is each pair, and so many pairs in all', () => {
  const asked: string[] = []
  const of = rememberedOfTwo(3, (one, other) => {
    asked.push(`${one}+${other}`)
    return one === '' ? null : one + other
  })
  const pairs = [...['a', 'b'].map((one) => [one, 'x'] as const), ['', 'x'] as const]
  for (const [one, other] of [...pairs, ...pairs]) {
    expect(of(one, other)).toBe(one === '' ? null : one + other)
  }
  expect(asked).toEqual(['a+x', 'b+x', '+x'])
  // One more, and it begins anew.
  expect([of('a', 'y'), of('a', 'y'), of('a', 'x')]).toEqual(['ay', 'ay', 'ax'])
  expect(asked.slice(3)).toEqual(['a+y', 'a+x'])
})
