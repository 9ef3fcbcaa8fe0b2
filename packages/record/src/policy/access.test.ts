import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { policyOf } from '../policy.ts'
import { createExcess, judge, mayDo } from './access.ts'

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()
const format = 'grantlog-policy-v2'
const policy = policyOf(
  {
    format,
    roles: {
      '*': { scopes: ['openid'] },
      support: { scopes: ['orders:read'] },
      admin: { scopes: ['*'] },
    },
    clients: { spa: { scopes: ['openid', 'orders:*'] } },
    privileged: { export: { roles: ['admin'] }, consent: {} },
  },
  sha256,
)
const excess = createExcess(policy)

test.each<[string, string[], string[], string, string[], string[]]>([
  ['within both', ['openid', 'orders:read'], ['support'], 'spa', [], []],
  ['beyond the client', ['users:read'], ['admin'], 'spa', ['users:read'], []],
  ['beyond the role', ['orders:write'], ['support'], 'spa', [], ['orders:write']],
  ['beyond both', ['users:read'], ['support'], 'spa', ['users:read'], ['users:read']],
  ['a client that is not named', ['users:read'], ['admin'], 'other', [], []],
  ['nobody’s roles are known', ['users:read'], [], 'other', [], []],
  [
    'a role that is not named has what all have',
    ['users:read', 'openid'],
    ['guest'],
    '',
    [],
    ['users:read'],
  ],
])('scopes: %s', (_what, scopes, roles, client, ofClient, ofRoles) => {
  expect(excess(scopes, { client, roles })).toEqual({ ofClient, ofRoles })
})

test('without `*` nothing is said of a role that is not named', () => {
  const other = policyOf({ format, roles: { admin: { scopes: [] } } }, sha256)
  const of = createExcess(other)
  expect(of(['a'], { client: '', roles: ['guest'] }).ofRoles).toEqual([])
  expect(of(['a'], { client: '', roles: ['guest', 'admin'] }).ofRoles).toEqual(['a'])
})

test('a route asks for all scopes and one role', () => {
  const rule = { roles: ['admin', 'support'], scopes: ['a', 'b'] }
  expect(judge(rule, { roles: ['support'], scopes: ['a', 'b'] })).toEqual({
    missingScopes: [],
    lacksRole: false,
  })
  expect(judge(rule, { roles: ['user'], scopes: ['b'] })).toEqual({
    missingScopes: ['a'],
    lacksRole: true,
  })
  expect(judge({ roles: [], scopes: [] }, { roles: [], scopes: [] }).lacksRole).toBe(false)
})

test('who may do what is privileged', () => {
  expect(mayDo(policy, 'export', ['support', 'admin'])).toBe(true)
  expect(mayDo(policy, 'export', ['support'])).toBe(false)
  expect(mayDo(policy, 'consent', [])).toBe(true)
  expect(mayDo(policy, 'administration', [])).toBe(true)
})
