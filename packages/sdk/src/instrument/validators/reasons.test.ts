// Errors of the libraries themselves, in the registry's words: each is made by the library.
import { createHmac } from 'node:crypto'
import { createRequire } from 'node:module'
import { describe, expect, test } from '@jest/globals'
import { tryInstrumentation } from '../../trial.ts'
import type { AnyFunction } from '../defined/definition.ts'
import { fastJwt } from './fast-jwt.ts'
import { hono } from './hono.ts'
import { jsonwebtoken } from './jsonwebtoken.ts'

// They have no types here, or those of browsers.
const require = createRequire(import.meta.url)
type Library = Record<string, AnyFunction>

const secret = 'S3cret-of-the-issuer'
const nowS = Math.floor(Date.now() / 1000)

function tokenOf(claims: object, header: object = {}, key = secret): string {
  const input = [
    { alg: 'HS256', typ: 'JWT', ...header },
    { sub: 'ada', ...claims },
  ]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${input}.${createHmac('sha256', key).update(input).digest('base64url')}`
}

const tokens = {
  good: tokenOf({ iss: 'x', aud: 'api', iat: nowS }),
  expired: tokenOf({ exp: 1 }),
  early: tokenOf({ nbf: nowS + 600 }),
  forged: tokenOf({}, {}, 'another'),
  unsigned: tokenOf({}).replace(/[^.]+$/, ''),
  none: `${tokenOf({}, { alg: 'none' }).replace(/[^.]+$/, '')}`,
  other: tokenOf({}, { alg: 'HS512' }),
  text: tokenOf({ exp: 'soon' }),
  garbage: 'not.a.token',
  short: 'none',
}
type Case = readonly [token: keyof typeof tokens, options: object, reason: string]

/** What the record of a call says, which must fail. */
async function reasonOf(
  trial: ReturnType<typeof tryInstrumentation>,
  call: () => unknown,
): Promise<unknown> {
  const before = trial.records.length
  await expect((async () => call())()).rejects.toHaveProperty('message')
  expect(trial.errors).toEqual([])
  expect(trial.records).toHaveLength(before + 1)
  const said = trial.records.at(-1)!
  expect(JSON.stringify(Object.values(said).map(String))).not.toContain('S3cret')
  expect(said['user.id']).toBeUndefined()
  return said['oauth.error.reason']
}

describe('jsonwebtoken', () => {
  const trial = tryInstrumentation(jsonwebtoken)
  const { verify } = trial.load('jsonwebtoken', require('jsonwebtoken') as Library)

  test.each<Case>([
    ['expired', {}, 'token_expired'],
    ['good', { maxAge: '1ms', clockTimestamp: nowS + 5 }, 'token_expired'],
    ['early', {}, 'token_not_yet_valid'],
    ['forged', {}, 'signature_invalid'],
    ['unsigned', {}, 'signature_invalid'],
    ['none', { algorithms: ['HS256'] }, 'signature_invalid'],
    ['other', { algorithms: ['HS256'] }, 'algorithm_not_allowed'],
    ['good', { audience: 'another' }, 'audience_mismatch'],
    ['good', { issuer: 'another' }, 'issuer_mismatch'],
    ['good', { subject: 'bob' }, 'claim_invalid'],
    ['good', { jwtid: 'another' }, 'claim_invalid'],
    ['good', { nonce: 'another' }, 'nonce_mismatch'],
    ['text', {}, 'claim_invalid'],
    ['garbage', {}, 'token_malformed'],
    ['short', {}, 'token_malformed'],
    ['good', { clockTimestamp: 'now' }, 'other'],
  ])('%s with %j: %s', async (token, options, reason) => {
    const call = () => verify!(tokens[token], secret, { audience: /./, ...options })
    expect(await reasonOf(trial, call)).toBe(reason)
  })

  test.each([
    ['nothing', null, undefined, 'key_unknown'],
    ['a secret of another kind', null, 'S3cret', 'algorithm_not_allowed'],
    ['no key', new Error('no key found'), undefined, 'key_unknown'],
    ['an error', new Error('ECONNREFUSED'), undefined, 'jwks_unavailable'],
  ])('who is asked for a key gives %s', async (_, error, key, reason) => {
    const header = { alg: key === undefined ? 'HS256' : 'RS256' }
    const getKey = (_header: unknown, done: AnyFunction): unknown => done(error, key)
    const options = { audience: 'api', algorithms: ['HS256', 'RS256'] }
    const call = (): Promise<unknown> =>
      new Promise((resolve, reject) => {
        verify!(tokenOf({}, header), getKey, options, (failed: unknown) =>
          failed instanceof Error ? reject(failed) : resolve(failed),
        )
      })
    expect(await reasonOf(trial, call)).toBe(reason)
  })
})

describe('fast-jwt', () => {
  const trial = tryInstrumentation(fastJwt)
  const { createVerifier } = trial.load('fast-jwt', require('fast-jwt') as Library)

  test.each<Case>([
    ['expired', {}, 'token_expired'],
    ['early', {}, 'token_not_yet_valid'],
    ['forged', {}, 'signature_invalid'],
    ['unsigned', {}, 'signature_invalid'],
    ['other', {}, 'algorithm_not_allowed'],
    ['good', { allowedAud: 'another' }, 'audience_mismatch'],
    ['good', { allowedIss: 'another' }, 'issuer_mismatch'],
    ['good', { allowedSub: 'bob' }, 'claim_invalid'],
    ['good', { requiredClaims: ['team'] }, 'claim_invalid'],
    ['garbage', {}, 'token_malformed'],
    ['short', {}, 'token_malformed'],
  ])('%s with %j: %s', async (token, options, reason) => {
    const own = { key: secret, algorithms: ['HS256'], allowedIss: /./, ...options }
    const verify = createVerifier!(own) as AnyFunction
    expect(await reasonOf(trial, () => verify(tokens[token]))).toBe(reason)
  })

  test('by a promise, with a key that cannot be had', async () => {
    const key = (): never => {
      throw new Error('S3cret')
    }
    const verify = createVerifier!({ key: async () => key(), allowedIss: 'x' }) as AnyFunction
    expect(await reasonOf(trial, () => verify(tokens.good))).toBe('jwks_unavailable')
  })
})

describe('hono', () => {
  const trial = tryInstrumentation(hono)
  const jwt = trial.load('hono/dist/cjs/utils/jwt', require('hono/utils/jwt') as { Jwt: Library })

  test.each<Case>([
    ['expired', {}, 'token_expired'],
    ['early', {}, 'token_not_yet_valid'],
    ['forged', {}, 'signature_invalid'],
    ['other', {}, 'algorithm_not_allowed'],
    ['good', { aud: 'another' }, 'audience_mismatch'],
    ['good', { iss: 'another' }, 'issuer_mismatch'],
    ['forged', { aud: 'api' }, 'claim_invalid'],
    ['garbage', {}, 'token_malformed'],
    ['short', {}, 'token_malformed'],
  ])('%s with %j: %s', async (token, options, reason) => {
    const asked = { alg: 'HS256', ...(Object.keys(options).length > 0 ? options : { iss: '' }) }
    expect(await reasonOf(trial, () => jwt.Jwt.verify!(tokens[token], secret, asked))).toBe(reason)
  })

  test.each([
    ['without a kid', {}, { keys: [] }, 'key_unknown'],
    ['with a kid that nobody knows', { kid: 'x', alg: 'RS256' }, { keys: [] }, 'key_unknown'],
    ['of a secret', { kid: 'x' }, { keys: [] }, 'algorithm_not_allowed'],
    ['when no keys can be had', { kid: 'x', alg: 'RS256' }, { jwks_uri: 'x:' }, 'jwks_unavailable'],
  ])('a token %s', async (_, header, keys, reason) => {
    const options = { allowedAlgorithms: ['RS256'], verification: { iss: 'x' }, ...keys }
    const call = () => jwt.Jwt.verifyWithJwks!(tokenOf({}, header), options)
    expect(await reasonOf(trial, call)).toBe(reason)
  })
})
