import { describe, expect, test } from '@jest/globals'
import { ATTR, attributeDefinitions } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { ServerFacts } from '../facts.ts'
import { describeServer } from './authorization-server.ts'
import { reasonOf } from './reason.ts'

const hashes: Hashes = {
  token: (token) => `t1.${token.length}`,
  typedToken: () => null,
  person: (id) => `p1.${id.length}`,
}

const base: ServerFacts = {
  kind: 'server',
  action: 'oauth.token',
  library: 'oidc-provider',
  endpoint: 'token',
  issuer: 'https://login.example.com',
  atS: 1_764_000_060,
  http: {
    method: 'POST',
    route: '/token',
    target: null,
    status: 200,
    clientAddress: '203.0.113.7',
    userAgent: 'x',
  },
  parameters: {
    grantType: 'authorization_code',
    responseType: null,
    responseMode: null,
    scope: null,
    redirectUri: 'https://app.example.com/callback?tenant=secret',
    prompt: null,
    acrValues: null,
    resources: ['https://api.example.com/?key=secret'],
    codeChallengeMethod: 'S256',
    hasCodeChallenge: false,
    hasCodeVerifier: true,
    hasRequestObject: false,
    hasPushedRequest: false,
    refreshToken: null,
  },
  known: {
    grantTypes: [],
    scopes: ['openid', 'orders'],
    resources: ['https://api.example.com/?key=secret'],
    acrs: [],
    isRedirectUri: true,
  },
  client: { id: 'web', name: 'Web', authMethod: 'none' },
  accountId: 'ada',
  roles: [],
  actors: [],
  sessionUid: 'session-uid',
  grantIds: ['grant-id-1'],
  authTimeS: 1_764_000_000,
  acr: null,
  amr: ['pwd', 'otp'],
  succeeded: true,
  isRefused: false,
  error: null,
  reason: null,
  scope: { granted: null, allowed: null, missing: null },
  consented: false,
  tokens: {
    accessToken: 'the-access-token',
    refreshToken: 'the-refresh-token',
    hasIdToken: true,
    expiresInS: 600,
    scope: 'orders openid orders',
    isJwt: false,
    binding: null,
    audience: [],
  },
  presented: null,
  refresh: null,
  exchange: null,
  proof: { hasDpop: false, boundKey: null, boundCertificate: null },
  grantRevoked: false,
  registeredClientId: null,
  isDynamicClient: false,
}

function attributesOf(facts: Partial<ServerFacts>): Record<string, unknown> {
  return Object.fromEntries(describeServer({ ...base, ...facts }, hashes).attributes)
}

function errorOf(code: string, detail: string | null): ServerFacts['error'] {
  return { code, type: code, description: null, detail }
}

describe('a token response', () => {
  test('says who, what and how it ended, in registered names only', () => {
    const attributes = attributesOf({})
    expect(attributes).toMatchObject({
      [ATTR.AUDIT_ACTION]: 'oauth.token',
      [ATTR.AUDIT_OUTCOME]: 'success',
      [ATTR.AUDIT_ACTOR_ID]: 'p1.3',
      [ATTR.USER_ID]: 'ada',
      [ATTR.OAUTH_CLIENT_TYPE]: 'public',
      [ATTR.OAUTH_SCOPE_GRANTED]: 'openid orders',
      [ATTR.OAUTH_AUTH_AMR]: 'otp pwd',
      [ATTR.OAUTH_PKCE_RESULT]: 'ok',
      [ATTR.OAUTH_TOKEN_ISSUED]: 'access_token id_token refresh_token',
      [ATTR.OAUTH_TOKEN_EXPIRES_IN]: 600n,
    })
    for (const name of Object.keys(attributes)) expect(attributeDefinitions.has(name)).toBe(true)
  })

  test('carries no token and no query of a URI', () => {
    const text = Object.values(attributesOf({})).join('\n')
    for (const secret of ['the-access', 'the-refresh', 'secret', 'session-uid', 'grant-id-1']) {
      expect(text).not.toContain(secret)
    }
    expect(text).toContain('app.example.com')
  })

  test('of a client on its own behalf has the client as its actor', () => {
    const attributes = attributesOf({ accountId: null, sessionUid: null, grantIds: [] })
    expect(attributes).toMatchObject({ 'audit.actor.type': 'client', 'audit.actor.id': 'web' })
    expect(attributes).not.toHaveProperty(['user.hash'])
  })

  test('without a person key has no hashes of people, sessions and grants', () => {
    const description = describeServer(base, { ...hashes, person: () => null })
    const names = ['user.hash', 'session.id', 'oauth.grant.id_hash', 'audit.actor.id']
    for (const name of names) expect(description.attributes.has(name)).toBe(false)
  })
})

