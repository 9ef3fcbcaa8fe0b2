import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { utf8 } from '@grantlog/record'
import { joinOpenings, OpeningSplitter, type SlotOpening } from './outline.ts'

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString()

const roundTrip = (openings: readonly SlotOpening[], splitter = new OpeningSplitter()) => {
  const { outline, values } = splitter.split(openings)
  return joinOpenings(Uint8Array.from(outline), Uint8Array.from(values)).map((one) => ({
    slot: one.slot,
    opening: Uint8Array.from(one.opening),
  }))
}

test('no text of a value stays in the outline', () => {
  const opening = utf8(
    '{"fields":{"user.id":{"stringValue":"ali\\"ce: \\\\"},' +
      '"user.n":{"intValue":"7"}},"salt":"s4lt"}',
  )
  const { outline, values } = new OpeningSplitter().split([{ slot: 'user', opening }])
  expect(text(outline.subarray(7))).toBe(
    '{"fields":{"user.id":{"stringValue":""},"user.n":{"intValue":""}},"salt":""}',
  )
  expect(text(values)).toBe('\0\x0bali\\"ce: \\\\\0\x017\0\x04s4lt')
})

test('openings come back as they were, JSON or not', () => {
  const bytes = fc.oneof(
    fc.json().map((json) => utf8(json)),
    // What the two halves turn on, in every order.
    fc.array(fc.constantFrom(...':"\\,x')).map((parts) => utf8(parts.join(''))),
    fc.uint8Array({ maxLength: 100 }),
  )
  const opening = fc.record({
    slot: fc.constantFrom('user', 'network') as fc.Arbitrary<SlotOpening['slot']>,
    opening: bytes,
  })
  const splitter = new OpeningSplitter()
  fc.assert(
    fc.property(fc.array(opening, { maxLength: 4 }), (openings) => {
      const plain = openings.map((one) => ({ ...one, opening: Uint8Array.from(one.opening) }))
      expect(roundTrip(plain, splitter)).toEqual(plain)
    }),
    { numRuns: 2000 },
  )
})

test('a long opening makes its room; a value over 65,535 bytes is refused', () => {
  const of = (length: number): SlotOpening[] => [
    { slot: 'user', opening: utf8(`{"salt":"${'x'.repeat(length)}"}`) },
  ]
  expect(roundTrip(of(50_000))[0]!.opening).toHaveLength(50_011)
  expect(() => roundTrip(of(65_536))).toThrow('a value is too long')
})

test('an outline and values that are not of each other are refused', () => {
  const splitter = new OpeningSplitter()
  const split = (json: string) => {
    const { outline, values } = splitter.split([{ slot: 'user', opening: utf8(json) }])
    return { outline: Uint8Array.from(outline), values: Uint8Array.from(values) }
  }
  const [one, two] = [split('{"a":"b"}'), split('{"a":"b","c":"d"}')]
  expect(() => joinOpenings(one.outline, two.values)).toThrow('bytes left over')
  expect(() => joinOpenings(two.outline, one.values)).toThrow('too early')
})
