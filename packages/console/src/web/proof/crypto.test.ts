import { expect, test } from '@jest/globals'
import {
  ed25519Sign,
  ed25519Verify as byNode,
  generateEd25519,
  requireSoundKey,
  sha256,
  thumbprint as thumbprintByNode,
} from '@grantlog/ledger'
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { fromHex } from '@grantlog/record'
import { browserCrypto, ed25519Verify, isSoundKey, thumbprint } from './crypto.ts'

test('SHA-256 and thumbprints are those of Node', () => {
  const { publicKey } = generateEd25519()
  for (const length of [0, 1, 55, 56, 64, 1_000]) {
    const data = new Uint8Array(length).fill(length)
    expect(Buffer.from(browserCrypto.sha256(data))).toEqual(Buffer.from(sha256(data)))
  }
  expect(thumbprint(publicKey, browserCrypto.sha256)).toBe(thumbprintByNode(publicKey))
})

test('signatures verify as Node verifies them, also with any byte changed', () => {
  const { privateKey, publicKey } = generateEd25519()
  const data = Buffer.from('a batch')
  const signature = ed25519Sign(privateKey, data)
  expect(ed25519Verify(publicKey, data, signature)).toBe(true)
  for (let at = 0; at < 64; at += 3) {
    const changed = Uint8Array.from(signature)
    changed[at]! ^= 1
    expect(ed25519Verify(publicKey, data, changed)).toBe(byNode(publicKey, data, changed))
  }
  expect(ed25519Verify(publicKey, Buffer.from('another'), signature)).toBe(false)
  expect(ed25519Verify(publicKey, data, signature.subarray(1))).toBe(false)
})

test('a signature with a larger S does not pass', () => {
  const { privateKey, publicKey } = generateEd25519()
  const data = Buffer.from('a batch')
  const signature = ed25519Sign(privateKey, data)
  const order = 2n ** 252n + 27742317777372353535851937790883648493n
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`) + order
  const larger = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
  const malleable = Buffer.concat([signature.subarray(0, 32), larger])
  expect(ed25519Verify(publicKey, data, malleable)).toBe(false)
})

test('nor does one with a point of small order in R, which the cofactor would hide', () => {
  const { Fn, BASE, fromAffine } = ed25519.Point
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(ed25519.utils.randomSecretKey())
  const data = Buffer.from('a batch')
  const nonce = 1234567n
  const r = BASE.multiply(nonce).add(fromAffine({ x: 0n, y: ed25519.Point.Fp.create(-1n) }))
  const digest = sha512(Buffer.concat([r.toBytes(), pointBytes, data]))
  const k = BigInt(`0x${Buffer.from(digest).reverse().toString('hex')}`)
  const s = Fn.create(nonce + k * scalar)
  const sBytes = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse()
  const signature = Buffer.concat([r.toBytes(), sBytes])
  expect(ed25519.verify(signature, data, pointBytes)).toBe(true)
  expect(ed25519Verify(pointBytes, data, signature)).toBe(false)
  expect(byNode(pointBytes, data, signature)).toBe(false)
})

test('keys that the ledger refuses to enrol are refused here', () => {
  const keys = [
    '00'.repeat(32),
    `01${'00'.repeat(31)}`,
    `01${'00'.repeat(30)}80`,
    `ec${'ff'.repeat(30)}7f`,
    `ed${'ff'.repeat(30)}7f`,
    `ee${'ff'.repeat(30)}7f`,
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
    '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  ].map((text) => fromHex(text))
  for (const key of keys) {
    expect(() => requireSoundKey(key)).toThrow()
    expect(isSoundKey(key)).toBe(false)
  }
  expect(isSoundKey(new Uint8Array(31))).toBe(false)
  expect(isSoundKey(generateEd25519().publicKey)).toBe(true)
})
