import { describe, expect, test } from '@jest/globals'
import { ATTR, builtInPolicy, type Policy, readPolicy } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { AccessFacts, HttpFacts, ValidationFacts, VerifiedClaims } from '../facts.ts'
import { sha256 } from '../sha256.ts'
import { describeAccess } from './resource-server.ts'

const hashes: Hashes = {
  token: (token) => `token(${token})`,
  typedToken: (token) => `typed(${token})`,
  person: (identifier) => `person(${identifier})`,
}
const unkeyed: Hashes = { ...hashes, typedToken: () => null, person: () => null }

const claims: VerifiedClaims = {
  ...{ issuer: 'https://login.example.com', subject: 'ada', clientId: 'web', audience: ['api'] },
  ...{ scope: 'orders:read profile', roles: ['user'], actors: [], jti: 'jti-1' },
  ...{ issuedAtS: 1000, expiresAtS: 1600, authTimeS: 900, acr: 'phr', amr: ['pwd', 'otp'] },
  ...{ sessionId: 'session', boundKey: null, isBoundToCertificate: false },
}
const valid: ValidationFacts = {
  library: 'jose',
  error: null,
  format: 'jwt',
  header: { alg: 'EdDSA', kid: 'key-1' },
  claims,
}
const invalid = (reason: string): ValidationFacts => ({
  ...{ ...valid, claims: null, header: { alg: null, kid: null } },
  error: { code: 'ERR_JWT', reason },
})
const http: HttpFacts = {
  method: 'GET',
  route: '/orders/:id',
  target: '/orders/1',
  status: 200,
  clientAddress: '203.0.113.7',
  userAgent: null,
}
const token: AccessFacts['token'] = {
  value: 'raw',
  type: 'access_token',
  scheme: 'bearer',
  location: 'header',
}
const facts: AccessFacts = {
  ...{ kind: 'access', action: 'oauth.resource_access', http, token, validation: valid },
  ...{ challenge: null, responseBytes: 22, responseRows: null, isCut: false, endedAtS: 1060 },
}

interface Told {
  readonly attributes: Record<string, unknown>
  readonly failed: boolean
  readonly message: string
  readonly kind: string
}

function told(
  more: Partial<AccessFacts>,
  { by = hashes, policy = builtInPolicy(sha256) }: { by?: Hashes; policy?: Policy } = {},
): Told {
  const { attributes, ...rest } = describeAccess({ ...facts, ...more }, by, policy)
  return { ...rest, attributes: Object.fromEntries(attributes) }
}

test('the id of a token that is the token itself is not told', () => {
  const self = { ...valid, claims: { ...claims, jti: 'raw' } }
  expect(told({ validation: self }).attributes[ATTR.OAUTH_TOKEN_JTI]).toBeUndefined()
})

