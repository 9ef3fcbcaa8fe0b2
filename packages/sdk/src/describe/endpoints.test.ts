// What records say of the endpoints around tokens, and who acted at each of them.
import { describe, expect, test } from '@jest/globals'
import { ATTR, attributeDefinitions } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { Endpoint, PresentedFacts, ServerFacts } from '../facts.ts'
import { describeServer } from './authorization-server.ts'

const hashes: Hashes = {
  token: (token) => `t1.${token.length}`,
  typedToken: () => null,
  person: (id) => `p1.${id.length}`,
}

const nothing: ServerFacts = {
  kind: 'server',
  action: 'oauth.token',
  library: 'oidc-provider',
  endpoint: 'token',
  issuer: 'https://login.example.com',
  atS: 1_764_000_060,
  http: {
    method: 'POST',
    route: null,
    target: null,
    status: 200,
    clientAddress: null,
    userAgent: null,
  },
  parameters: {
    grantType: null,
    responseType: null,
    responseMode: null,
    scope: null,
    redirectUri: null,
    prompt: null,
    acrValues: null,
    resources: [],
    codeChallengeMethod: null,
    hasCodeChallenge: false,
    hasCodeVerifier: false,
    hasRequestObject: false,
    hasPushedRequest: false,
    refreshToken: null,
  },
  known: { grantTypes: [], scopes: ['openid'], resources: [], acrs: [], isRedirectUri: false },
  client: { id: 'api', name: null, authMethod: 'client_secret_basic' },
  accountId: null,
  roles: [],
  actors: [],
  sessionUid: null,
  grantIds: [],
  authTimeS: null,
  acr: null,
  amr: [],
  succeeded: true,
  isRefused: false,
  error: null,
  reason: null,
  scope: { granted: null, allowed: null, missing: null },
  consented: false,
  tokens: null,
  presented: null,
  refresh: null,
  exchange: null,
  proof: { hasDpop: false, boundKey: null, boundCertificate: null },
  grantRevoked: false,
  registeredClientId: null,
  isDynamicClient: false,
}

const token: PresentedFacts = {
  value: 'the-presented-token',
  isFound: true,
  type: 'access_token',
  location: 'body',
  scope: 'orders',
  audience: ['https://api.example.com'],
  issuedAtS: 1_764_000_000,
  expiresAtS: 1_764_000_600,
  binding: null,
  isActive: null,
  isRevoked: false,
  hasGrant: true,
}
const unknown: PresentedFacts = {
  ...token,
  isFound: false,
  type: null,
  scope: null,
  audience: [],
  issuedAtS: null,
  expiresAtS: null,
  hasGrant: false,
}

function attributesOf(facts: Partial<ServerFacts>): Record<string, unknown> {
  const attributes = describeServer({ ...nothing, ...facts }, hashes).attributes
  for (const name of attributes.keys()) expect(attributeDefinitions.has(name)).toBe(true)
  return Object.fromEntries(attributes)
}

const errorOf = (code: string, detail: string | null = null): ServerFacts['error'] => ({
  code,
  type: code,
  description: null,
  detail,
})

