import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeList, encodeList } from './list.ts'

test('a list reads back as its sorted, distinct items', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (items) => {
      const expected = [...new Set(items.filter((item) => item !== ''))].sort()
      expect(decodeList(encodeList(items))).toEqual(expected)
    }),
  )
})

test('items cannot forge a separator', () => {
  expect(encodeList(['read write', 'a%20b', '\n'])).toBe('%0A a%2520b read%20write')
})