test('all that is known of a request is told', () => {
  expect(told({}).attributes).toEqual({
    [ATTR.AUDIT_ACTION]: 'oauth.resource_access',
    [ATTR.AUDIT_OUTCOME]: 'success',
    [ATTR.AUDIT_ACTOR_TYPE]: 'user',
    [ATTR.AUDIT_ACTOR_ID]: 'person(ada)',
    [ATTR.OAUTH_ROLE]: 'resource_server',
    [ATTR.OAUTH_LIBRARY_NAME]: 'jose',
    [ATTR.OAUTH_ISSUER]: 'https://login.example.com',
    [ATTR.OAUTH_AUDIENCE]: 'api',
    [ATTR.OAUTH_CLIENT_ID]: 'web',
    [ATTR.USER_ID]: 'ada',
    [ATTR.USER_HASH]: 'person(ada)',
    [ATTR.USER_ROLES]: 'user',
    [ATTR.SESSION_ID]: 'person(session)',
    [ATTR.OAUTH_TOKEN_TYPE]: 'access_token',
    [ATTR.OAUTH_TOKEN_FORMAT]: 'jwt',
    [ATTR.OAUTH_TOKEN_HASH]: 'token(raw)',
    [ATTR.OAUTH_TOKEN_LOCATION]: 'header',
    [ATTR.OAUTH_TOKEN_BINDING]: 'none',
    [ATTR.OAUTH_TOKEN_JTI]: 'jti-1',
    [ATTR.OAUTH_TOKEN_ALG]: 'EdDSA',
    [ATTR.OAUTH_TOKEN_KID]: 'key-1',
    [ATTR.OAUTH_TOKEN_EXPIRES_AT]: 1600n,
    [ATTR.OAUTH_TOKEN_EXPIRES_IN]: 540n,
    [ATTR.OAUTH_TOKEN_AGE]: 60n,
    [ATTR.OAUTH_SCOPE_GRANTED]: 'orders:read profile',
    [ATTR.OAUTH_AUTH_TIME]: 900n,
    [ATTR.OAUTH_AUTH_ACR]: 'phr',
    [ATTR.OAUTH_AUTH_AMR]: 'otp pwd',
    [ATTR.HTTP_REQUEST_METHOD]: 'GET',
    [ATTR.HTTP_ROUTE]: '/orders/:id',
    [ATTR.HTTP_RESPONSE_STATUS_CODE]: 200n,
    [ATTR.HTTP_RESPONSE_BODY_SIZE]: 22n,
    [ATTR.CLIENT_ADDRESS]: '203.0.113.7',
  })
})

test.each([0, 1204, Number.MAX_SAFE_INTEGER])('%i rows of a response are told', (rows) => {
  const { attributes } = told({ responseRows: rows })
  expect(attributes[ATTR.AUDIT_RESPONSE_ROWS]).toBe(BigInt(rows))
})

const refused = (status: number, error: string | null = null): Partial<AccessFacts> => ({
  http: { ...http, status },
  challenge: { error, scope: null },
})
const at = (status: number): Partial<AccessFacts> => ({ http: { ...http, status } })
const unknown = { validation: null }
const cut: Partial<AccessFacts> = { ...at(0), isCut: true }
const none = { validation: null, token: null }