describe('an introspection', () => {
  const of = (presented: PresentedFacts, facts: Partial<ServerFacts> = {}) =>
    attributesOf({ action: 'oauth.introspect', endpoint: 'introspection', presented, ...facts })

  test('is about a token and its user, and of the client that asks', () => {
    const attributes = of({ ...token, isActive: true }, { accountId: 'ada', grantIds: ['grant'] })
    expect(attributes).toMatchObject({
      [ATTR.AUDIT_OUTCOME]: 'success',
      [ATTR.AUDIT_ACTOR_TYPE]: 'client',
      [ATTR.AUDIT_ACTOR_ID]: 'api',
      [ATTR.USER_ID]: 'ada',
      [ATTR.OAUTH_GRANT_ID_HASH]: 'p1.5',
      [ATTR.OAUTH_TOKEN_HASH]: 't1.19',
      [ATTR.OAUTH_TOKEN_TYPE]: 'access_token',
      [ATTR.OAUTH_TOKEN_ACTIVE]: true,
      [ATTR.OAUTH_TOKEN_AGE]: 60n,
      [ATTR.OAUTH_TOKEN_EXPIRES_IN]: 540n,
      [ATTR.OAUTH_TOKEN_EXPIRES_AT]: 1_764_000_600n,
      [ATTR.OAUTH_SCOPE_GRANTED]: 'orders',
      [ATTR.OAUTH_AUDIENCE]: 'https://api.example.com',
    })
    expect(attributes).not.toHaveProperty([ATTR.OAUTH_ERROR_REASON])
  })

  test('of an unknown token succeeds, and says why it is not active', () => {
    const attributes = of({ ...unknown, isActive: false }, { reason: 'token_unknown' })
    expect(attributes).toMatchObject({
      [ATTR.AUDIT_OUTCOME]: 'success',
      [ATTR.OAUTH_TOKEN_ACTIVE]: false,
      [ATTR.OAUTH_TOKEN_TYPE]: 'unknown',
      [ATTR.OAUTH_ERROR_REASON]: 'token_unknown',
    })
    // Without a key: it may be a password that somebody typed there.
    expect(attributes).not.toHaveProperty([ATTR.OAUTH_TOKEN_HASH])
    expect(attributes).not.toHaveProperty([ATTR.ERROR_TYPE])
  })

  test('of a token that is older than it should be has no negative time left', () => {
    const attributes = of({ ...token, isActive: false, issuedAtS: 1_764_000_090, expiresAtS: 1 })
    expect(attributes[ATTR.OAUTH_TOKEN_EXPIRES_IN]).toBe(0n)
    expect(attributes[ATTR.OAUTH_TOKEN_AGE]).toBe(0n)
  })
})

describe('a revocation', () => {
  const of = (presented: PresentedFacts, facts: Partial<ServerFacts> = {}) => {
    const all = attributesOf({
      action: 'oauth.revoke',
      endpoint: 'revocation',
      presented,
      ...facts,
    })
    return [
      all[ATTR.AUDIT_OUTCOME],
      all[ATTR.OAUTH_REVOCATION_REASON],
      all[ATTR.OAUTH_REVOCATION_INITIATOR],
      all[ATTR.OAUTH_REVOCATION_CASCADE],
      all[ATTR.OAUTH_ERROR_REASON],
    ]
  }

  test.each<[string, PresentedFacts, Partial<ServerFacts>, unknown[]]>([
    [
      'of a token takes the others of its grant with it',
      { ...token, isRevoked: true },
      {},
      ['success', 'client_request', 'client', true, undefined],
    ],
    [
      "of a client's own token goes alone",
      { ...token, isRevoked: true, hasGrant: false },
      {},
      ['success', 'client_request', 'client', false, undefined],
    ],
    [
      'of nothing',
      unknown,
      { reason: 'token_unknown' },
      ['success', undefined, undefined, undefined, 'token_unknown'],
    ],
    [
      "of another client's token, in silence",
      token,
      { isRefused: true, reason: 'client_not_allowed' },
      ['denied', undefined, undefined, undefined, 'client_not_allowed'],
    ],
    [
      "of another client's token, aloud",
      token,
      { error: errorOf('invalid_request', 'client is not authorized to revoke the token') },
      ['denied', undefined, undefined, undefined, 'client_not_allowed'],
    ],
  ])('%s', (_, presented, facts, told) => {
    expect(of(presented, facts)).toEqual(told)
  })
})

test('a log-out that ends several grants names each of them', () => {
  const attributes = attributesOf({
    endpoint: 'end_session_confirm',
    accountId: 'ada',
    grantIds: ['one', 'other'],
    grantRevoked: true,
  })
  expect(attributes).toMatchObject({
    [ATTR.OAUTH_GRANT_ID_HASH]: 'p1.3 p1.5',
    [ATTR.OAUTH_REVOCATION_REASON]: 'logout',
    [ATTR.OAUTH_REVOCATION_INITIATOR]: 'user',
    [ATTR.OAUTH_REVOCATION_CASCADE]: true,
  })
})

