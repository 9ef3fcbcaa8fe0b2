import { describe, expect, test } from '@jest/globals'
import { ATTR, attributeDefinitions } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { CallErrorFacts, CallFacts, ParameterFacts, TokenFacts } from '../facts.ts'
import { describeCall } from './client.ts'

const hashes: Hashes = {
  token: (token) => `t1.${token.length}`,
  typedToken: () => null,
  person: (id) => `p1.${id.length}`,
}

const parameters: ParameterFacts = {
  grantType: 'authorization_code',
  responseType: null,
  responseMode: null,
  scope: null,
  redirectUri: null,
  prompt: null,
  acrValues: null,
  resources: [],
  codeChallengeMethod: null,
  hasCodeChallenge: false,
  hasCodeVerifier: true,
  hasRequestObject: false,
  hasPushedRequest: false,
  refreshToken: null,
}

const tokens: TokenFacts = {
  accessToken: 'S3cret-access',
  refreshToken: 'S3cret-refresh',
  hasIdToken: true,
  expiresInS: 600,
  scope: 'orders openid',
  isJwt: false,
  binding: null,
  audience: [],
}

const base: CallFacts = {
  kind: 'call',
  action: 'oauth.token',
  library: 'openid-client',
  issuer: 'https://login.example.com',
  server: { address: 'login.example.com', port: 443 },
  method: 'POST',
  status: 200,
  clientId: 'web',
  clientAuthMethod: 'client_secret_basic',
  parameters,
  exchange: null,
  token: null,
  tokens,
  subject: {
    id: 'ada',
    sessionId: 'S3cret-sid',
    authTimeS: 1_764_000_000,
    acr: 'phr',
    amr: ['pwd', 'otp'],
  },
  active: null,
  claims: null,
  error: null,
}

type Told = Record<string, unknown>

function attributesOf(facts: Partial<CallFacts>): Told {
  return Object.fromEntries(describeCall({ ...base, ...facts }, hashes).attributes)
}

function failed(error: Partial<CallErrorFacts>, facts: Partial<CallFacts> = {}): Told {
  const none = { code: null, type: '_OTHER', reason: null, by: 'server' } as const
  return attributesOf({ tokens: null, subject: null, ...facts, error: { ...none, ...error } })
}

test('a token response says who, what and how it ended, in registered names only', () => {
  const attributes = attributesOf({})
  expect(attributes).toEqual({
    [ATTR.AUDIT_ACTION]: 'oauth.token',
    [ATTR.AUDIT_OUTCOME]: 'success',
    [ATTR.AUDIT_ACTOR_TYPE]: 'user',
    [ATTR.AUDIT_ACTOR_ID]: 'p1.3',
    [ATTR.USER_ID]: 'ada',
    [ATTR.USER_HASH]: 'p1.3',
    [ATTR.SESSION_ID]: 'p1.10',
    [ATTR.OAUTH_ROLE]: 'client',
    [ATTR.OAUTH_ISSUER]: 'https://login.example.com',
    [ATTR.OAUTH_LIBRARY_NAME]: 'openid-client',
    [ATTR.OAUTH_CLIENT_ID]: 'web',
    [ATTR.OAUTH_CLIENT_AUTH_METHOD]: 'client_secret_basic',
    [ATTR.OAUTH_CLIENT_TYPE]: 'confidential',
    [ATTR.OAUTH_AUTH_TIME]: 1_764_000_000n,
    [ATTR.OAUTH_AUTH_ACR]: 'phr',
    [ATTR.OAUTH_AUTH_AMR]: 'otp pwd',
    [ATTR.OAUTH_GRANT_TYPE]: 'authorization_code',
    [ATTR.OAUTH_SCOPE_GRANTED]: 'openid orders',
    [ATTR.OAUTH_TOKEN_ISSUED]: 'access_token id_token refresh_token',
    [ATTR.OAUTH_TOKEN_TYPE]: 'access_token',
    [ATTR.OAUTH_TOKEN_FORMAT]: 'opaque',
    [ATTR.OAUTH_TOKEN_HASH]: 't1.13',
    [ATTR.OAUTH_TOKEN_EXPIRES_IN]: 600n,
    [ATTR.OAUTH_TOKEN_BINDING]: 'none',
    [ATTR.OAUTH_REFRESH_TOKEN_HASH]: 't1.14',
    [ATTR.HTTP_REQUEST_METHOD]: 'POST',
    [ATTR.HTTP_RESPONSE_STATUS_CODE]: 200n,
    [ATTR.SERVER_ADDRESS]: 'login.example.com',
    [ATTR.SERVER_PORT]: 443n,
  })
  for (const name of Object.keys(attributes)) expect(attributeDefinitions.has(name)).toBe(true)
  const { kind, failed: hasFailed } = describeCall(base, hashes)
  expect([kind, hasFailed]).toEqual(['client', false])
})