describe('how it ended and why', () => {
  type Row = [
    string,
    Partial<AccessFacts>,
    [outcome: string, reason?: string | undefined, type?: string],
  ]
  test.each<Row>([
    ['let in', at(204), ['success']],
    ['sent elsewhere', at(302), ['success']],
    ['let in, and nobody looked', { ...at(200), ...unknown }, ['success', 'token_not_validated']],
    [
      'let in with a bad token',
      { ...at(200), validation: invalid('token_expired') },
      ['success', 'token_expired', 'ERR_JWT'],
    ],
    ['not found', at(404), ['failure', undefined, '404']],
    ['not found, not looked at', { ...at(404), ...unknown }, ['failure', undefined, '404']],
    [
      'expired',
      { ...refused(401, 'invalid_token'), validation: invalid('token_expired') },
      ['failure', 'token_expired', 'invalid_token'],
    ],
    [
      'expired, without a word',
      { ...at(401), validation: invalid('token_expired') },
      ['failure', 'token_expired', 'ERR_JWT'],
    ],
    [
      'refused by somebody unknown',
      { ...refused(401, 'invalid_token'), ...unknown },
      ['failure', 'other', 'invalid_token'],
    ],
    ['refused by somebody silent', { ...at(401), ...unknown }, ['failure', 'other', '401']],
    ['refused though valid', at(401), ['denied', 'access_denied', '401']],
    [
      'called invalid though valid',
      refused(401, 'invalid_token'),
      ['failure', 'other', 'invalid_token'],
    ],
    ['without a token', { ...refused(401), ...none }, ['denied', 'token_missing', '401']],
    ['without a token, 403', { ...refused(403), ...none }, ['denied', 'token_missing', '403']],
    [
      'without the scope',
      refused(403, 'insufficient_scope'),
      ['denied', 'scope_insufficient', 'insufficient_scope'],
    ],
    ['without the role', at(403), ['denied', 'access_denied', '403']],
    [
      'without the role, nobody looked',
      { ...at(403), ...unknown },
      ['denied', 'access_denied', '403'],
    ],
    [
      'a nonce first',
      refused(401, 'use_dpop_nonce'),
      ['challenge', 'dpop_invalid', 'use_dpop_nonce'],
    ],
    [
      'a better log-in first',
      refused(401, 'insufficient_user_authentication'),
      ['challenge', 'acr_insufficient', 'insufficient_user_authentication'],
    ],
    [
      'a bad proof',
      refused(401, 'invalid_dpop_proof'),
      ['failure', 'dpop_invalid', 'invalid_dpop_proof'],
    ],
    ['a bad request', refused(400, 'invalid_request'), ['failure', 'other', 'invalid_request']],
    ['another bad request', at(400), ['failure', undefined, '400']],
    ['too often', at(429), ['denied', 'rate_limited', '429']],
    ['broken', at(500), ['failure', 'internal', '500']],
    ['broken, without a token', { ...at(503), ...none }, ['failure', 'internal', '503']],
    [
      'no keys to check it with',
      { ...at(500), validation: invalid('jwks_unavailable') },
      ['failure', 'jwks_unavailable', 'ERR_JWT'],
    ],
    ['cut before an answer', cut, ['failure', undefined, 'ECONNRESET']],
    ['done for nobody', { ...cut, unsentStatus: 204 }, ['success', undefined, 'ECONNRESET']],
    ['refused to nobody', { ...cut, unsentStatus: 403 }, ['denied', 'access_denied', 'ECONNRESET']],
    ['cut within it', { ...at(200), isCut: true }, ['success', undefined, 'ECONNRESET']],
    [
      'cut within a refusal',
      { ...at(403), isCut: true },
      ['denied', 'access_denied', 'ECONNRESET'],
    ],
  ])('%s', (_, more, [outcome, reason, type]) => {
    const { attributes, failed, message } = told(more)
    expect([
      attributes[ATTR.AUDIT_OUTCOME],
      attributes[ATTR.OAUTH_ERROR_REASON],
      attributes[ATTR.ERROR_TYPE],
    ]).toEqual([outcome, reason, type])
    expect(failed).toBe(outcome === 'failure' || outcome === 'denied')
    expect(message !== '').toBe(failed)
  })

  test.each([
    ['token_expired', 'token'],
    ['audience_mismatch', 'token'],
    ['key_unknown', 'key'],
    ['jwks_unavailable', 'network'],
    ['other', undefined],
  ])('%s is about %s', (reason, category) => {
    const { attributes } = told({ ...at(401), validation: invalid(reason) })
    expect(attributes[ATTR.OAUTH_ERROR_CATEGORY]).toBe(category)
  })

  test('what a proof showed', () => {
    const result = (error: string): unknown =>
      told(refused(401, error)).attributes[ATTR.OAUTH_DPOP_RESULT]
    expect(result('use_dpop_nonce')).toBe('nonce_required')
    expect(result('invalid_dpop_proof')).toBe('invalid')
    expect(result('invalid_token')).toBeUndefined()
  })
})

