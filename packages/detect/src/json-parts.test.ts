import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonValue } from '@grantlog/record'
import { jsonParts } from './json-parts.ts'

const textOf = (value: JsonValue): string => [...jsonParts(value)].join('')

test('together they are the text', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(textOf(value as JsonValue)).toBe(JSON.stringify(value))
    }),
  )
  const notGiven = { a: undefined, b: 1 } as unknown as JsonValue
  expect(textOf(notGiven)).toBe('{"b":1}')
})

test('of a large one each is a part', () => {
  const list = Array.from({ length: 20_000 }, (_, n) => [`key ${n}`, { n, text: 'x'.repeat(100) }])
  const value = { old: list, young: { list, empty: [], none: {} } } as unknown as JsonValue
  const parts = [...jsonParts(value)]
  expect(parts.join('')).toBe(JSON.stringify(value))
  expect(parts.length).toBeGreaterThan(10)
  expect(Math.max(...parts.map(({ length }) => length))).toBeLessThan(400_000)
})
