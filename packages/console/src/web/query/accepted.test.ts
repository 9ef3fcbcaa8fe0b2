// Claims on taking a suggestion: the caret stands where one would go on writing.
import { expect, test } from '@jest/globals'
import { type Suggestion, accepted } from './accepted.ts'

const one = (from: number, to: number, text: string, kind: Suggestion['kind']): Suggestion => ({
  ...{ from, to, text, kind, brief: '', count: null },
})

test('a field waits for its value, a value is done', () => {
  expect(accepted('cl', one(0, 2, 'client:', 'field'))).toEqual({ text: 'client:', caret: 7 })
  expect(accepted('client:w', one(7, 8, 'web', 'value'))).toEqual({
    ...{ text: 'client:web ', caret: 11 },
  })
})

test('in the middle of a text the rest stays, with one space between', () => {
  expect(accepted('client:w x', one(7, 8, 'web', 'value'))).toEqual({
    ...{ text: 'client:web x', caret: 11 },
  })
})

test('a value with a line end is written without', () => {
  expect(accepted('client:', one(7, 7, '"a\nb"', 'value')).text).toBe('client:a*b ')
})
