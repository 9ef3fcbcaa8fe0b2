import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import {
  concatBytes,
  decodeBase64,
  decodeUtf8,
  encodeBase64,
  encodeUtf8,
  equalBytes,
} from './bytes.ts'

describe('base64', () => {
  test('writes what RFC 4648 section 10 lists', () => {
    const words = ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar']
    const coded = ['', 'Zg==', 'Zm8=', 'Zm9v', 'Zm9vYg==', 'Zm9vYmE=', 'Zm9vYmFy']
    expect(words.map((word) => encodeBase64(encodeUtf8(word)))).toEqual(coded)
  })

  test('is what Buffer writes, and is read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const coded = encodeBase64(bytes)
        expect(coded).toBe(Buffer.from(bytes).toString('base64'))
        expect(equalBytes(decodeBase64(coded)!, bytes)).toBe(true)
      }),
    )
  })

  test('has one accepted spelling for each byte string', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), (coded) => {
        const bytes = decodeBase64(coded)
        if (bytes !== undefined) expect(encodeBase64(bytes)).toBe(coded)
      }),
      { numRuns: 2000 },
    )
  })

  test.each([
    'Zg',
    'Zg=',
    'Zh==',
    'Zm9=',
    'Zm9v\n',
    ' Zm9v',
    'Zm-_',
    'Z===',
    '====',
    'Zg==Zg==',
    'Zm9é',
  ])('refuses %j', (coded) => expect(decodeBase64(coded)).toBeUndefined())
})

describe('UTF-8', () => {
  test('keeps a byte order mark and every character', () => {
    const words = '\ufeffè subito sera 😀\n'
    expect(decodeUtf8(encodeUtf8(words))).toBe(words)
  })

  test.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x80]]])(
    'refuses %j',
    (bytes) => expect(decodeUtf8(Uint8Array.from(bytes))).toBeUndefined(),
  )
})

test('concatBytes keeps the order, equalBytes compares length and content', () => {
  const whole = concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))
  expect([...whole]).toEqual([1, 2, 3])
  expect(equalBytes(whole, Uint8Array.of(1, 2, 3))).toBe(true)
  expect(equalBytes(whole, Uint8Array.of(1, 2))).toBe(false)
  expect(equalBytes(whole, Uint8Array.of(1, 2, 4))).toBe(false)
})
