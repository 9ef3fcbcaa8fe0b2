import { createHash } from 'node:crypto'
import { describe, expect, jest, test } from '@jest/globals'
import { PolicyError } from './codes.ts'
import {
  builtInPolicy,
  guaranteeFor,
  hasBlocking,
  hasGuarantees,
  readPolicy,
  ruleFor,
} from './policy.ts'

const sha256 = (data: Uint8Array): Uint8Array => createHash('sha256').update(data).digest()
const read = (document: object): ReturnType<typeof readPolicy> =>
  readPolicy(JSON.stringify({ format: 'grantlog-policy-v1', ...document }), sha256)

/** The error of a document; fails when there is none. */
function errorOf(text: string): PolicyError {
  try {
    readPolicy(text, sha256)
  } catch (error) {
    if (error instanceof PolicyError) return error
    throw error
  }
  throw new Error(`no error: ${text.slice(0, 80)}`)
}

describe('a policy', () => {
  test('is read with all that it says', () => {
    const policy = read({
      routes: [
        { methods: ['GET'], route: '/orders/:id', scopes: ['orders:read'], roles: ['user'] },
        { route: '/export', privileged: 'export' },
      ],
      roleClaims: ['/https:~1~1example.com~1roles/a~01b'],
      queryValues: ['page'],
    })
    expect(policy).toMatchObject({
      routes: [
        { methods: ['GET'], route: '/orders/:id', scopes: ['orders:read'], privileged: null },
        { methods: [], route: '/export', scopes: [], roles: [], privileged: 'export' },
      ],
      roleClaims: [['https://example.com/roles', 'a~1b']],
      queryValues: ['page'],
    })
  })

  test('of v1 takes a null for what is left out, as it always has', () => {
    const { queryValues, roleClaims, routes } = read({
      ...{ queryValues: null, roleClaims: null },
      routes: [{ route: '/a', methods: null, scopes: null, roles: null }],
    })
    expect({ queryValues, roleClaims }).toEqual({
      queryValues: builtInPolicy(sha256).queryValues,
      roleClaims: builtInPolicy(sha256).roleClaims,
    })
    expect(routes).toMatchObject([{ methods: [], scopes: [], roles: [] }])
  })

  test('has the hash of its JCS form, however it is written', () => {
    const text = '{"format":"grantlog-policy-v1","queryValues":["page"]}'
    const hash = createHash('sha256').update(text).digest('base64url')
    expect(readPolicy(text, sha256).hash).toBe(hash)
    const other = '{ "queryValues": [ "\\u0070age" ],\n "format": "grantlog-policy-v1" }'
    expect(readPolicy(other, sha256).hash).toBe(hash)
    expect(read({ queryValues: [] }).hash).not.toBe(hash)
  })

  test('that is built in has no rules, and a hash that never changes', () => {
    expect(builtInPolicy(sha256)).toEqual({
      format: 'grantlog-policy-v1',
      routes: [],
      roleClaims: [['roles'], ['realm_access', 'roles']],
      queryValues: ['limit', 'offset', 'order', 'page', 'page_size', 'per_page', 'size', 'sort'],
      guarantee: 'buffered',
      level: 'standard',
      personal: 'keep',
      audit: [],
      roles: new Map(),
      clients: new Map(),
      privileged: new Map(),
      hash: 'nk5eacbUShmh23ZBGPB2vKA1NsploY0MGGVpjO0Oj0E',
    })
    const { hash: _hash, ...lists } = builtInPolicy(sha256)
    expect(read({})).toMatchObject(lists)
  })
})