describe('who acted', () => {
  const who = (more: Partial<VerifiedClaims>): unknown[] => {
    const { attributes } = told({ validation: { ...valid, claims: { ...claims, ...more } } })
    return [ATTR.AUDIT_ACTOR_TYPE, ATTR.AUDIT_ACTOR_ID, ATTR.USER_ID, ATTR.OAUTH_CLIENT_ID].map(
      (name) => attributes[name],
    )
  }

  test.each<[string, Partial<VerifiedClaims>, unknown[]]>([
    ['a user', {}, ['user', 'person(ada)', 'ada', 'web']],
    ['a user of no client', { clientId: null }, ['user', 'person(ada)', 'ada', undefined]],
    ['a client', { subject: 'web' }, ['client', 'web', undefined, 'web']],
    ['a client without subject', { subject: null }, ['client', 'web', undefined, 'web']],
    ['nobody', { subject: null, clientId: null }, ['anonymous', undefined, undefined, undefined]],
  ])('%s', (_, more, told) => {
    expect(who(more)).toEqual(told)
  })

  test('and for whom', () => {
    const acting = { ...claims, actors: ['agent 17', 'bot'] }
    const { attributes } = told({ validation: { ...valid, claims: acting } })
    expect(attributes).toMatchObject({
      [ATTR.USER_ID]: 'ada',
      [ATTR.OAUTH_ACTOR_ID]: 'agent 17',
      [ATTR.OAUTH_ACTOR_CHAIN]: 'agent%2017 bot',
      [ATTR.OAUTH_ACTOR_DEPTH]: 2n,
    })
  })

  test('nobody is known by a token that is not valid', () => {
    for (const validation of [null, invalid('signature_invalid')]) {
      const { attributes } = told({ ...at(401), validation })
      expect(attributes[ATTR.AUDIT_ACTOR_TYPE]).toBe('anonymous')
      for (const name of [ATTR.USER_ID, ATTR.USER_HASH, ATTR.OAUTH_CLIENT_ID, ATTR.OAUTH_TOKEN_KID])
        expect(attributes[name]).toBeUndefined()
    }
  })
})

describe('a token', () => {
  const jwt = 'eyJh.eyJz.c2ln'
  test.each([
    ['raw', 'opaque'],
    [jwt, 'jwt'],
    ['eyJh.eyJz.', 'jwt'],
    ['eyJh..eyJz.c2ln.c2ln', 'jwe'],
    ['eyJh.eyJz', 'opaque'],
    ['password.password.password', 'opaque'],
  ])('%s that nobody read looks %s', (value, format) => {
    const { attributes } = told({ ...unknown, token: { ...token!, value } })
    expect(attributes[ATTR.OAUTH_TOKEN_FORMAT]).toBe(format)
  })

  test('has a hash that needs a key, unless it was valid: it may be a password', () => {
    const hash = (more: Partial<AccessFacts>, by?: Hashes): unknown =>
      told(more, by && { by }).attributes[ATTR.OAUTH_TOKEN_HASH]
    expect([hash({}), hash({}, unkeyed)]).toEqual(['token(raw)', 'token(raw)'])
    for (const validation of [null, invalid('token_malformed')]) {
      expect([hash({ validation }), hash({ validation }, unkeyed)]).toEqual([
        'typed(raw)',
        undefined,
      ])
    }
    const long = { ...token!, value: 'x'.repeat(16_385) }
    expect(hash({ ...unknown, token: long })).toBeUndefined()
    expect(hash({ ...unknown, token: { ...long, value: long.value.slice(1) } })).toBeTruthy()
  })

  test.each<[string, 'bearer' | 'dpop', Partial<VerifiedClaims> | null, unknown]>([
    ['presented as bearer', 'bearer', {}, 'none'],
    ['presented with a proof', 'dpop', {}, 'dpop'],
    ['bound to a key, without a proof', 'bearer', { boundKey: 'jkt' }, 'dpop'],
    ['bound to a certificate', 'bearer', { isBoundToCertificate: true }, 'mtls'],
    ['nobody read', 'bearer', null, undefined],
    ['nobody read, with a proof', 'dpop', null, 'dpop'],
  ])('%s', (_, scheme, more, binding) => {
    const validation = more === null ? null : { ...valid, claims: { ...claims, ...more } }
    const { attributes } = told({ token: { ...token!, scheme }, validation })
    expect(attributes[ATTR.OAUTH_TOKEN_BINDING]).toBe(binding)
    expect(attributes[ATTR.OAUTH_TOKEN_CNF_JKT]).toBe(more?.boundKey ?? undefined)
  })

  test('is never younger or longer valid than nothing, whatever the clocks', () => {
    const { attributes } = told({ endedAtS: 0 })
    expect(attributes[ATTR.OAUTH_TOKEN_AGE]).toBe(0n)
    expect(told({ endedAtS: 9999 }).attributes[ATTR.OAUTH_TOKEN_EXPIRES_IN]).toBe(0n)
  })

  test('that was validated apart from a request has no request', () => {
    const { attributes, kind } = told({
      ...{ action: 'oauth.token_validation', http: null, responseBytes: null },
      token: { ...token!, scheme: null, location: null, type: 'unknown' },
    })
    expect(kind).toBe('internal')
    expect(attributes).toMatchObject({
      [ATTR.AUDIT_ACTION]: 'oauth.token_validation',
      [ATTR.AUDIT_OUTCOME]: 'success',
      [ATTR.OAUTH_TOKEN_TYPE]: 'unknown',
    })
    expect(attributes).not.toHaveProperty([ATTR.HTTP_REQUEST_METHOD])
    expect(attributes).not.toHaveProperty([ATTR.OAUTH_TOKEN_LOCATION])
    const failed = told({
      action: 'oauth.token_validation',
      http: null,
      validation: invalid('key_unknown'),
    })
    expect(failed).toMatchObject({ failed: true, message: 'key_unknown' })
  })
})

