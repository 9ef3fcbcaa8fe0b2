import { createDecipheriv, createSecretKey, randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { KeyStreams } from './key-stream.ts'

const decrypted = (key: Uint8Array, nonce: Uint8Array, ciphertext: Uint8Array): Buffer =>
  createDecipheriv('aes-256-ctr', key, nonce).update(ciphertext)

test('NIST SP 800-38A, F.5.5: CTR-AES256.Encrypt, all four blocks', () => {
  const hex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')
  const key = hex('603deb1015ca71be2b73aef0857d7781 1f352c073b6108d72d9810a30914dff4')
  const counter = hex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')
  const plaintext = hex(`6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
    30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`)
  const ciphertext = hex(`601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5
    2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6`)
  const streams = new KeyStreams()
  const encrypted = streams.encrypt(createSecretKey(key), counter, plaintext)
  expect(Buffer.from(encrypted)).toEqual(ciphertext)
})

test.each([0, 1, 15, 16, 17, 127, 128, 129, 560, 5000, 65_536, 65_537])(
  '%d bytes are read by node:crypto',
  (length) => {
    const streams = new KeyStreams()
    const [key, other] = [randomBytes(32), randomBytes(32)]
    const [first, second] = [createSecretKey(key), createSecretKey(other)]
    const texts = [first, second, first].map((each) => {
      const [nonce, plaintext] = [randomBytes(16), randomBytes(length)]
      return { each, nonce, plaintext, ciphertext: streams.encrypt(each, nonce, plaintext) }
    })
    for (const { ciphertext, each, nonce, plaintext } of texts) {
      const whose = each === first ? key : other
      // Not toEqual, which takes minutes to tell how long texts differ.
      expect(Buffer.compare(decrypted(whose, nonce, ciphertext), plaintext)).toBe(0)
      const around = Buffer.alloc(3, '.')
      const buffer = Buffer.concat([nonce, around, plaintext, around])
      streams.encryptIn({ buffer, nonceAt: 0, from: 19, to: 19 + length }, each)
      expect(Buffer.compare(buffer, Buffer.concat([nonce, around, ciphertext, around]))).toBe(0)
    }
  },
)

test.each([
  ['its last four bytes', '000102030405060708090a0bfffffffe'],
  ['eight bytes', '0001020304050607fffffffffffffffd'],
  ['all of it', 'ffffffffffffffffffffffffffffffff'],
])('a counter carries over %s', (_what, nonce) => {
  const key = randomBytes(32)
  const plaintext = randomBytes(100)
  const first = Buffer.from(nonce, 'hex')
  const ciphertext = new KeyStreams().encrypt(createSecretKey(key), first, plaintext)
  expect(decrypted(key, first, ciphertext)).toEqual(plaintext)
})

test('texts stay until they are released, however many and long they are', () => {
  const streams = new KeyStreams()
  const bytes = randomBytes(32)
  const key = createSecretKey(bytes)
  const texts = [200, 40_000, 60_000, 1].map((length) => {
    const [nonce, plaintext] = [randomBytes(16), randomBytes(length)]
    return { nonce, plaintext, ciphertext: streams.encrypt(key, nonce, plaintext) }
  })
  for (const { ciphertext, nonce, plaintext } of texts) {
    expect(Buffer.compare(decrypted(bytes, nonce, ciphertext), plaintext)).toBe(0)
  }
})

test('more keys than have a place, and after they were forgotten', () => {
  const streams = new KeyStreams()
  const nonce = randomBytes(16)
  const plaintext = randomBytes(48)
  const keys = Array.from({ length: 4_100 }, () => randomBytes(32))
  const objects = keys.map((key) => createSecretKey(key))
  const check = (): void => {
    for (const [at, key] of keys.entries()) {
      streams.release()
      const ciphertext = streams.encrypt(objects[at]!, nonce, plaintext)
      expect(Buffer.compare(decrypted(key, nonce, ciphertext), plaintext)).toBe(0)
    }
  }
  check()
  check()
  streams.forget()
  check()
})
