import { createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { Keystream } from './keystream.ts'

const keys = Array.from({ length: 3 }, () => createSecretKey(randomBytes(32)))
const zero = Buffer.alloc(16)
const last = Buffer.alloc(16, 0xff)

test("texts of any length under any key are what Node's own CTR makes of them", () => {
  const stream = new Keystream()
  for (let length = 0; length < 3000; length += length < 70 ? 1 : 97) {
    const key = keys[length % keys.length]!
    const nonce = randomBytes(16)
    const ciphertext = randomBytes(length)
    const expected = createDecipheriv('aes-256-ctr', key, nonce).update(ciphertext)
    expect(Buffer.compare(stream.decrypt(key, nonce, ciphertext), expected)).toBe(0)
  }
})

test('the counter is carried over all of its bytes', () => {
  const stream = new Keystream()
  const ciphertext = randomBytes(100)
  for (let bytes = 0; bytes <= 16; bytes++) {
    const nonce = Buffer.concat([zero.subarray(bytes), last.subarray(16 - bytes)])
    const expected = createDecipheriv('aes-256-ctr', keys[0]!, nonce).update(ciphertext)
    expect(Buffer.compare(stream.decrypt(keys[0]!, nonce, ciphertext), expected)).toBe(0)
  }
})