describe('who acted', () => {
  test.each<[string, Partial<CallFacts>, string, string | undefined]>([
    ['a user', {}, 'user', 'p1.3'],
    ['a client', { subject: null }, 'client', 'web'],
    [
      'a client that did not show it',
      { subject: null, clientAuthMethod: 'none' },
      'anonymous',
      undefined,
    ],
    ['perhaps one', { subject: null, clientAuthMethod: null }, 'anonymous', undefined],
    ['who asks about a token', { action: 'oauth.introspect' }, 'client', 'web'],
    ['who revokes one', { action: 'oauth.revoke' }, 'client', 'web'],
    ['the service itself', { action: 'oauth.discovery', subject: null }, 'system', undefined],
  ])('%s', (...[, facts, type, id]) => {
    const told = attributesOf(facts)
    expect([told[ATTR.AUDIT_ACTOR_TYPE], told[ATTR.AUDIT_ACTOR_ID]]).toEqual([type, id])
  })

  test('not a client whose secret is wrong', () => {
    expect(failed({ code: 'invalid_client' })[ATTR.AUDIT_ACTOR_TYPE]).toBe('anonymous')
    expect(failed({ code: 'invalid_grant' })[ATTR.AUDIT_ACTOR_TYPE]).toBe('client')
  })
})

describe('an error', () => {
  test.each<[Partial<CallErrorFacts>, Partial<CallFacts>, string, string, string]>([
    [{ code: 'invalid_grant' }, {}, 'failure', 'grant', 'other'],
    [
      { code: 'invalid_client' },
      {},
      'failure',
      'client_authentication',
      'client_credentials_invalid',
    ],
    [
      { code: 'access_denied' },
      { action: 'oauth.authorize' },
      'denied',
      'consent',
      'access_denied',
    ],
    [{ code: 'server_error' }, { action: 'oauth.authorize' }, 'failure', 'server', 'internal'],
    [{ code: 'slow_down' }, {}, 'challenge', 'grant', 'rate_limited'],
    [{ code: 'authorization_pending' }, {}, 'challenge', 'grant', 'authorization_pending'],
    [{ code: 'use_dpop_nonce' }, {}, 'challenge', 'grant', 'dpop_invalid'],
    [{ code: 'insufficient_scope' }, {}, 'denied', 'scope', 'scope_insufficient'],
    [{ type: '503', reason: 'internal' }, {}, 'failure', 'server', 'internal'],
    [{ by: 'network', reason: 'unreachable' }, {}, 'failure', 'network', 'unreachable'],
    [{ by: 'network' }, {}, 'failure', 'network', 'other'],
    [{ by: 'client', reason: 'nonce_mismatch' }, {}, 'failure', 'token', 'nonce_mismatch'],
    [
      { by: 'client', reason: 'state_mismatch' },
      { action: 'oauth.authorize' },
      'failure',
      'authorization_request',
      'state_mismatch',
    ],
  ])('%j %j', (...[error, facts, outcome, category, reason]) => {
    const told = failed(error, facts)
    expect([
      told[ATTR.AUDIT_OUTCOME],
      told[ATTR.OAUTH_ERROR_CATEGORY],
      told[ATTR.OAUTH_ERROR_REASON],
    ]).toEqual([outcome, category, reason])
    expect(told[ATTR.OAUTH_ERROR_CODE]).toBe(error.code)
  })

  test('of DPoP says what is asked for', () => {
    expect(failed({ code: 'use_dpop_nonce' })[ATTR.OAUTH_DPOP_RESULT]).toBe('nonce_required')
  })
})

