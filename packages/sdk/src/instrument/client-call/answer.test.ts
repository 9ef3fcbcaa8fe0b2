import { expect, test } from '@jest/globals'
import { skewIn, subjectIn, subjectOf, tokensOf } from './answer.ts'

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const idToken = (claims: object): string => `${part({ alg: 'ES256' })}.${part(claims)}.s`

test.each<[object, object | null]>([
  [{}, null],
  [{ error: 'invalid_grant' }, null],
  [{ access_token: '' }, null],
  [{ access_token: 7 }, null],
  [{ access_token: 'a' }, { accessToken: 'a', refreshToken: null, isJwt: false, binding: null }],
  [{ access_token: 'a', token_type: 'DPoP' }, { binding: 'dpop' }],
  [{ access_token: idToken({}) }, { isJwt: true }],
  [
    { access_token: 'a', expires_in: 60, scope: 'b' },
    { expiresInS: 60, scope: 'b' },
  ],
  [{ access_token: 'a', expires_in: '60' }, { expiresInS: 60 }],
  [{ access_token: 'a', expires_in: '1e3' }, { expiresInS: null }],
  [{ id_token: 'x' }, { accessToken: null, hasIdToken: true }],
])('tokens of %j', (answer, expected) => {
  if (expected === null) expect(tokensOf({ ...answer })).toBeNull()
  else expect(tokensOf({ ...answer })).toMatchObject(expected)
})

test('whom an ID token is about', () => {
  const claims = { sub: 'ada', sid: 's', auth_time: 7, acr: 'a', amr: ['pwd', 3], nonce: 'S3cret' }
  expect(subjectIn({ id_token: idToken(claims) })).toEqual({
    id: 'ada',
    sessionId: 's',
    authTimeS: 7,
    acr: 'a',
    amr: ['pwd'],
  })
  for (const none of ['x', 'a.b.c', 7, idToken({ sub: '' }), idToken({ sub: { a: 1 } })]) {
    expect(subjectIn({ id_token: none })).toBeNull()
  }
  expect(subjectOf(undefined)).toBeNull()
})

test('how far the clock of who made an ID token is ahead', () => {
  const made = (iat: unknown): number | undefined =>
    skewIn({ id_token: idToken({ iat }) }).clockSkewS
  const now = Math.floor(Date.now() / 1000)
  expect(Math.abs(made(now)!)).toBeLessThan(60)
  expect(Math.abs(made(now - 600)! + 600)).toBeLessThan(60)
  expect([
    skewIn({}),
    skewIn({ id_token: 'x' }),
    skewIn({ id_token: idToken({ iat: 'x' }) }),
  ]).toEqual([{}, {}, {}])
})
