// Guarantee: the committed JSON Schema and the reader take and refuse the same policies; a
// validator that is not ours reads it.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { checkPolicy } from '../policy.ts'
import type { JsonValue } from '../span.ts'

const path = join(import.meta.dirname, '..', '..', 'schema', 'policy.schema.json')
const schema = JSON.parse(readFileSync(path, 'utf8')) as object
const isValid = new Ajv2020({ strict: true, strictRequired: false }).compile(schema)

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()
const v1 = { format: 'grantlog-policy-v1' }
const v2 = { format: 'grantlog-policy-v2' }
const many = (count: number): string[] => Array.from({ length: count }, (_, i) => `x${i}`)

/** Every member of the format, and what of each is right. */
const whole = {
  ...v2,
  guarantee: 'spooled',
  level: 'standard',
  personal: 'keep',
  routes: [
    { methods: ['GET'], route: '/orders/:id', scopes: ['orders:read'], roles: ['user'] },
    { route: '/*', privileged: 'client_administration', guarantee: 'blocking' },
    { route: '/' },
  ],
  roleClaims: ['keycloak', 'entra', 'okta', 'cognito', '/a/*/b', { auth0: 'https://shop.example' }],
  queryValues: ['page'],
  audit: [
    {
      name: 'health',
      routes: ['/health'],
      methods: ['GET'],
      level: 'minimal',
      guarantee: 'buffered',
    },
    {
      ...{ roles: ['support', 'team ä'], clients: ['spa*'], scopes: ['orders:*'] },
      ...{ subjects: ['p1.Zk3vQ0c8N1bqYw5uXJt2eg'], actions: ['oauth.*', 'shop.export'] },
      ...{ level: 'full', personal: 'pseudonym' },
    },
  ],
  roles: { '*': { scopes: ['openid'] }, admin: { scopes: ['*'] } },
  clients: { 'https://client.example/id': { scopes: [] } },
  privileged: {
    export: { roles: ['admin'], actions: ['shop.export'], bytesMax: 1, bytesPerHourMax: 2 },
    consent: { actions: ['oauth.consent'], perHourMax: 3 },
    user_data_change: { rowsMax: 4, rowsPerHourMax: Number.MAX_SAFE_INTEGER },
    administration: {},
  },
}

const routes = (rule: object): object => ({ ...v2, routes: [{ route: '/a', ...rule }] })
const audit = (rule: object): object => ({ ...v2, audit: [{ level: 'full', ...rule }] })
const privileged = (rule: object): object => ({ ...v2, privileged: { export: rule } })

describe('both take', () => {
  test.each<[string, object]>([
    ['all of v2', whole],
    ['nothing of v2', v2],
    ['nothing of v1', v1],
    ['v1', { ...v1, routes: [{ route: '/a', privileged: '_OTHER' }], roleClaims: ['/roles/*'] }],
    ['64 items', routes({ scopes: many(64) })],
    ['256 audit rules', { ...v2, audit: many(256).map(() => ({ level: 'full' })) }],
    ['64 roles', { ...v2, roles: Object.fromEntries(many(64).map((x) => [x, { scopes: [] }])) }],
  ])('%s', (_what, document) => {
    expect(isValid(document)).toBe(true)
    expect(checkPolicy(document as JsonValue, sha256)).toHaveProperty('hash')
  })
})

describe('both refuse', () => {
  test.each<[string, object]>([
    ['no format', {}],
    ['another format', { format: 'grantlog-policy-v3' }],
    ['members of v2 in v1', { ...v1, audit: [] }],
    ['a preset in v1', { ...v1, roleClaims: ['keycloak'] }],
    ['a kind of v2 in v1', { ...v1, routes: [{ route: '/a', privileged: 'consent' }] }],
    ['an unknown member', { ...v2, rules: [] }],
    ['an unknown member of a route', routes({ rout: '/a' })],
    ['a route with a wildcard inside', routes({ route: '/a/*/b' })],
    ['an empty segment', routes({ route: '/a//b' })],
    ['methods in small letters', routes({ methods: ['get'] })],
    ['a scope with a space', routes({ scopes: ['a b'] })],
    ['65 items', routes({ scopes: many(65) })],
    ['257 characters', routes({ scopes: ['x'.repeat(257)] })],
    ['a role with a control character', routes({ roles: ['a\u0000'] })],
    ['an unknown preset', { ...v2, roleClaims: ['ory'] }],
    ['a namespace that is no URL', { ...v2, roleClaims: [{ auth0: 'shop' }] }],
    ['no namespace', { ...v2, roleClaims: [{}] }],
    ['a rule that decides nothing', { ...v2, audit: [{ roles: ['a'] }] }],
    ['an empty list of a rule', audit({ roles: [] })],
    ['an audit rule whose items were taken out', audit({ roles: null })],
    ['a route whose roles were taken out', routes({ roles: null })],
    ['a kind whose roles were taken out', privileged({ roles: null })],
    ['a list without items', { ...v2, queryValues: null }],
    ['a name for a subject', audit({ subjects: ['ada'] })],
    ['an action in capitals', audit({ actions: ['OAuth.token'] })],
    ['a wildcard inside an action', audit({ actions: ['oauth.*.x'] })],
    ['an unknown level', audit({ level: 'none' })],
    ['257 audit rules', { ...v2, audit: many(257).map(() => ({ level: 'full' })) }],
    ['a role without scopes', { ...v2, roles: { admin: {} } }],
    ['65 roles', { ...v2, roles: Object.fromEntries(many(65).map((x) => [x, { scopes: [] }])) }],
    ['a client id that cannot be', { ...v2, clients: { ä: { scopes: [] } } }],
    ['an unknown kind', { ...v2, privileged: { all: {} } }],
    ['a fraction', privileged({ bytesMax: 1.5 })],
    ['a threshold of nothing', privileged({ perHourMax: 0 })],
    ['no rows', privileged({ rowsMax: 0 })],
    ['more rows than a number tells', privileged({ rowsPerHourMax: 2 ** 53 })],
    ['a threshold in words', privileged({ bytesMax: '1 MB' })],
  ])('%s', (_what, document) => {
    expect(isValid(document)).toBe(false)
    expect(checkPolicy(document as JsonValue, sha256)).not.toHaveProperty('hash')
  })
})

test('a guarantee for some of those who ask is refused by the reader alone', () => {
  const document = audit({ roles: ['admin'], guarantee: 'blocking' })
  expect(isValid(document)).toBe(true)
  const faults = checkPolicy(document as JsonValue, sha256)
  expect(faults).toMatchObject([{ pointer: '/audit/0/guarantee', code: 'POLICY_MALFORMED' }])
})

test('all faults are told at once, and no more than a hundred', () => {
  const wrong = { ...v2, level: 'x', audit: [{ level: 'y' }, {}], roles: { 'a/b~c': {} }, extra: 1 }
  const faults = checkPolicy(wrong as JsonValue, sha256)
  expect(faults).toMatchObject([
    { pointer: '', member: 'extra' },
    { pointer: '/level' },
    { pointer: '/audit/0/level' },
    { pointer: '/audit/1' },
    { pointer: '/roles/a~1b~0c/scopes' },
  ])
  const rules = many(200).map(() => ({ level: 'x' }))
  expect(checkPolicy({ ...v2, audit: rules } as JsonValue, sha256)).toHaveLength(100)
})