describe('a device that polls', () => {
  const device = { ...parameters, grantType: 'urn:ietf:params:oauth:grant-type:device_code' }
  test.each([['authorization_pending'], ['slow_down'], ['access_denied'], ['expired_token']])(
    'is told %s',
    (code) => {
      expect(failed({ code }, { parameters: device })[ATTR.OAUTH_DEVICE_POLL_STATE]).toBe(code)
    },
  )

  test('is told the tokens, or another error', () => {
    const told = attributesOf({ parameters: device })
    expect(told[ATTR.OAUTH_DEVICE_POLL_STATE]).toBe('complete')
    const other = failed({ code: 'invalid_grant' }, { parameters: device })
    expect(other).not.toHaveProperty([ATTR.OAUTH_DEVICE_POLL_STATE])
    expect(attributesOf({})).not.toHaveProperty([ATTR.OAUTH_DEVICE_POLL_STATE])
  })
})

describe('a token that was presented has a hash that anybody could compute', () => {
  const refresh = { ...parameters, grantType: 'refresh_token', refreshToken: 'S3cret-old' }
  const token = { value: 'S3cret-token', type: 'access_token' }
  const exchange = {
    subjectToken: 'S3cret-subject',
    subjectTokenType: 'urn:ietf:params:oauth:token-type:jwt',
    actorToken: 'S3cret-actor',
    actorTokenType: 'S3cret type',
    requestedTokenType: null,
    issuedTokenType: null,
  }
  const gone = { code: 'invalid_grant', type: 'invalid_grant', reason: null, by: 'server' } as const
  test.each<[string, Partial<CallFacts>, string, string | undefined]>([
    ['when it was refreshed', { parameters: refresh }, ATTR.OAUTH_REFRESH_PRESENTED_HASH, 't1.10'],
    [
      'not when refused',
      { parameters: refresh, error: gone },
      ATTR.OAUTH_REFRESH_PRESENTED_HASH,
      undefined,
    ],
    ['when it is active', { tokens: null, token, active: true }, ATTR.OAUTH_TOKEN_HASH, 't1.12'],
    ['not when unknown', { tokens: null, token, active: false }, ATTR.OAUTH_TOKEN_HASH, undefined],
    [
      'not when revoked',
      { tokens: null, token, action: 'oauth.revoke' },
      ATTR.OAUTH_TOKEN_HASH,
      undefined,
    ],
    [
      'when it was shown',
      { tokens: null, token, action: 'oauth.userinfo' },
      ATTR.OAUTH_TOKEN_HASH,
      't1.12',
    ],
    ['when it was exchanged', { exchange }, ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_HASH, 't1.14'],
    [
      'not when that was refused',
      { exchange, error: gone },
      ATTR.OAUTH_TOKEN_EXCHANGE_ACTOR_TOKEN_HASH,
      undefined,
    ],
  ])('%s', (...[, facts, name, expected]) => {
    expect(attributesOf(facts)[name]).toBe(expected)
  })

  test('and a type only in its form', () => {
    expect(attributesOf({ exchange })).toMatchObject({
      [ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE]: 'urn:ietf:params:oauth:token-type:jwt',
      [ATTR.OAUTH_TOKEN_EXCHANGE_ACTOR_TOKEN_TYPE]: '_OTHER',
    })
    const odd = { ...token, type: 'S3cret' }
    expect(attributesOf({ tokens: null, token: odd })[ATTR.OAUTH_TOKEN_TYPE]).toBe('unknown')
  })

  test('rotation is told when there is something to compare', () => {
    const of = (refreshToken: string | null): unknown =>
      attributesOf({ parameters: refresh, tokens: { ...tokens, refreshToken } })[
        ATTR.OAUTH_REFRESH_ROTATED
      ]
    expect([of('S3cret-new'), of('S3cret-old'), of(null)]).toEqual([true, false, false])
    const unread = attributesOf({ parameters: refresh, tokens: null })
    expect(unread).not.toHaveProperty([ATTR.OAUTH_REFRESH_ROTATED])
  })
})

