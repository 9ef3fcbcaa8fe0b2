import { generateKeyPairSync, sign } from 'node:crypto'
import { afterEach, expect, test } from '@jest/globals'
import { tryInstrumentation } from '@grantlog/sdk/instrumentation'
import * as library from 'aws-jwt-verify'
import { awsJwtVerify } from './aws-jwt-verify.ts'

const issuer = 'https://login.example.com'
const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'EdDSA', use: 'sig' }]

function tokenOf(claims: object): string {
  const parts = [
    { alg: 'EdDSA', kid: 'key-1' },
    { iss: issuer, sub: 'ada', exp: 2 ** 32, ...claims },
  ]
  const input = parts.map((one) => Buffer.from(JSON.stringify(one)).toString('base64url')).join('.')
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`
}

const trial = tryInstrumentation(awsJwtVerify)
const { JwtVerifier } = trial.load('aws-jwt-verify', library)
afterEach(() => expect(trial.errors).toEqual([]))

const verifier = JwtVerifier.create({ issuer, audience: 'api', jwksUri: `${issuer}/keys` })
verifier.cacheJwks({ keys } as Parameters<typeof verifier.cacheJwks>[0])

test('who a token is for, and what it may', async () => {
  const token = tokenOf({ aud: 'api', client_id: 'web', scope: 'orders:read' })
  expect(await verifier.verify(token)).toMatchObject({ sub: 'ada' })
  expect(trial.records.at(-1)).toMatchObject({
    'audit.action': 'oauth.token_validation',
    'audit.outcome': 'success',
    'oauth.library.name': 'aws-jwt-verify',
    'user.id': 'ada',
    'oauth.client.id': 'web',
    'oauth.scope.granted': 'orders:read',
  })
})

test.each([
  ['another audience', tokenOf({ aud: 'elsewhere' }), 'audience_mismatch'],
  ['an old one', tokenOf({ aud: 'api', exp: 1 }), 'token_expired'],
  ['what is none', 'token', 'token_malformed'],
])('why it is refused: %s', async (_, token, reason) => {
  await expect(verifier.verify(token)).rejects.toThrow()
  const { 'user.id': user, ...record } = trial.records.at(-1)!
  expect([user, record['oauth.error.reason']]).toEqual([undefined, reason])
  expect(() => verifier.verifySync(token)).toThrow()
  expect(trial.records.at(-1)).toMatchObject({ 'oauth.error.reason': reason })
})

test('nothing once it is taken out', () => {
  const before = trial.records.length
  trial.disable()
  verifier.verifySync(tokenOf({ aud: 'api' }))
  expect(trial.records).toHaveLength(before)
  expect(Object.hasOwn(library.JwtVerifier.prototype, 'verify')).toBe(false)
})
