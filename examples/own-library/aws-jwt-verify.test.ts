import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { tryInstrumentation } from '@grantlog/sdk/instrumentation'
import * as library from 'aws-jwt-verify'
import { awsJwtVerify } from './aws-jwt-verify.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const keys = [{ ...publicKey.export({ format: 'jwk' }), kid: 'key-1', alg: 'EdDSA', use: 'sig' }]

function tokenOf(claims: object): string {
  const parts = [
    { alg: 'EdDSA', kid: 'key-1' },
    { sub: 'ada', exp: 2 ** 32, ...claims },
  ]
  const input = parts.map((one) => Buffer.from(JSON.stringify(one)).toString('base64url')).join('.')
  return `${input}.${sign(null, Buffer.from(input), privateKey).toString('base64url')}`
}

const trial = tryInstrumentation(awsJwtVerify)
const { JwtVerifier } = trial.load('aws-jwt-verify', library)
const verifier = JwtVerifier.create({ issuer: null, audience: 'api', jwksUri: 'https://keys.test' })
verifier.cacheJwks({ keys } as Parameters<typeof verifier.cacheJwks>[0])

test('who a token is for, and what it may', async () => {
  await verifier.verify(tokenOf({ aud: 'api', client_id: 'web', scope: 'orders:read' }))
  expect(trial.records.at(-1)).toMatchObject({
    'audit.action': 'oauth.token_validation',
    'oauth.library.name': 'aws-jwt-verify',
    'oauth.scope.granted': 'orders:read',
    'user.id': 'ada',
  })
})

test.each([
  ['audience_mismatch', tokenOf({ aud: 'elsewhere' })],
  ['token_expired', tokenOf({ aud: 'api', exp: 1 })],
  ['token_malformed', 'token'],
])('why it is refused: %s', (reason, token) => {
  expect(() => verifier.verifySync(token)).toThrow()
  expect(trial.records.at(-1)).toMatchObject({ 'oauth.error.reason': reason })
  expect(trial.records.at(-1)).not.toHaveProperty(['user.id'])
})

test('none of it is left once it is taken out', () => {
  trial.disable()
  expect(Object.hasOwn(JwtVerifier.prototype, 'verify')).toBe(false)
  expect(trial.errors).toEqual([])
})
