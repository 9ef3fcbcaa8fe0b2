import { expect, test } from '@jest/globals'
import { type Bounded, MAX_BOUND_VALUES, MAX_LISTS, selectorOf } from './selector.ts'

type Values = readonly (string | undefined)[]

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => `v${i}`)
const bounded = (of: string, ...bounds: (readonly string[] | null)[]): Bounded<string> => ({
  of,
  bounds: bounds.map((values) => values && new Set(values)),
})
const select = (...all: Bounded<string>[]): ((values: Values) => readonly string[]) =>
  selectorOf(all, (values: Values, field) => values[field])

test('gives those whose bounds are kept, in their order', () => {
  const of = select(
    bounded('any', null, null),
    bounded('token', ['token'], null),
    bounded('denied', null, ['denied']),
    bounded('both', ['token', 'par'], ['denied']),
    bounded('never', [], null),
  )
  expect(of(['token', 'denied'])).toEqual(['any', 'token', 'denied', 'both'])
  expect(of(['par', 'denied'])).toEqual(['any', 'denied', 'both'])
  expect(of(['token', 'success'])).toEqual(['any', 'token'])
  expect(of(['stranger', undefined])).toEqual(['any'])
  expect(of([undefined, 'denied'])).toEqual(['any', 'denied'])
})

test('nobody is nobody, and values that nobody names share a list', () => {
  expect(select()(['token'])).toEqual([])
  const of = select(bounded('token', ['token']))
  expect(of(['one'])).toBe(of(['another']))
})

test('a field of too many values bounds nobody', () => {
  const most = bounded('many', numbers(MAX_BOUND_VALUES))
  expect(select(most)(['stranger'])).toEqual([])
  const over = bounded('many', numbers(MAX_BOUND_VALUES + 1))
  expect(select(over)(['stranger'])).toEqual(['many'])
})

test('lists are bounded, and the same when they are made again', () => {
  const of = select(...numbers(40).map((value) => bounded(value, [value], numbers(40))))
  const every = numbers(40).flatMap((a) => numbers(40).map((b) => [a, b]))
  expect(every.length).toBeGreaterThan(MAX_LISTS)
  for (const values of [...every, ...every]) expect(of(values)).toEqual([values[0]])
})