describe('what a DPoP proof showed', () => {
  const key = 'k'.repeat(43)
  const bound = { hasDpop: true, boundKey: key, boundCertificate: null }
  test.each<[string, Partial<ServerFacts>, string | undefined]>([
    ['the key of the token', { proof: bound }, 'ok'],
    ['nothing, of a token that is not bound', { proof: { ...bound, boundKey: null } }, undefined],
    ['nothing, where there was none', { proof: { ...bound, hasDpop: false } }, undefined],
    ['no nonce', { error: errorOf('use_dpop_nonce') }, 'nonce_required'],
    ['too much', { error: errorOf('invalid_grant', 'DPoP proof JWT Replay detected') }, 'replay'],
    ['another key', { error: errorOf('invalid_token', 'failed jkt verification') }, 'key_mismatch'],
    [
      'that it is missing',
      { error: errorOf('invalid_grant', 'missing DPoP proof JWT') },
      'missing',
    ],
    ['something wrong', { error: errorOf('invalid_dpop_proof', 'htm mismatch') }, 'invalid'],
    ['nothing of another failure', { error: errorOf('invalid_scope') }, undefined],
  ])('%s', (_, facts, result) => {
    const attributes = attributesOf({ ...facts, succeeded: facts.error === undefined })
    expect(attributes[ATTR.OAUTH_DPOP_RESULT]).toBe(result)
  })

  test('a certificate is told where it was shown, a key wherever the token is', () => {
    const boundCertificate = Buffer.alloc(32, 255).toString('base64url')
    const proof = { hasDpop: false, boundKey: key, boundCertificate }
    const shown = attributesOf({ proof })
    const asked = attributesOf({ proof, endpoint: 'introspection', presented: token })
    expect(shown[ATTR.TLS_CLIENT_HASH_SHA256]).toBe('FF'.repeat(32))
    expect(asked).not.toHaveProperty([ATTR.TLS_CLIENT_HASH_SHA256])
    expect([shown, asked].map((one) => one[ATTR.OAUTH_TOKEN_CNF_JKT])).toEqual([key, key])
    const odd = { ...proof, boundKey: 'not a thumbprint', boundCertificate: 'x' }
    expect(attributesOf({ proof: odd })).not.toHaveProperty([ATTR.OAUTH_TOKEN_CNF_JKT])
  })
})