describe('a policy', () => {
  const rules = {
    format: 'grantlog-policy-v1',
    routes: [{ route: '/orders/:id', scopes: ['orders:read', 'orders:all'], privileged: 'export' }],
  }
  const policy = readPolicy(JSON.stringify(rules), sha256)
  const scopes = (more: Partial<AccessFacts>): unknown[] => {
    const { attributes } = told(more, { policy })
    return [
      attributes[ATTR.OAUTH_SCOPE_REQUIRED],
      attributes[ATTR.OAUTH_SCOPE_MISSING],
      attributes[ATTR.AUDIT_PRIVILEGED],
    ]
  }

  test('says what is required; what is missing is known of a valid token alone', () => {
    expect(scopes({})).toEqual(['orders:all orders:read', 'orders:all', 'export'])
    expect(scopes(unknown)).toEqual(['orders:all orders:read', undefined, 'export'])
    expect(scopes({ http: { ...http, route: '/others' } })).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(scopes({ http: { ...http, route: null } })).toEqual(scopes({}))
  })

  test('stands behind what the resource itself asks for', () => {
    const challenge = { error: 'insufficient_scope', scope: 'admin' }
    expect(scopes({ ...at(403), challenge })).toEqual(['admin', 'admin', 'export'])
  })

  test('tells a missing scope from a missing role', () => {
    const reason = (by?: Policy): unknown =>
      told(at(403), by && { policy: by }).attributes[ATTR.OAUTH_ERROR_REASON]
    expect([reason(policy), reason()]).toEqual(['scope_insufficient', 'access_denied'])
    const asking = (...roles: string[]): Policy => {
      const routes = [{ route: '/orders/:id', roles }]
      return readPolicy(JSON.stringify({ ...rules, routes }), sha256)
    }
    const [own] = claims.roles
    expect(reason(asking('auditor'))).toBe('role_insufficient')
    expect(reason(asking('auditor', own!))).toBe('access_denied')
    expect(told(at(403), { policy: asking('auditor') }).attributes['audit.outcome']).toBe('denied')
    // Let in all the same: a success that says what it lacks, for that is a finding.
    const letIn = told({}, { policy: asking('auditor') }).attributes
    expect(letIn['audit.outcome']).toBe('success')
    expect(letIn[ATTR.OAUTH_ERROR_REASON]).toBe('role_insufficient')
  })
})
