// Claims on filters: each operator is written as the language has it, and none where it has none.
import { expect, test } from '@jest/globals'
import { filterText, operatorsOf } from './filter.ts'

test('terms', () => {
  const word = { field: 'client', value: 'a b' }
  expect(filterText({ ...word, operator: 'is' })).toBe('client:"a b"')
  expect(filterText({ ...word, operator: 'not' })).toBe('-client:"a b"')
  expect(filterText({ ...word, operator: 'like' })).toBe('client:*a*b*')
  expect(filterText({ ...word, operator: 'any' })).toBe('client:*')
  expect(filterText({ ...word, operator: 'none' })).toBe('-client:*')
  const took = { field: 'duration', value: '2s' }
  expect(filterText({ ...took, operator: 'above' })).toBe('duration:>2s')
  expect(filterText({ ...took, operator: 'below' })).toBe('duration:<2s')
  expect(filterText({ ...took, operator: 'between', upper: '3s' })).toBe('duration:2s..3s')
})

test('half a filter is none', () => {
  expect(filterText({ field: 'client', value: ' ', operator: 'is' })).toBe('')
  expect(filterText({ field: '', value: 'x', operator: 'any' })).toBe('')
  expect(filterText({ field: 'index', value: '1', operator: 'between' })).toBe('')
})

test('only numbers have an order, only words have parts', () => {
  expect(operatorsOf({ type: 'duration' })).toContain('above')
  expect(operatorsOf({ type: 'word' })).not.toContain('above')
  expect(operatorsOf({ type: 'hash' })).not.toContain('like')
})
