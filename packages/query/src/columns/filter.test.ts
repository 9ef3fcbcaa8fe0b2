import { expect, test } from '@jest/globals'
import { unitFrom } from '../../test/random.ts'
import { filterOf, mayHave } from './filter.ts'

const random = unitFrom(5)
const some = (count: number): Uint32Array =>
  Uint32Array.from({ length: count }, () => 1 + Math.floor(random() * (2 ** 32 - 2)))

test.each([1, 10, 3_000, 65_536])(
  'of %i values none is missed, and few others are let in',
  (count) => {
    const [own, others] = [some(count), some(20_000)]
    const filter = filterOf(own, undefined)
    expect(own.every((value) => mayHave(filter, value))).toBe(true)
    const known = new Set(own)
    const wrong = others.filter((value) => !known.has(value) && mayHave(filter, value)).length
    expect(wrong / others.length).toBeLessThan(0.05)
    expect(filter.length).toBeLessThanOrEqual(Math.max(64, count * 2))
  },
)

test('further values of a row are among them', () => {
  const filter = filterOf(Uint32Array.of(7), Uint32Array.of(0, 123_456_789))
  expect(mayHave(filter, 123_456_789)).toBe(true)
})
