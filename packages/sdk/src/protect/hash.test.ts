import { createHmac, createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { createHashes } from './hash.ts'

function reference(key: Buffer, value: string): string {
  const digest = createHmac('sha256', key).update(value).digest()
  return `k1.${digest.toString('base64url', 0, 16)}`
}

describe('a keyed hash is HMAC-SHA-256, its first 128 bits', () => {
  const values = [
    'a',
    '',
    'x'.repeat(64),
    'é€😀',
    '\ud800 alone',
    'x'.repeat(1_300),
    'é'.repeat(9_000),
  ]
  test.each([32, 63, 64, 65, 200])('with a key of %i bytes', (length) => {
    const key = randomBytes(length)
    const hashKey = { kid: 'k1', key: createSecretKey(key) }
    const { person, token, typedToken } = createHashes({ tokenKey: hashKey, personKey: hashKey })
    const random = Array.from({ length: 200 }, (_, i) => randomBytes(i).toString('base64url'))
    for (const value of [...values, ...random]) {
      const expected = reference(key, value)
      expect([token(value), typedToken(value), person(value)]).toEqual([
        expected,
        expected,
        expected,
      ])
    }
  })
})

test('without keys a token of ours has its hash of DPoP, and nothing else has one', () => {
  const { person, token, typedToken } = createHashes({ tokenKey: null, personKey: null })
  // The access token and `ath` of RFC 9449 section 7.1.
  expect(token('Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU')).toBe(
    'ath.fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
  )
  expect([typedToken('a'), person('a')]).toEqual([null, null])
})
