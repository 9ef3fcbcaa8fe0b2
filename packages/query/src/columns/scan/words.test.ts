import { expect, test } from '@jest/globals'
import { viewOf } from './pieces.ts'
import { Words } from './words.ts'

const bytes = Buffer.from('orders:read')
const long = Buffer.alloc(129, 'x')

test('a word is known by its bytes, in its own column', () => {
  const words = new Words()
  const place = words.put(words.placeOf(3, 77), { column: 3, bytes, id: 9, text: 'orders:read' })
  expect([words.idAt(place), words.textAt(place)]).toEqual([9, 'orders:read'])
  expect([words.lengthAt(place, 3), words.lengthAt(place, 4)]).toEqual([bytes.length, -1])
  expect(words.isAt(viewOf(bytes), 0, place)).toBe(true)
  expect(words.isAt(viewOf(Buffer.from('orders:reaD')), 0, place)).toBe(false)
})

test('one that is too long is told once, and not remembered', () => {
  const words = new Words()
  const wanted = words.placeOf(3, 77)
  const place = words.put(wanted, { column: 3, bytes: long, id: 5, text: long.toString() })
  expect(words.idAt(place)).toBe(5)
  expect([words.lengthAt(place, 3), words.lengthAt(wanted, 3)]).toEqual([-1, -1])
})

test('one that comes into the place of another is remembered instead', () => {
  const words = new Words()
  const first = words.put(8, { column: 3, bytes, id: 9, text: 'orders:read' })
  const second = words.put(8, { column: 4, bytes: Buffer.from('web'), id: 2, text: 'web' })
  expect(second).toBe(first)
  expect([words.lengthAt(8, 3), words.lengthAt(8, 4)]).toEqual([-1, 3])
})
