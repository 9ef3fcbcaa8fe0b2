// Claims as the common servers make them, shortened; names and ids are made up.
import { createHash } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import { policyOf } from '../policy.ts'
import type { JsonValue } from '../span.ts'
import { rolesIn } from './claims.ts'

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()
const rolesBy = (claims: object, ...roleClaims: JsonValue[]): string[] =>
  rolesIn(claims, policyOf({ format: 'grantlog-policy-v2', roleClaims }, sha256).roleClaims)

/** Keycloak, an access token with realm roles and those of two clients. */
const keycloak = {
  iss: 'https://login.example/realms/shop',
  azp: 'desk',
  realm_access: { roles: ['offline_access', 'support'] },
  resource_access: { orders: { roles: ['reader'] }, account: { roles: ['manage-account'] } },
  scope: 'openid profile',
}
/** Auth0: an Action adds a namespaced claim; permissions are another thing. */
const auth0 = {
  iss: 'https://shop.eu.auth0.example/',
  'https://shop.example/roles': ['support', 'admin'],
  permissions: ['read:orders'],
}
/** Microsoft Entra ID: app roles, and template ids of directory roles. */
const entra = {
  iss: 'https://login.microsoftonline.com/00000000-0000-4000-8000-000000000000/v2.0',
  roles: ['Orders.Read.All'],
  wids: ['00000000-0000-4000-8000-00000000abcd'],
}
const okta = { iss: 'https://shop.okta.example/oauth2/default', groups: ['Everyone', 'support'] }
const cognito = { token_use: 'access', 'cognito:groups': ['support'], username: 'x' }

test.each<[string, JsonValue, object, string[]]>([
  ['keycloak', 'keycloak', keycloak, ['offline_access', 'support', 'reader', 'manage-account']],
  ['auth0', { auth0: 'https://shop.example' }, auth0, ['support', 'admin']],
  ['auth0 /', { auth0: 'https://shop.example/' }, auth0, ['support', 'admin']],
  ['entra', 'entra', entra, ['Orders.Read.All', '00000000-0000-4000-8000-00000000abcd']],
  ['okta', 'okta', okta, ['Everyone', 'support']],
  ['cognito', 'cognito', cognito, ['support']],
  ['a pointer', '/resource_access/orders/roles', keycloak, ['reader']],
])('%s', (_name, claim, claims, roles) => {
  expect(rolesBy(claims, claim)).toEqual(roles)
})

test('several, in their order', () => {
  expect(rolesBy({ ...okta, ...cognito }, 'cognito', 'okta')).toEqual([
    'support',
    'Everyone',
    'support',
  ])
})

describe('nothing but texts are roles', () => {
  test.each<[string, object]>([
    ['of other types', { groups: [1, null, {}, [], true, ''] }],
    ['an object', { groups: { a: 'b' } }],
    ['of a prototype', Object.create({ groups: ['admin'] }) as object],
    ['nothing', {}],
  ])('%s', (_what, claims) => expect(rolesBy(claims, 'okta')).toEqual([]))

  test('and there are 64 of them at most, however a token spreads them', () => {
    const many = Array.from({ length: 10_000 }, (_, i) => `r${i}`)
    expect(rolesBy({ groups: many }, 'okta')).toHaveLength(64)
    const spread = Object.fromEntries(many.map((name) => [name, { roles: [name] }]))
    expect(rolesBy({ resource_access: spread }, 'keycloak')).toHaveLength(64)
  })
})

test('a segment `*` of v1 is a name', () => {
  const document = { format: 'grantlog-policy-v1', roleClaims: ['/a/*'] }
  const { roleClaims } = policyOf(document, sha256)
  expect(rolesIn({ a: { '*': 'one', b: 'two' } }, roleClaims)).toEqual(['one'])
})

test('a number in a pointer is the place of an item (RFC 6901 section 4), in v1 as in v2', () => {
  const claims = { groups: ['one', 'two'], orgs: [{ role: 'owner' }] }
  for (const format of ['grantlog-policy-v1', 'grantlog-policy-v2']) {
    const { roleClaims } = policyOf({ format, roleClaims: ['/groups/1', '/orgs/0/role'] }, sha256)
    expect(rolesIn(claims, roleClaims)).toEqual(['two', 'owner'])
  }
})
