import { createHash } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { policyOf } from '../policy.ts'
import { createExcess, type Excess, judge, mayDo } from './access.ts'

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

test.each<{
  what: string
  scopes: string[]
  roles: string[]
  client: string
  beyond?: Partial<Excess>
}>([
  { what: 'within both', scopes: ['openid', 'orders:read'], roles: ['support'], client: 'spa' },
  {
    ...{ what: 'beyond the client', scopes: ['users:read'], roles: ['admin'], client: 'spa' },
    beyond: { ofClient: ['users:read'] },
  },
  {
    ...{ what: 'beyond the role', scopes: ['orders:write'], roles: ['support'], client: 'spa' },
    beyond: { ofRoles: ['orders:write'] },
  },
  {
    ...{ what: 'beyond both', scopes: ['users:read'], roles: ['support'], client: 'spa' },
    beyond: { ofClient: ['users:read'], ofRoles: ['users:read'] },
  },
  { what: 'a client not named', scopes: ['users:read'], roles: ['admin'], client: 'other' },
  { what: 'roles not known', scopes: ['users:read'], roles: [], client: 'other' },
  {
    ...{ what: 'a role not named', scopes: ['users:read', 'openid'], roles: ['guest'], client: '' },
    beyond: { ofRoles: ['users:read'] },
  },
])('scopes: $what', ({ beyond, client, roles, scopes }) => {
  expect(excess(scopes, { client, roles })).toEqual({ ofClient: [], ofRoles: [], ...beyond })
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
