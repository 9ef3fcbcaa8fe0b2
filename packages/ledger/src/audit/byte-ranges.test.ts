import { createHash, randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { isAt, isBase64urlOf, isHashAt } from './byte-ranges.ts'

test('a hash is found as bytes and as b64u where it stands, and nowhere else', () => {
  for (let round = 0; round < 200; round++) {
    const digest = createHash('sha256').update(randomBytes(8)).digest()
    const text = digest.toString('latin1')
    const encoded = Buffer.from(`..${digest.toString('base64url')}.`)
    const plain = Buffer.concat([Buffer.of(1, 2, 3), digest, Buffer.of(4)])
    expect([isBase64urlOf(text, encoded, 2), isHashAt(text, plain, 3)]).toEqual([true, true])
    expect([isBase64urlOf(text, encoded, 1), isHashAt(text, plain, 4)]).toEqual([false, false])
    expect(isBase64urlOf(text, encoded.subarray(0, 44), 2)).toBe(false)
    expect(isHashAt(text, plain.subarray(0, 34), 3)).toBe(false)
    for (let at = 2; at < 45; at++) {
      const other = Buffer.from(encoded)
      other[at] = encoded[at] === 0x41 ? 0x42 : 0x41
      expect(isBase64urlOf(text, other, 2)).toBe(false)
    }
    for (let at = 3; at < 35; at++) {
      const other = Buffer.from(plain)
      other[at] = plain[at]! ^ 0x80
      expect(isHashAt(text, other, 3)).toBe(false)
    }
  }
})

test('bytes stand where they stand, and not outside', () => {
  const bytes = Buffer.from('abcabc')
  expect(isAt(Buffer.from('abc'), bytes, 3)).toBe(true)
  expect(isAt(Buffer.from('abc'), bytes, 4)).toBe(false)
  expect(isAt(Buffer.from('c'), bytes, -1)).toBe(false)
  expect(isAt(Buffer.alloc(0), bytes, 6)).toBe(true)
})