describe('failures', () => {
  test('tell the reason that the client did not see', () => {
    const error = errorOf('invalid_grant', 'code_verifier does not match code_challenge')
    const description = describeServer({ ...base, succeeded: false, tokens: null, error }, hashes)
    expect(description).toMatchObject({ failed: true, message: 'invalid_grant' })
    expect(Object.fromEntries(description.attributes)).toMatchObject({
      'oauth.error.reason': 'pkce_mismatch',
      'oauth.pkce.result': 'mismatch',
      'audit.outcome': 'failure',
    })
  })

  test.each([
    ['invalid_grant', 'authorization code already consumed', 'code_replayed'],
    ['invalid_grant', 'refresh token already used', 'refresh_reused'],
    ['invalid_grant', 'authorization code not found', 'code_unknown'],
    ['invalid_client', 'invalid secret provided', 'client_credentials_invalid'],
    ['invalid_client', 'client not found', 'client_unknown'],
    ['invalid_client', 'something new', 'client_credentials_invalid'],
    ['access_denied', null, 'access_denied'],
    ['server_error', 'x', 'internal'],
    ['constructor', null, 'other'],
    ['invented', 'never seen', 'other'],
  ])('%s, %s: %s', (code, detail, reason) => {
    expect(reasonOf(errorOf(code, detail)!)).toBe(reason)
  })

  test.each([
    ['use_dpop_nonce', 'challenge'],
    ['authorization_pending', 'challenge'],
    ['access_denied', 'denied'],
    ['invalid_scope', 'failure'],
  ])('%s is a %s', (code, outcome) => {
    const attributes = attributesOf({ succeeded: false, error: errorOf(code, null) })
    expect(attributes['audit.outcome']).toBe(outcome)
  })

  test('a replayed code that revoked its grant says so', () => {
    const error = errorOf('invalid_grant', 'authorization code already consumed')
    const attributes = attributesOf({ succeeded: false, error, grantRevoked: true })
    expect(attributes).toMatchObject({
      'oauth.revocation.reason': 'code_replay',
      'oauth.revocation.cascade': true,
    })
  })
})

test('a page in between is a challenge', () => {
  const facts = { endpoint: 'authorization', succeeded: false, tokens: null } as const
  expect(attributesOf(facts)['audit.outcome']).toBe('challenge')
})

describe('an answer that never left', () => {
  const http = { ...base.http, status: 0, isCut: true }
  const said = (own: Partial<ServerFacts>): unknown[] => {
    const attributes = attributesOf({ ...base, http, ...own })
    const names = ['audit.outcome', 'error.type', 'http.response.status_code']
    return names.map((name) => attributes[name])
  }

  test.each<[string, Partial<ServerFacts>, unknown[]]>([
    ['of what was done', {}, ['success', 'ECONNRESET', undefined]],
    ['that asks for more', { succeeded: false }, ['failure', 'ECONNRESET', undefined]],
    [
      'that refuses',
      { succeeded: false, error: errorOf('invalid_grant', '') },
      ['failure', 'invalid_grant', undefined],
    ],
  ])('%s', (_, own, expected) => {
    expect(said(own)).toEqual(expected)
  })
})

test('consent: granted on the way, remembered without a page, denied by the user', () => {
  const resume = { endpoint: 'resume', tokens: null } as const
  const of = (facts: Partial<ServerFacts>): unknown =>
    attributesOf({ ...resume, ...facts })['oauth.consent.result']
  expect(of({ consented: true })).toBe('granted')
  expect(of({ consented: false })).toBe('remembered')
  expect(of({ succeeded: false, error: errorOf('access_denied', null) })).toBe('denied')
  expect(attributesOf({})).not.toHaveProperty(['oauth.consent.result'])
})

test('an unknown method is _OTHER', () => {
  const attributes = attributesOf({ http: { ...base.http, method: 'SECRET' } })
  expect(attributes['http.request.method']).toBe('_OTHER')
})

describe('who acted', () => {
  const actorOf = (facts: Partial<ServerFacts>): unknown[] => {
    const { 'audit.actor.type': type, 'audit.actor.id': id, ...rest } = attributesOf(facts)
    return [type, id, rest['oauth.client.id']]
  }
  const nobody = { accountId: null, sessionUid: null, grantIds: [], tokens: null } as const
  const failed = { ...nobody, succeeded: false }
  const client = { id: 'web', name: null, authMethod: 'client_secret_basic' }

  test.each([
    ['a wrong secret', { ...failed, client, error: errorOf('invalid_client', null) }],
    ['a request before authentication', { ...failed, client, error: errorOf('server_error', '') }],
    ['a public client that fails', { ...failed, error: errorOf('invalid_grant', null) }],
    ['a visitor', { ...failed, client, endpoint: 'authorization' as const }],
  ])('%s: nobody known, and the client as claimed', (_, facts) => {
    expect(actorOf(facts)).toEqual(['anonymous', undefined, 'web'])
  })

  test('a client that had authenticated when it failed', () => {
    const error = errorOf('invalid_scope', null)
    expect(actorOf({ ...failed, client, error })).toEqual(['client', 'web', 'web'])
  })
})

test('a presented refresh token without a key is hashed only if it was found', () => {
  const parameters = { ...base.parameters, grantType: 'refresh_token', refreshToken: 'hunter2' }
  const of = (refresh: ServerFacts['refresh']): unknown =>
    attributesOf({ parameters, refresh })['oauth.refresh.presented_hash']
  expect(of(null)).toBeUndefined()
  expect(of({ rotated: false, rotations: 0, reused: false, issuedAtS: null })).toBe('t1.7')
})