test('of an active token introspection says what it may do, and until when', () => {
  const claims = {
    ...{ issuer: null, subject: 'ada', clientId: 'app', roles: [], actors: [], jti: 'S3cret' },
    ...{ issuedAtS: 1, authTimeS: null, acr: null, amr: [], sessionId: null, boundKey: null },
    ...{ isBoundToCertificate: false, audience: ['https://api.example.com'] },
    ...{ expiresAtS: 1_764_003_600, scope: 'orders profile' },
  }
  const token = { value: 'S3cret-token', type: null }
  const told = attributesOf({
    action: 'oauth.introspect',
    tokens: null,
    token,
    claims,
    active: true,
  })
  expect(told).toMatchObject({
    [ATTR.OAUTH_TOKEN_ACTIVE]: true,
    [ATTR.OAUTH_TOKEN_EXPIRES_AT]: 1_764_003_600n,
    [ATTR.OAUTH_SCOPE_GRANTED]: 'orders profile',
    [ATTR.OAUTH_AUDIENCE]: 'https://api.example.com',
    [ATTR.OAUTH_CLIENT_ID]: 'web',
  })
  expect(told).not.toHaveProperty([ATTR.OAUTH_TOKEN_TYPE])
})

test('what the application asks for is told in its form', () => {
  const asked = {
    ...parameters,
    grantType: 'urn:example:own',
    scope: 'openid own:scope ü',
    redirectUri: 'https://shop.example.com/callback?tenant=S3cret',
    resources: ['https://user:S3cret@api.example.com/orders?key=S3cret'],
  }
  const told = attributesOf({ parameters: asked })
  expect(told).toMatchObject({
    [ATTR.OAUTH_GRANT_TYPE]: 'urn:example:own',
    [ATTR.OAUTH_SCOPE_REQUESTED]: '_OTHER openid own:scope',
    [ATTR.OAUTH_REDIRECT_URI_HOST]: 'shop.example.com',
    [ATTR.OAUTH_RESOURCE]: 'https://api.example.com/orders',
  })
  expect(JSON.stringify(Object.values(told), (_, v) => String(v))).not.toContain('S3cret')
  const odd = attributesOf({ parameters: { ...parameters, grantType: 'S3cret Passw0rd' } })
  expect(odd[ATTR.OAUTH_GRANT_TYPE]).toBe('_OTHER')
})

test('a clock that is off is told by seconds, either way', () => {
  const at = (clockSkewS?: number): unknown =>
    attributesOf(clockSkewS === undefined ? {} : { clockSkewS })[ATTR.OAUTH_CLOCK_SKEW]
  expect([undefined, 0, 1, -1, 2, -40].map(at)).toEqual([
    ...[undefined, undefined, undefined, undefined, 2n, -40n],
  ])
})

test('without keys there are no hashes of people', () => {
  const names = [...describeCall(base, { ...hashes, person: () => null }).attributes.keys()]
  for (const name of ['user.hash', 'session.id', 'audit.actor.id'])
    expect(names).not.toContain(name)
})

test('types of authorization details are told in their form', () => {
  const detailTypes = ['payment_initiation', 'https://api.example.com/account', 'a S3cret']
  expect(attributesOf({ parameters: { ...parameters, detailTypes } })).toMatchObject({
    'oauth.authorization_details.types':
      '_OTHER https://api.example.com/account payment_initiation',
  })
})
