import { expect, test } from '@jest/globals'
import { refusedTerm, searchPath } from './search.ts'

test('a path keeps its terms apart and whole, whatever their values hold', () => {
  const path = searchPath(['client', 'a&b=# "x"'], ['scope', ''], ['user', 'x'])
  expect(path).toBe(`/records?q=${encodeURIComponent('client:"a&b=# \\"x\\"" user:x')}`)
})

test('what was refused was denied or failed', () => {
  const path = searchPath(['session', 'p1.x'], refusedTerm)
  expect(path).toBe(`/records?q=${encodeURIComponent('session:p1.x outcome:denied,failure')}`)
})
