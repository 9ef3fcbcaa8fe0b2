import { createDecipheriv, randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { startModule } from './module.ts'
import { startMachine } from './machine.ts'

/** AES of the module by itself. */
function startAes(): (key: Uint8Array, nonce: Uint8Array, text: Uint8Array) => Uint8Array {
  const exports = startModule() as {
    readonly memory: { readonly buffer: ArrayBuffer; readonly grow: (pages: number) => number }
    readonly expandKey: (key: number, schedule: number) => void
    readonly decipher: (...places: [number, number, number, number, number]) => void
  }
  // Nobody else is in the pages that are new.
  const at = exports.memory.grow(4) * 65_536
  const bytes = Buffer.from(exports.memory.buffer)
  const [keyAt, nonceAt, schedule, textAt, to] = [at, at + 32, at + 64, at + 1024, at + 65_536]
  return (key, nonce, text) => {
    bytes.set(key, keyAt)
    bytes.set(nonce, nonceAt)
    bytes.set(text, textAt)
    exports.expandKey(keyAt, schedule)
    exports.decipher(schedule, nonceAt, textAt, text.length, to)
    return Uint8Array.from(bytes.subarray(to, to + text.length))
  }
}

const fromHex = (text: string): Buffer => Buffer.from(text.replace(/\s/g, ''), 'hex')

test('FIPS 197, C.3: AES-256 of a block, which is the key stream of zeros', () => {
  const key = fromHex('000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f')
  const block = fromHex('00112233445566778899aabbccddeeff')
  const stream = startAes()(key, block, new Uint8Array(16))
  expect(Buffer.from(stream).toString('hex')).toBe('8ea2b7ca516745bfeafc49904b496089')
})

test('NIST SP 800-38A, F.5.6: CTR-AES256.Decrypt, all four blocks', () => {
  const key = fromHex('603deb1015ca71be2b73aef0857d7781 1f352c073b6108d72d9810a30914dff4')
  const counter = fromHex('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff')
  const ciphertext = fromHex(`601ec313775789a5b7a7f504bbf3d228 f443e3ca4d62b59aca84e990cacaf5c5
    2b0930daa23de94ce87017ba2d84988d dfc9c58db67aada613c2dd08457941a6`)
  const plaintext = fromHex(`6bc1bee22e409f96e93d7e117393172a ae2d8a571e03ac9c9eb76fac45af8e51
    30c81c46a35ce411e5fbc1191a0a52ef f69f2445df4f9b17ad2b417be66c3710`)
  expect(Buffer.from(startAes()(key, counter, ciphertext))).toEqual(plaintext)
})

test('any key, counter and length: what node:crypto deciphers', () => {
  const decipher = startAes()
  // Counters that carry into each of their bytes, and over the highest.
  const counters = Array.from({ length: 17 }, (_, i) => Buffer.alloc(16).fill(0xff, i))
  for (let length = 0; length < 1200; length += 7) {
    const [key, text] = [randomBytes(32), randomBytes(length)]
    for (const nonce of [randomBytes(16), counters[length % 17]!]) {
      const expected = createDecipheriv('aes-256-ctr', key, nonce).update(text)
      expect(Buffer.from(decipher(key, nonce, text))).toEqual(expected)
    }
  }
})

test('memory grows for a commit, and its views with it', () => {
  const machine = startMachine()
  const before = machine.bytes.length
  const at = machine.reserve(before)
  expect(machine.bytes.length).toBeGreaterThanOrEqual(at + before)
  expect(machine.reserve(10)).toBe(at)
  expect(machine.preimage(0).buffer).toBe(machine.bytes.buffer)
})
