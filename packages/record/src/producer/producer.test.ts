import { describe, expect, test } from '@jest/globals'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { base64url, utf8 } from '../bytes.ts'
import { jcs } from '../canonical/jcs.ts'
import { producerProofLengthMax } from '../limits.ts'
import {
  readProducerAnswer,
  readProducerProof,
  signProducerAnswer,
  signProducerProof,
} from './producer.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const by = { kid: 'k', sign: (data: Uint8Array): Uint8Array => sign(null, data, privateKey) }
const jti = base64url(new Uint8Array(16))
const proof = { aud: 'example.com/log', iat: 1, jti }
const answer = {
  audience: 'default',
  iat: 2,
  iss: 'example.com/log',
  nonce: jti,
  policy: { format: 'grantlog-policy-v1' },
  sub: 'k',
  validUntil: 0,
}

test('a proof and an answer read back, and verify', () => {
  const asked = readProducerProof(signProducerProof(proof, by))
  expect(asked.said).toEqual({ ...proof, htm: 'GET', htu: '/grantlog/v1/producer' })
  const said = readProducerAnswer(signProducerAnswer(answer, by))
  expect(said.said).toEqual(answer)
  const limits = { batchesPerRequest: 16, bytesPerRequest: 1 }
  const more = { ...answer, limits }
  expect(readProducerAnswer(signProducerAnswer(more, by)).said).toEqual(more)
  for (const wrong of [
    { ...limits, x: 1 },
    { batchesPerRequest: 1, bytesPerRequest: -1 },
  ]) {
    const jws = signProducerAnswer({ ...answer, limits: wrong }, by)
    expect(() => readProducerAnswer(jws)).toThrow('limits')
  }
  for (const { kid, signature, signingInput } of [asked, said]) {
    expect(kid).toBe('k')
    expect(verify(null, signingInput, publicKey, signature)).toBe(true)
  }
})

const part = (json: Parameters<typeof jcs>[0]): string => base64url(utf8(jcs(json)))
const signature = base64url(new Uint8Array(64))
const proofHeader = { alg: 'Ed25519', kid: 'k', typ: 'grantlog-producer-proof+jwt' }
const claims = { ...proof, htm: 'GET', htu: '/grantlog/v1/producer' }

describe('a proof is refused', () => {
  const whole = `${part(proofHeader)}.${part(claims)}.${signature}`

  test('the form that the others are changed from is not', () => {
    expect(readProducerProof(whole).kid).toBe('k')
  })

  test.each([
    ['an answer', signProducerAnswer(answer, by)],
    ['with another algorithm', `${part({ ...proofHeader, alg: 'none' })}.${part(claims)}.`],
    ['with its own key', `${part({ ...proofHeader, jwk: {} })}.${part(claims)}.${signature}`],
    ['for another method', `${part(proofHeader)}.${part({ ...claims, htm: 'POST' })}.${signature}`],
    ['for another path', `${part(proofHeader)}.${part({ ...claims, htu: '/' })}.${signature}`],
    ['with another member', `${part(proofHeader)}.${part({ ...claims, x: 1 })}.${signature}`],
    ['with a short jti', `${part(proofHeader)}.${part({ ...claims, jti: 'AA' })}.${signature}`],
    ['with a fraction', `${part(proofHeader)}.${part({ ...claims, iat: 1.5 })}.${signature}`],
    ['with a short signature', whole.slice(0, -2)],
    ['too long', whole.padEnd(producerProofLengthMax + 1, 'A')],
    ['empty', ''],
  ])('%s', (_what, jws) => {
    const code = expect.objectContaining({ code: 'PRODUCER_MALFORMED' })
    expect(() => readProducerProof(jws)).toThrow(code)
  })
})

test.each([
  ['a policy that is a list', { ...answer, policy: [] }],
  ['no subject', { ...answer, sub: '' }],
  ['a negative end', { ...answer, validUntil: -1 }],
])('an answer with %s is refused', (_what, wrong) => {
  expect(() => readProducerAnswer(signProducerAnswer(wrong, by))).toThrow('malformed')
})
