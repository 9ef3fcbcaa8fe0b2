import { expect, test } from '@jest/globals'
import { searchPath, termOf } from './search.ts'

test('a term is quoted where a character of its value would mean something', () => {
  expect(termOf('client', 'web')).toBe('client:web')
  expect(termOf('issuer', 'https://login.example.com')).toBe('issuer:https://login.example.com')
  expect(termOf('route', 'GET /orders/:id')).toBe('route:"GET /orders/:id"')
  expect(termOf('client', 'a"b\\c')).toBe('client:"a\\"b\\\\c"')
  for (const value of ['-x', '>5', '1..2', 'a*', 'OR ', '(', ',', '']) {
    expect(termOf('client', value)).toBe(`client:"${value}"`)
  }
})

test('a path keeps its terms apart and whole', () => {
  const path = searchPath(['client', 'a&b=#'], ['scope', ''], ['user', 'x'])
  expect(path).toBe(`/records?q=${encodeURIComponent('client:"a&b=#" user:x')}`)
})
