import { describe, expect, test } from '@jest/globals'
import type { KoaContext, Witnessed } from './oidc-provider/context.ts'
import { snapshot } from './oidc-provider/snapshot.ts'

const nothing: Witnessed = {
  remoteAddress: null,
  events: new Map(),
  revokedGrants: [],
  found: [],
  error: null,
  thrown: null,
}
const token: KoaContext = { _matchedRouteName: 'token', status: 400 }

function snapshotOf(ctx: Partial<KoaContext>, seen: Partial<Witnessed> = {}) {
  return snapshot('token', { ...token, ...ctx }, { ...nothing, ...seen })
}

describe('an error', () => {
  const of = (members: Record<string, unknown>): unknown => {
    const error = Object.assign(new Error('upstream'), members)
    const { code, type } = snapshotOf({}, { error }).error!
    return [code, type]
  }

  test.each<[string, Record<string, unknown>, string, string]>([
    ['of the library', { expose: true, error: 'invalid_grant' }, 'invalid_grant', 'invalid_grant'],
    ['that another server told', { error: 'access_denied' }, 'server_error', 'Error'],
    ['that is not exposed', { expose: false, error: 'slow_down' }, 'server_error', 'Error'],
    ['with words as its code', { expose: true, error: 'ada@example.com' }, '_OTHER', '_OTHER'],
    ['without a code', { expose: true, message: 'not ada' }, '_OTHER', '_OTHER'],
    ['with a code as its message', { expose: true, message: 'a_b' }, 'a_b', 'a_b'],
    ['of a class', { name: 'ResponseBodyError' }, 'server_error', 'ResponseBodyError'],
    ['with a sentence as its name', { name: 'ada has no quota' }, 'server_error', '_OTHER'],
    ['with a person as its name', { name: 'Ada' }, 'server_error', '_OTHER'],
  ])('%s', (_, members, code, type) => {
    expect(of(members)).toEqual([code, type])
  })

  test('that is none', () => {
    const { error } = snapshotOf({}, { thrown: 'ada@example.com' })
    expect(error).toMatchObject({ code: 'server_error', type: '_OTHER' })
  })
})

describe("the status of what escaped, as Koa's onerror has it", () => {
  test.each<[unknown, Partial<KoaContext>, number]>([
    [new Error('x'), {}, 500],
    [Object.assign(new Error('x'), { status: 418 }), {}, 418],
    [Object.assign(new Error('x'), { statusCode: 503 }), {}, 503],
    [Object.assign(new Error('x'), { status: 302 }), {}, 302],
    [Object.assign(new Error('x'), { status: 499 }), {}, 500],
    [Object.assign(new Error('x'), { status: '404' }), {}, 500],
    [{ status: 404 }, {}, 500],
    ['text', {}, 500],
    [new Error('x'), { headerSent: true, status: 200 }, 200],
  ])('%p', (thrown, ctx, status) => {
    expect(snapshotOf(ctx, { thrown }).http.status).toBe(status)
  })
})

test("an application's rule on proxies that throws costs the address, not the record", () => {
  const throws = {
    get ip(): never {
      throw new Error('trust proxy')
    },
  }
  const remote = { remoteAddress: '::ffff:10.0.0.1' }
  expect(snapshotOf({ req: throws }, remote).http.clientAddress).toBe('10.0.0.1')
  const koa = { app: { proxy: true }, ip: '203.0.113.7' }
  expect(snapshotOf({ req: throws, ...koa }, remote).http.clientAddress).toBe('203.0.113.7')
  const both = Object.defineProperty({ ...token, req: throws, app: koa.app }, 'ip', {
    get: () => throws.ip,
  })
  expect(snapshot('token', both, { ...nothing, ...remote }).http.clientAddress).toBe('10.0.0.1')
})

test('what is known: of the provider, of its resources, and of the client', () => {
  const oidc = {
    params: { redirect_uri: 'https://shop.example.com/cb', scope: 'openid x' },
    requestParamOIDCScopes: new Set(['openid']),
    resourceServers: { 'https://api.example.com': { scope: 'orders:read' } },
    session: { acr: 'otp' },
    entities: {
      Client: {
        clientId: 'web',
        scope: 'orders',
        grantTypes: ['urn:x:own'],
        defaultAcrValues: ['pwd'],
        redirectUris: ['https://shop.example.com/cb'],
      },
    },
  }
  expect(snapshotOf({ oidc }).known).toEqual({
    grantTypes: ['urn:x:own'],
    scopes: expect.arrayContaining(['openid', 'orders', 'orders:read']),
    resources: ['https://api.example.com'],
    acrs: ['pwd', 'otp'],
    isRedirectUri: true,
  })
  const broken = {
    get requestParamOIDCScopes(): never {
      throw new TypeError('params is undefined')
    },
  }
  expect(snapshotOf({ oidc: broken }).known).toMatchObject({
    scopes: ['openid'],
    isRedirectUri: false,
  })
})

test.each<[string, string, object, object, string]>([
  ['basic', 'client_secret_basic', { authorization: 'Basic x' }, {}, 'client_secret_basic'],
  ['a form', 'client_secret_basic', {}, { client_secret: 's' }, 'client_secret_post'],
  ['a header', 'client_secret_post', { authorization: 'Basic x' }, {}, 'client_secret_basic'],
  ['nothing at all', 'client_secret_post', {}, {}, 'client_secret_post'],
  ['an assertion', 'private_key_jwt', {}, { client_assertion: 'x' }, 'private_key_jwt'],
])('a client that showed %s did that, whatever is registered', (...row) => {
  const [, clientAuthMethod, headers, params, method] = row
  const oidc = { params, entities: { Client: { clientId: 'web', clientAuthMethod } } }
  const req = { headers: headers as Record<string, string> }
  expect(snapshotOf({ req, oidc }).client).toMatchObject({ id: 'web', authMethod: method })
})

describe('a client that has left', () => {
  const req = { socket: { destroyed: true } }
  test.each<[string, Partial<KoaContext>, object]>([
    ['before the answer', { req, status: 200 }, { status: 0, isCut: true }],
    ['within it', { req, headerSent: true, status: 200 }, { status: 200 }],
  ])('%s', (_, ctx, says) => {
    const { status, isCut } = snapshotOf(ctx).http
    expect({ status, isCut }).toEqual({ isCut: undefined, ...says })
  })
})

describe('types of authorization details', () => {
  const details = [{ type: 'payment', iban: 'S3cret' }, { type: 'typed' }]
  const params = { authorization_details: JSON.stringify(details) }
  const client = { clientId: 'web', authorizationDetailsTypes: ['payment', 'account'] }
  const of = (own: object, seen: Partial<Witnessed> = {}) => {
    const facts = snapshotOf({ oidc: { params, entities: { Client: own } } }, seen)
    expect(JSON.stringify(facts)).not.toContain('S3cret')
    return [facts.parameters.detailTypes, facts.known.detailTypes]
  }

  test('that were let through are known', () => {
    expect(of({ clientId: 'web' })).toEqual([
      ['payment', 'typed'],
      ['payment', 'typed'],
    ])
  })

  test('that were refused only if the client may use them', () => {
    const seen = { error: new Error('invalid_authorization_details') }
    expect(of(client, seen)).toEqual([
      ['payment', 'typed'],
      ['payment', 'account'],
    ])
    expect(of({ clientId: 'web' }, seen)).toEqual([['payment', 'typed'], []])
  })
})
