import { describe, expect, test } from '@jest/globals'
import { calculateJwkThumbprint } from 'jose'
import { base64url } from '@grantlog/record'
import {
  ed25519Sign,
  ed25519Verify,
  generateEd25519,
  importEd25519,
  requireSoundKey,
  thumbprint,
} from './crypto.ts'

const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')

test('signs as RFC 8032 section 7.1, test 2', () => {
  const d = bytes('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb')
  const x = bytes('3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c')
  const jwk = { crv: 'Ed25519', d: base64url(d), kty: 'OKP', x: base64url(x) } as const
  const { privateKey, publicKey } = importEd25519(jwk)
  const signature = ed25519Sign(privateKey, Uint8Array.of(0x72))
  expect(Buffer.from(publicKey)).toEqual(Buffer.from(x))
  expect(Buffer.from(signature).toString('hex')).toBe(
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
      '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  )
  expect(ed25519Verify(publicKey, Uint8Array.of(0x72), signature)).toBe(true)
  expect(ed25519Verify(publicKey, Uint8Array.of(0x73), signature)).toBe(false)
})

test("a thumbprint is RFC 7638's, as another implementation computes it", async () => {
  const { jwk, publicKey } = generateEd25519()
  const { crv, kty, x } = jwk
  expect(thumbprint(publicKey)).toBe(await calculateJwkThumbprint({ crv, kty, x }))
})

describe('keys on which libraries disagree are refused', () => {
  const prime = 2n ** 255n - 19n
  const encode = (y: bigint): Uint8Array => bytes(y.toString(16).padStart(64, '0')).toReversed()
  const unsound: [string, Uint8Array][] = [
    ['the identity', encode(1n)],
    ['the identity with its sign bit set', encode(1n | (1n << 255n))],
    ['order 2', encode(prime - 1n)],
    ['order 4', encode(0n)],
    ['order 8', bytes('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')],
    [
      'order 8, the other',
      bytes('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'),
    ],
    ['a y that is the prime', encode(prime)],
    ['a y beyond the prime', encode(prime + 3n)],
    ['31 bytes', new Uint8Array(31).fill(9)],
  ]
  test.each(unsound)('%s', (_what, key) => {
    expect(() => requireSoundKey(key)).toThrow(expect.objectContaining({ code: 'KEY_REFUSED' }))
  })

  test('a generated key is not', () => {
    for (let i = 0; i < 50; i++) requireSoundKey(generateEd25519().publicKey)
  })
})