describe('who acted at', () => {
  const user = { accountId: 'ada', client: { id: 'web', name: null, authMethod: 'none' } }
  const withToken = { presented: token, accountId: 'ada' }
  const badSecret = { error: errorOf('invalid_client'), succeeded: false }
  const csrf = errorOf('invalid_request', 'xsrf token invalid')

  test.each<[Endpoint, string, Partial<ServerFacts>, string]>([
    ['introspection', 'the client, though it is about a user', withToken, 'client'],
    ['introspection', 'nobody, by a public client', { ...withToken, ...user }, 'anonymous'],
    ['introspection', 'nobody, with a wrong secret', badSecret, 'anonymous'],
    ['revocation', 'the client', withToken, 'client'],
    ['pushed_authorization_request', 'the client', {}, 'client'],
    ['pushed_authorization_request', 'nobody, with a wrong secret', badSecret, 'anonymous'],
    ['device_authorization', 'nobody, by a public client', user, 'anonymous'],
    ['backchannel_authentication', 'the client, for a user', { accountId: 'ada' }, 'client'],
    ['userinfo', 'the user', withToken, 'user'],
    ['userinfo', 'nobody, with a bad token', { ...withToken, ...badSecret }, 'anonymous'],
    [
      'userinfo',
      'the user, who lacks a scope',
      { ...withToken, error: errorOf('insufficient_scope') },
      'user',
    ],
    [
      'userinfo',
      'nobody, where the key was not looked at yet',
      {
        ...withToken,
        presented: { ...token, binding: 'dpop' },
        error: errorOf('insufficient_scope'),
      },
      'anonymous',
    ],
    ['end_session_confirm', 'the user', { accountId: 'ada' }, 'user'],
    ['end_session_confirm', 'nobody, by forgery', { accountId: 'ada', error: csrf }, 'anonymous'],
    ['end_session', 'nobody, without a session', {}, 'anonymous'],
    ['registration', 'nobody, before it is a client', { registeredClientId: 'new' }, 'anonymous'],
    ['client_update', 'the client', { registeredClientId: 'api' }, 'client'],
    ['client_delete', 'nobody, with a bad token', badSecret, 'anonymous'],
    ['token', 'the user, through the client', { accountId: 'ada' }, 'user'],
    [
      'token',
      'the client, of a code that is not good',
      { accountId: 'ada', error: errorOf('invalid_grant'), succeeded: false },
      'client',
    ],
  ])('%s: %s', (endpoint, _, facts, actor) => {
    expect(attributesOf({ endpoint, ...facts })[ATTR.AUDIT_ACTOR_TYPE]).toBe(actor)
  })

  test('token, in an exchange: the client, for its user and through others', () => {
    const exchange = {
      subjectToken: 'the-subject-token',
      subjectTokenType: 'urn:ietf:params:oauth:token-type:access_token',
      actorToken: null,
      actorTokenType: null,
      requestedTokenType: 'a secret',
      issuedTokenType: null,
    }
    const facts = { accountId: 'ada', actors: ['api', 'the bot'], exchange }
    expect(attributesOf(facts)).toMatchObject({
      [ATTR.AUDIT_ACTOR_TYPE]: 'client',
      [ATTR.AUDIT_ACTOR_ID]: 'api',
      [ATTR.USER_ID]: 'ada',
      [ATTR.OAUTH_ACTOR_ID]: 'api',
      [ATTR.OAUTH_ACTOR_CHAIN]: 'api the%20bot',
      [ATTR.OAUTH_ACTOR_DEPTH]: 2n,
      [ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_HASH]: 't1.17',
      [ATTR.OAUTH_TOKEN_EXCHANGE_REQUESTED_TOKEN_TYPE]: '_OTHER',
    })
    const failed = { ...facts, succeeded: false, error: errorOf('invalid_request') }
    expect(attributesOf(failed)).not.toHaveProperty([ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_HASH])
  })
})

test('a client that registered itself is told without its name', () => {
  const client = { id: 'new', name: 'Your bank', authMethod: 'none' }
  const attributes = attributesOf({ client, isDynamicClient: true })
  expect(attributes[ATTR.OAUTH_CLIENT_REGISTRATION_TYPE]).toBe('dcr')
  expect(attributes).not.toHaveProperty([ATTR.OAUTH_CLIENT_NAME])
})

test('what a page said in words has a class, and no code on the wire', () => {
  const error = {
    code: '_OTHER',
    type: 'AbortedError',
    description: null,
    detail: 'the interaction was aborted',
  }
  const description = describeServer(
    { ...nothing, endpoint: 'code_verification', succeeded: false, error },
    hashes,
  )
  expect(description.message).toBe('AbortedError')
  expect(Object.fromEntries(description.attributes)).toMatchObject({
    [ATTR.AUDIT_OUTCOME]: 'denied',
    [ATTR.OAUTH_ERROR_CATEGORY]: 'consent',
    [ATTR.OAUTH_CONSENT_RESULT]: 'denied',
  })
  expect(description.attributes.has(ATTR.OAUTH_ERROR_CODE)).toBe(false)
})

test.each([
  ['authorization_pending', 'authorization_pending'],
  ['slow_down', 'slow_down'],
  ['expired_token', 'expired_token'],
  ['invalid_client', undefined],
])('a device that polls was told %s', (code, state) => {
  const grantType = 'urn:ietf:params:oauth:grant-type:device_code'
  const facts = { parameters: { ...nothing.parameters, grantType } }
  const told = attributesOf({ ...facts, succeeded: false, error: errorOf(code) })
  expect(told[ATTR.OAUTH_DEVICE_POLL_STATE]).toBe(state)
  expect(attributesOf(facts)[ATTR.OAUTH_DEVICE_POLL_STATE]).toBe('complete')
})
