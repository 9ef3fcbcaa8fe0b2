// Guarantee: what was read of a log record is written as it was: any value, any depth.
import { expect, test } from '@jest/globals'
import { attributesIn } from './log-value.ts'
import { writeTaggedPairs } from './tagged.ts'
import { WireWriter } from './wire.ts'

const limits = { attributesMax: 16, depthMax: 8 }

test('values read back as they were written', () => {
  const pairs = {
    none: {},
    text: { stringValue: '' },
    yes: { boolValue: true },
    no: { boolValue: false },
    int: { intValue: '-9223372036854775808' },
    negativeZero: { doubleValue: '8000000000000000' },
    nan: { doubleValue: '7ff8000000000001' },
    bytes: { bytesValue: 'AAH_' },
    list: { arrayValue: [{ stringValue: 'a' }, {}, { arrayValue: [] }] },
    map: { kvlistValue: { a: { kvlistValue: {} }, __proto__x: { intValue: '0' } } },
  }
  const writer = new WireWriter()
  writeTaggedPairs(writer, 6, pairs)
  expect(attributesIn(writer.finish(), 6, limits)).toEqual(pairs)
})
