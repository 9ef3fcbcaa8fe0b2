import { expect, test } from '@jest/globals'
import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { base64url, utf8 } from '../bytes.ts'
import { jcs } from '../canonical/jcs.ts'
import { readEnrolConsent, readEnrolProof, signEnrolConsent, signEnrolProof } from './enrol.ts'
import { signProducerProof } from './producer.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const by = { kid: 'k', sign: (data: Uint8Array): Uint8Array => sign(null, data, privateKey) }
const jti = base64url(new Uint8Array(16))
const b32 = base64url(new Uint8Array(32))
const claims = { ath: b32, aud: 'example.com/log', iat: 1, jti }
const consent = { aud: claims.aud, iat: 1, jti, next: b32 }
const part = (json: Parameters<typeof jcs>[0]): string => base64url(utf8(jcs(json)))

test('a proof and a consent read back, and verify', () => {
  const proof = readEnrolProof(signEnrolProof({ ...claims, x: b32 }, by))
  const jwk = { crv: 'Ed25519', kty: 'OKP', x: b32 }
  expect(proof.said).toEqual({ ...claims, htm: 'POST', htu: '/grantlog/v1/enrol', jwk })
  const said = readEnrolConsent(signEnrolConsent(consent, by))
  expect(said.said).toEqual(consent)
  for (const { signature, signingInput } of [proof, said]) {
    expect(verify(null, signingInput, publicKey, signature)).toBe(true)
  }
})

const whole = {
  ...{ ...claims, htm: 'POST', htu: '/grantlog/v1/enrol' },
  jwk: { crv: 'Ed25519', kty: 'OKP', x: b32 },
}
const proofOf = (payload: Parameters<typeof jcs>[0]): string => {
  const header = { alg: 'Ed25519', kid: 'k', typ: 'grantlog-enrol-proof+jwt' }
  return `${part(header)}.${part(payload)}.${base64url(new Uint8Array(64))}`
}

test('the form that the others are changed from is read', () => {
  expect(readEnrolProof(proofOf(whole)).said).toEqual(whole)
})

test.each([
  ['one that asks for a policy', signProducerProof(claims, by)],
  ['a consent', signEnrolConsent(consent, by)],
  ['one for another method', proofOf({ ...whole, htm: 'GET' })],
  ['one for another path', proofOf({ ...whole, htu: '/grantlog/v1/producer' })],
  ['one with a short ath', proofOf({ ...whole, ath: 'AA' })],
  ['one with a private key', proofOf({ ...whole, jwk: { ...whole.jwk, d: b32 } })],
  ['one with a key of another kind', proofOf({ ...whole, jwk: { ...whole.jwk, crv: 'X25519' } })],
  ['one with another member', proofOf({ ...whole, roles: ['client'] })],
])('%s is no proof', (_what, jws) => {
  const code = expect.objectContaining({ code: 'PRODUCER_MALFORMED' })
  expect(() => readEnrolProof(jws)).toThrow(code)
})

test('a proof is no consent', () => {
  expect(() => readEnrolConsent(signEnrolProof({ ...claims, x: b32 }, by))).toThrow('malformed')
})
