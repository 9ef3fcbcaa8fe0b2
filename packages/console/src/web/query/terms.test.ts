// Claims on terms: every part of a text is in one, with its place, even where it is not whole.
import { expect, test } from '@jest/globals'
import { termsOf } from './terms.ts'

const told = (text: string): string[] => termsOf(text).map(({ from, to }) => text.slice(from, to))

test('terms, groups and quotes are whole', () => {
  const text = 'client:web -action:"a b",c (x OR (y z)) "two words" duration:>2s'
  expect(told(text)).toEqual([
    ...['client:web', '-action:"a b",c', '(x OR (y z))', '"two words"', 'duration:>2s'],
  ])
  const [, action] = termsOf(text)
  expect(action).toMatchObject({ isNot: true, field: 'action' })
  expect(action?.values.map((value) => value.text)).toEqual(['a b', 'c'])
})

test('a value that looks like something else is a value', () => {
  expect(termsOf('after:-24h')[0]).toMatchObject({ field: 'after', isNot: false })
  expect(termsOf('trace:a:b')[0]?.values[0]?.text).toBe('a:b')
  expect(termsOf(String.raw`client:"a\"b\\"`)[0]?.values[0]?.text).toBe(String.raw`a"b\ `.trim())
})

test('half a query has terms, too', () => {
  expect(told('client:')).toEqual(['client:'])
  expect(told('client:"no end')).toEqual(['client:"no end'])
  expect(told('(a OR')).toEqual(['(a OR'])
  expect(told(') , -')).toEqual([')', ',', '-'])
  expect(told('  ')).toEqual([])
})