describe('what is wrong with a policy is said with its place', () => {
  const rule = (members: object): string =>
    JSON.stringify({ format: 'grantlog-policy-v1', routes: [{ route: '/a', ...members }] })
  const many = (count: number): string[] => Array.from({ length: count }, () => 'x')

  test.each<[string, string, string]>([
    ['', 'POLICY_MALFORMED', ''],
    ['[]', 'POLICY_MALFORMED', ''],
    ['null', 'POLICY_MALFORMED', ''],
    ['['.repeat(60_000), 'POLICY_MALFORMED', ''],
    ['{}', 'POLICY_MALFORMED', '/format'],
    ['{"format":"grantlog-policy-v3"}', 'POLICY_MALFORMED', '/format'],
    ['{"format":"grantlog-policy-v1","__proto__":{}}', 'POLICY_MALFORMED', ''],
    ['{"format":"grantlog-policy-v1","routes":{}}', 'POLICY_MALFORMED', '/routes'],
    ['{"format":"grantlog-policy-v1","roleClaims":["roles"]}', 'POLICY_MALFORMED', '/roleClaims/0'],
    ['{"format":"grantlog-policy-v1","roleClaims":["/a~"]}', 'POLICY_MALFORMED', '/roleClaims/0'],
    ['{"format":"grantlog-policy-v1","queryValues":["a b"]}', 'POLICY_MALFORMED', '/queryValues/0'],
    [rule({ rout: '/a' }), 'POLICY_MALFORMED', '/routes/0'],
    [rule({ route: 'a' }), 'POLICY_MALFORMED', '/routes/0/route'],
    [rule({ route: '/a/*/b' }), 'POLICY_MALFORMED', '/routes/0/route'],
    [rule({ route: '/a//b' }), 'POLICY_MALFORMED', '/routes/0/route'],
    [rule({ route: '/a?b' }), 'POLICY_MALFORMED', '/routes/0/route'],
    [rule({ route: null }), 'POLICY_MALFORMED', '/routes/0/route'],
    [rule({ methods: ['get'] }), 'POLICY_MALFORMED', '/routes/0/methods/0'],
    [rule({ scopes: ['a', 'b c'] }), 'POLICY_MALFORMED', '/routes/0/scopes/1'],
    [rule({ scopes: [7] }), 'POLICY_MALFORMED', '/routes/0/scopes/0'],
    [rule({ roles: ['a\u0000'] }), 'POLICY_MALFORMED', '/routes/0/roles/0'],
    [rule({ roles: ['\ud800'] }), 'POLICY_MALFORMED', '/routes/0/roles/0'],
    [rule({ guarantee: 'block' }), 'POLICY_MALFORMED', '/routes/0/guarantee'],
    [rule({ guarantee: null }), 'POLICY_MALFORMED', '/routes/0/guarantee'],
    ['{"format":"grantlog-policy-v1","guarantee":true}', 'POLICY_MALFORMED', '/guarantee'],
    [rule({ privileged: 'all' }), 'POLICY_MALFORMED', '/routes/0/privileged'],
    [rule({ scopes: ['x'.repeat(257)] }), 'POLICY_LIMIT_EXCEEDED', '/routes/0/scopes/0'],
    [rule({ scopes: many(65) }), 'POLICY_LIMIT_EXCEEDED', '/routes/0/scopes'],
    [' '.repeat(65_537), 'POLICY_LIMIT_EXCEEDED', ''],
  ])('%#', (text, code, pointer) => {
    const error = errorOf(text)
    expect([error.code, error.pointer]).toEqual([code, pointer])
    expect(error.fix).not.toBe('')
  })

  test('without a word of the document', () => {
    const error = errorOf(rule({ scopes: ['secret scope'] }))
    expect(`${error.message} ${error.fix}`).not.toContain('secret')
  })

  test('and what is at a limit is right', () => {
    const routes = Array.from({ length: 512 }, () => ({ route: '/a' }))
    expect(read({ routes }).routes).toHaveLength(512)
    expect(errorOf(rule({}).replace('"routes":[', `"routes":[${'1,'.repeat(512)}`))).toMatchObject({
      code: 'POLICY_LIMIT_EXCEEDED',
      pointer: '/routes',
    })
    expect(read({ routes: [{ route: '/a', scopes: ['x'.repeat(256), ...many(63)] }] })).toBeTruthy()
  })
})

