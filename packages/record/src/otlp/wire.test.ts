import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { utf8 } from '../bytes.ts'
import { wireFields, wireText, WireWriter } from './wire.ts'

function written(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter()
  write(writer)
  return writer.finish()
}

// One byte, two bytes and three bytes of length, and the bounds between them.
const lengths = [0, 1, 126, 127, 128, 129, 16_383, 16_384, 16_385, 70_000]

test.each(lengths)('a message of %i bytes is the same in its place as apart', (length) => {
  const body = new Uint8Array(length).fill(7)
  const inPlace = written((writer) => {
    writer.varint(1, 5)
    writer.message(2, (inner) => inner.message(3, (innermost) => innermost.raw(body)))
    writer.text(4, 'behind')
  })
  const apart = written((writer) => {
    writer.varint(1, 5)
    writer.bytes(
      2,
      written((inner) => inner.bytes(3, body)),
    )
    writer.text(4, 'behind')
  })
  expect(inPlace).toEqual(apart)
})

test('texts read back, of any length and any script', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({ maxLength: 300 }),
  )
  fc.assert(
    fc.property(fc.array(text), (texts) => {
      const bytes = written((writer) => texts.forEach((one) => writer.text(1, one)))
      expect([...wireFields(bytes)].map((field) => wireText(field, 'text'))).toEqual(texts)
      expect(bytes).toEqual(written((writer) => texts.forEach((one) => writer.bytes(1, utf8(one)))))
    }),
  )
})

test('a pair is the same at once as in its parts, or is not written', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 130 }),
    fc.string({ maxLength: 130 }),
  )
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text)), (pairs) => {
      const inParts = (writer: WireWriter, key: string, value: string): void =>
        writer.message(9, (pair) => {
          pair.text(1, key)
          pair.message(2, (any) => any.text(1, value))
        })
      const atOnce = written((writer) => {
        for (const [key, value] of pairs) {
          const keyBytes = written((one) => one.text(1, key))
          if (!writer.pair(9, keyBytes, value)) inParts(writer, key, value)
        }
      })
      const apart = written((writer) => pairs.forEach((pair) => inParts(writer, ...pair)))
      expect(atOnce).toEqual(apart)
    }),
  )
})

test('numbers read back', () => {
  const number = fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)
  fc.assert(
    fc.property(fc.array(number), (numbers) => {
      const bytes = written((writer) => numbers.forEach((one) => writer.varint(1, one)))
      const read = [...wireFields(bytes)].map(({ integer }) => BigInt.asIntN(64, integer))
      expect(read).toEqual(numbers)
    }),
  )
})

test('a lone surrogate has no bytes', () => {
  expect(() => written((writer) => writer.text(1, 'a\ud800'))).toThrow(RangeError)
})
