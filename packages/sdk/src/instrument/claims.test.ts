import { describe, expect, test } from '@jest/globals'
import { verifiedClaims } from './claims.ts'

const roleClaims = [['roles'], ['realm_access', 'roles'], ['https://example.com/roles', 'a~b']]
const of = (payload: unknown): ReturnType<typeof verifiedClaims> =>
  verifiedClaims(payload, roleClaims)

const nothing = {
  issuer: null,
  subject: null,
  clientId: null,
  audience: [],
  scope: null,
  roles: [],
  actors: [],
  jti: null,
  issuedAtS: null,
  expiresAtS: null,
  authTimeS: null,
  acr: null,
  amr: [],
  sessionId: null,
  boundKey: null,
  isBoundToCertificate: false,
}
const jkt = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

test('all that a token says', () => {
  expect(
    of({
      ...{ iss: 'https://login.example.com', sub: 'ada', client_id: 'web', azp: 'other', jti: 'j' },
      ...{ aud: ['a', 'b'], scope: 'x y', iat: 1, exp: 2.9, auth_time: 3, acr: 'phr', sid: 's' },
      amr: ['pwd', 'otp'],
      roles: ['user'],
      realm_access: { roles: ['admin'] },
      'https://example.com/roles': { 'a~b': 'third' },
      act: { sub: 'agent', act: { sub: 'bot' } },
      cnf: { jkt, 'x5t#S256': 'abc' },
    }),
  ).toEqual({
    ...{ issuer: 'https://login.example.com', subject: 'ada', clientId: 'web', jti: 'j' },
    ...{ audience: ['a', 'b'], scope: 'x y', issuedAtS: 1, expiresAtS: 2, authTimeS: 3 },
    ...{ acr: 'phr', sessionId: 's', amr: ['pwd', 'otp'], roles: ['user', 'admin', 'third'] },
    ...{ actors: ['agent', 'bot'], boundKey: jkt, isBoundToCertificate: true },
  })
})

test.each<[object, Partial<typeof nothing>]>([
  [{ azp: 'web' }, { clientId: 'web' as never }],
  [{ aud: 'one' }, { audience: ['one'] as never }],
  [{ scp: ['a', 'b'] }, { scope: 'a b' as never }],
  [{ scp: 'a b' }, { scope: 'a b' as never }],
  [{ scope: '', scp: 'a' }, { scope: 'a' as never }],
  [{ roles: 'admin' }, { roles: ['admin'] as never }],
])('%j, as some authorization servers have it', (payload, claims) => {
  expect(of(payload)).toEqual({ ...nothing, ...claims })
})

describe('a claim of another type is none', () => {
  const strange = [null, 1, true, [], {}, [[]], [{}], [null], { a: { b: 1 } }, '', NaN, -1, 1e300]
  const names =
    'iss sub client_id azp aud scope scp roles jti iat exp auth_time acr amr sid cnf act'

  test.each(names.split(' '))('%s', (name) => {
    for (const value of strange) {
      const claims = of({ [name]: value })
      const isTime = ['iat', 'exp', 'auth_time'].includes(name)
      if (!(isTime && value === 1)) expect(claims).toEqual(nothing)
    }
  })

  test.each([null, undefined, 'text', 7, [], () => undefined])(
    'and a payload %p has none',
    (payload) => {
      expect(of(payload)).toEqual(nothing)
    },
  )

  test('nor does it come from a prototype', () => {
    expect(verifiedClaims({}, [['constructor', 'name'], ['__proto__']])).toEqual(nothing)
  })
})

describe('of what is too much the first is kept', () => {
  const many = Array.from({ length: 100_000 }, (_, i) => `r${i}`)

  test('in a list', () => {
    const { roles, audience, amr, scope } = of({ roles: many, aud: many, amr: many, scope: many })
    expect([roles.length, audience.length, amr.length, scope!.split(' ').length]).toEqual([
      65, 65, 65, 65,
    ])
  })

  test('in a chain', () => {
    const chain = many.slice(0, 5000).reduce<object>((act, sub) => ({ sub, act }), {})
    expect(of({ act: chain }).actors).toHaveLength(16)
  })

  test('and a thumbprint is one or none', () => {
    for (const wrong of ['x', `${jkt}x`, `${jkt.slice(1)}+`]) {
      expect(of({ cnf: { jkt: wrong } }).boundKey).toBeNull()
    }
  })
})