describe('a rule is about', () => {
  const policy = read({
    routes: [
      { methods: ['GET'], route: '/orders/export', privileged: 'export' },
      { methods: ['GET'], route: '/orders/:id' },
      { methods: ['DELETE', 'PUT'], route: '/orders/:id' },
      { route: '/files/*' },
      { route: '/' },
    ],
  })
  const at = (method: string, route: string | null, path: string | null = null): number => {
    const found = ruleFor(policy, { method, route, path })
    return found === null ? -1 : policy.routes.indexOf(found)
  }

  test.each<[string, string, number]>([
    ['GET', '/orders/:id', 1],
    ['GET', '/orders/:orderId', 1],
    ['GET', '/orders/:id/', 1],
    ['PUT', '/orders/:id', 2],
    ['POST', '/orders/:id', -1],
    // Served by what there is for GET.
    ['HEAD', '/orders/:id', 1],
    ['GET', '/orders/export', 0],
    ['GET', '/orders/:id/items', -1],
    ['GET', '/files/*path', 3],
    ['GET', '/files/:name', 3],
    ['GET', '/files/deep/:name', 3],
    ['GET', '/files', -1],
    ['GET', '/', 4],
    ['GET', '', 4],
  ])('the route %s %s', (method, route, rule) => {
    expect(at(method, route)).toBe(rule)
    // The framework knows best: its template counts, whatever the path.
    expect(at(method, route, '/orders/export')).toBe(rule)
  })

  test.each<[string, string, number]>([
    ['GET', '/orders/7', 1],
    ['GET', '/orders/export', 0],
    ['GET', '/orders/%65xport', 0],
    ['GET', '/orders/%', 1],
    ['GET', '/orders/7/', 1],
    ['GET', '/orders//', -1],
    ['GET', '/orders', -1],
    ['DELETE', '/orders/7', 2],
    ['HEAD', '/files/a/b/c', 3],
    ['HEAD', '/files', -1],
    ['GET', '/', 4],
    ['GET', '//', 4],
    ['GET', '*', -1],
  ])('the path %s %s', (method, path, rule) => {
    expect(at(method, null, path)).toBe(rule)
  })

  test('nothing where neither is known', () => {
    expect(at('GET', null)).toBe(-1)
  })
})

describe('a guarantee', () => {
  const policy = read({
    guarantee: 'spooled',
    routes: [
      { methods: ['GET'], route: '/health', guarantee: 'buffered' },
      { methods: ['POST'], route: '/oidc/Token', guarantee: 'blocking' },
      { methods: ['GET'], route: '/orders/:id', scopes: ['orders:read'] },
      { methods: ['GET'], route: '/export/*', guarantee: 'blocking' },
      { route: '/EXPORT/free', guarantee: 'buffered' },
    ],
  })

  test.each<[string, string | null, string]>([
    ['GET', '/health', 'buffered'],
    // No rule is about it.
    ['POST', '/health', 'spooled'],
    // Nobody knows what a router makes of it.
    ['GET', null, 'blocking'],
    ['GET', '//host/health', 'blocking'],
    ['GET', '/\\health', 'blocking'],
    // A rule without one.
    ['GET', '/orders/7', 'spooled'],
    ['POST', '/oidc/Token', 'blocking'],
    // What a router may let be the same: no client gets around it by writing it otherwise.
    ['POST', '/oidc/token/', 'blocking'],
    ['POST', '/OIDC//%74OKEN', 'blocking'],
    ['POST', '/oidc/token%2F', 'spooled'],
    ['GET', '/oidc/token', 'spooled'],
    ['HEAD', '/export/a/b', 'blocking'],
    ['POST', '/export/a', 'spooled'],
    // The first rule that fits, unless another fits what is written there better.
    ['GET', '/export/free', 'blocking'],
    ['GET', '/EXPORT/free', 'blocking'],
    ['POST', '/EXPORT/free', 'buffered'],
  ])('of %s %s', (method, path, guarantee) => {
    expect(guaranteeFor(policy, method, path)).toBe(guarantee)
  })

  test('of a path with thousands of wrong escapes reads no more than templates look at', () => {
    const policy = read({ routes: [{ route: '/a/*', guarantee: 'blocking' }] })
    const decode = jest.spyOn(globalThis, 'decodeURIComponent')
    try {
      expect(guaranteeFor(policy, 'GET', `/a${'/%f'.repeat(5_000)}`)).toBe('blocking')
      // A `*` in the template asks whether there is something.
      expect(decode.mock.calls.length).toBeGreaterThan(0)
      expect(decode.mock.calls.length).toBeLessThan(10)
    } finally {
      decode.mockRestore()
    }
  })

  test('is part of the hash', () => {
    const hashes = [{}, { guarantee: 'spooled' }, { guarantee: 'blocking' }].map(
      (one) => read(one).hash,
    )
    expect(new Set(hashes).size).toBe(3)
  })

  test('of the whole policy: whether there is any, and whether any blocks', () => {
    const of = (document: object): boolean[] => {
      const one = read(document)
      return [hasGuarantees(one), hasBlocking(one)]
    }
    const routes = (guarantee: string): object => ({ routes: [{ route: '/a', guarantee }] })
    expect(of({})).toEqual([false, false])
    expect(of(routes('buffered'))).toEqual([false, false])
    expect(of(routes('spooled'))).toEqual([true, false])
    expect(of(routes('blocking'))).toEqual([true, true])
    expect(of({ guarantee: 'spooled' })).toEqual([true, false])
    expect(of({ guarantee: 'blocking', ...routes('buffered') })).toEqual([true, true])
  })
})
