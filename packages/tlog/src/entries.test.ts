import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { expectCode, hex, unhex, utf8 } from '../test/helpers.ts'
import { decodeEntries, encodeEntries } from './entries.ts'
import { MAX_ENTRY_BYTES } from './limits.ts'

test('the bytes are each length as a big-endian uint16, then the entry', () => {
  expect(hex(encodeEntries([utf8('a'), utf8('')]))).toBe('0001610000')
  expect(hex(encodeEntries([new Uint8Array(258)])).slice(0, 6)).toBe('010200')
})

test('what is encoded is decoded', () => {
  const bundle = fc.array(fc.uint8Array({ maxLength: 300 }), { minLength: 1, maxLength: 256 })
  fc.assert(
    fc.property(bundle, (entries) => {
      expect(decodeEntries(encodeEntries(entries)).map(hex)).toEqual(entries.map(hex))
    }),
  )
})

test('any bundle that is accepted is spelled the one way', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 20, max: 4 }), (bytes) => {
      try {
        expect(hex(encodeEntries(decodeEntries(bytes)))).toBe(hex(bytes))
      } catch (error) {
        expect(error).toMatchObject({ code: 'TLOG_ENTRIES_MALFORMED' })
      }
    }),
    { numRuns: 1000 },
  )
})

test.each(['', '00', '0001', '000161ff', '00016100', '0002ff'])('refuses %j', (bytes) =>
  expectCode('TLOG_ENTRIES_MALFORMED', () => decodeEntries(unhex(bytes))),
)

test('the limits: 1 to 256 entries, each up to 65,535 bytes', async () => {
  const many = (count: number): Uint8Array[] => Array.from({ length: count }, () => utf8('x'))
  expect(decodeEntries(encodeEntries(many(256)))).toHaveLength(256)
  await expectCode('TLOG_ENTRIES_MALFORMED', () => encodeEntries(many(257)))
  await expectCode('TLOG_ENTRIES_MALFORMED', () => encodeEntries([]))
  await expectCode('TLOG_ENTRIES_MALFORMED', () => decodeEntries(new Uint8Array(2 * 257)))
  const longest = new Uint8Array(MAX_ENTRY_BYTES).fill(1)
  expect(hex(decodeEntries(encodeEntries([longest]))[0]!)).toBe(hex(longest))
  const longer = new Uint8Array(MAX_ENTRY_BYTES + 1)
  await expectCode('TLOG_ENTRIES_MALFORMED', () => encodeEntries([longer]))
})
