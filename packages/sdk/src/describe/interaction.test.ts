// Records of what is no request to the server's endpoints: answers of users, logout tokens that
// were sent, and what the application ended itself.
import { describe, expect, test } from '@jest/globals'
import { ATTR, attributeDefinitions, builtInPolicy } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { EndedFacts, Facts, InteractionFacts, LogoutFacts } from '../facts.ts'
import { sha256 } from '../sha256.ts'
import { describeFacts } from './describe.ts'

const hashes: Hashes = {
  token: (token) => `t1.${token.length}`,
  typedToken: () => null,
  person: (id) => `p1.${id.length}`,
}

function describing(facts: Facts) {
  const description = describeFacts(facts, hashes, builtInPolicy(sha256))
  for (const name of description.attributes.keys())
    expect(attributeDefinitions.has(name)).toBe(true)
  return { ...description, attributes: Object.fromEntries(description.attributes) }
}

describe("a user's answer", () => {
  const login: InteractionFacts = {
    kind: 'interaction',
    action: 'oauth.login',
    library: 'oidc-provider',
    issuer: 'https://login.example.com',
    http: {
      method: 'POST',
      route: null,
      target: null,
      status: 303,
      clientAddress: '203.0.113.7',
      userAgent: 'x',
    },
    client: { id: 'web', name: null, authMethod: null },
    accountId: 'ada',
    sessionUid: 'session',
    grantId: null,
    scope: { requested: null, granted: null },
    result: 'success',
    errorCode: null,
    reason: null,
    acr: 'otp',
    amr: ['pwd', 'otp'],
  }
  const consent: InteractionFacts = {
    ...login,
    action: 'oauth.consent',
    grantId: 'grant',
    scope: { requested: 'orders openid', granted: 'openid' },
  }
  const failed = { ...login, result: 'failure', accountId: null } as const

  test('of a log-in: who, how and from where', () => {
    const { attributes, kind, failed: isFailed } = describing(login)
    expect([kind, isFailed]).toEqual(['server', false])
    expect(attributes).toMatchObject({
      [ATTR.AUDIT_ACTION]: 'oauth.login',
      [ATTR.AUDIT_OUTCOME]: 'success',
      [ATTR.AUDIT_ACTOR_TYPE]: 'user',
      [ATTR.AUDIT_ACTOR_ID]: 'p1.3',
      [ATTR.USER_ID]: 'ada',
      [ATTR.SESSION_ID]: 'p1.7',
      [ATTR.OAUTH_AUTH_ACR]: 'otp',
      [ATTR.OAUTH_AUTH_AMR]: 'otp pwd',
      [ATTR.CLIENT_ADDRESS]: '203.0.113.7',
    })
    expect(attributes).not.toHaveProperty([ATTR.OAUTH_CLIENT_TYPE])
    expect(attributes).not.toHaveProperty([ATTR.OAUTH_CONSENT_RESULT])
  })

  test('of a consent: what was asked and what was granted', () => {
    expect(describing(consent).attributes).toMatchObject({
      [ATTR.OAUTH_CONSENT_RESULT]: 'granted',
      [ATTR.OAUTH_SCOPE_REQUESTED]: 'openid orders',
      [ATTR.OAUTH_SCOPE_GRANTED]: 'openid',
      [ATTR.OAUTH_GRANT_ID_HASH]: 'p1.5',
    })
  })

  test.each<[string, InteractionFacts, unknown[]]>([
    [
      'a wrong password',
      { ...failed, http: { ...login.http!, status: 401 } },
      ['failure', 'anonymous', '401', undefined, 'user_authentication', undefined],
    ],
    [
      'an attempt that nothing answered',
      { ...failed, http: { ...login.http!, status: 0 } },
      ['failure', 'anonymous', undefined, undefined, 'user_authentication', undefined],
    ],
    [
      'a page that was too old',
      { ...failed, reason: 'session_ended' },
      ['failure', 'anonymous', undefined, undefined, 'user_authentication', 'session_ended'],
    ],
    [
      'the page shown again',
      { ...login, result: 'open', accountId: null },
      ['challenge', 'anonymous', undefined, undefined, undefined, undefined],
    ],
    [
      'a no',
      { ...consent, result: 'denied', errorCode: 'access_denied' },
      ['denied', 'user', 'access_denied', 'access_denied', 'consent', 'access_denied'],
    ],
  ])('%s', (_, facts, told) => {
    const { attributes } = describing(facts)
    expect([
      attributes[ATTR.AUDIT_OUTCOME],
      attributes[ATTR.AUDIT_ACTOR_TYPE],
      attributes[ATTR.ERROR_TYPE],
      attributes[ATTR.OAUTH_ERROR_CODE],
      attributes[ATTR.OAUTH_ERROR_CATEGORY],
      attributes[ATTR.OAUTH_ERROR_REASON],
    ]).toEqual(told)
  })

  test('on another device has no request', () => {
    const { kind, attributes } = describing({ ...consent, http: null })
    expect(kind).toBe('internal')
    expect(attributes).not.toHaveProperty([ATTR.HTTP_REQUEST_METHOD])
  })
})

describe('a logout token', () => {
  const sent: LogoutFacts = {
    kind: 'logout',
    action: 'oauth.backchannel_logout',
    library: 'oidc-provider',
    issuer: 'https://login.example.com',
    client: { id: 'web', name: 'Web', authMethod: 'none' },
    server: { address: 'shop.example.com', port: 443 },
    accountId: 'ada',
    sessionUid: 'session',
    failure: null,
  }

  test('goes from the server to the client', () => {
    const { kind, failed, attributes } = describing(sent)
    expect([kind, failed]).toEqual(['client', false])
    expect(attributes).toMatchObject({
      [ATTR.AUDIT_ACTOR_TYPE]: 'system',
      [ATTR.OAUTH_ROLE]: 'authorization_server',
      [ATTR.OAUTH_TOKEN_TYPE]: 'logout_token',
      [ATTR.SERVER_ADDRESS]: 'shop.example.com',
      [ATTR.SERVER_PORT]: 443n,
      [ATTR.SESSION_ID]: 'p1.7',
    })
  })

  test.each<[NonNullable<LogoutFacts['failure']>, unknown[]]>([
    [{ type: 'Error', status: 503 }, ['503', 'server', 'other', 503n]],
    [{ type: 'ECONNREFUSED', status: null }, ['ECONNREFUSED', 'network', 'unreachable', undefined]],
    [{ type: 'TypeError', status: null }, ['TypeError', 'network', 'unreachable', undefined]],
    [{ type: '_OTHER', status: null }, ['_OTHER', 'server', 'other', undefined]],
  ])('that fails: %j', (failure, told) => {
    const { attributes, message } = describing({ ...sent, failure })
    expect(message).toBe(failure.type)
    expect([
      attributes[ATTR.ERROR_TYPE],
      attributes[ATTR.OAUTH_ERROR_CATEGORY],
      attributes[ATTR.OAUTH_ERROR_REASON],
      attributes[ATTR.HTTP_RESPONSE_STATUS_CODE],
    ]).toEqual(told)
  })
})

describe('what the application ended itself', () => {
  const ended: EndedFacts = {
    kind: 'ended',
    action: 'oauth.revoke',
    library: 'oidc-provider',
    issuer: 'https://login.example.com',
    what: 'refresh_token',
    token: 'the-token',
    client: { id: 'web', name: null, authMethod: null },
    accountId: 'ada',
    sessionUid: 'session',
    grantId: 'grant',
  }

  test.each<[Partial<EndedFacts>, Record<string, unknown>]>([
    [
      {},
      {
        [ATTR.OAUTH_TOKEN_TYPE]: 'refresh_token',
        [ATTR.OAUTH_TOKEN_HASH]: 't1.9',
        [ATTR.OAUTH_REVOCATION_CASCADE]: false,
        [ATTR.OAUTH_GRANT_ID_HASH]: 'p1.5',
      },
    ],
    [
      { what: 'grant', token: null },
      { [ATTR.AUDIT_TARGET_TYPE]: 'grant', [ATTR.OAUTH_REVOCATION_CASCADE]: true },
    ],
    [
      { what: 'session', action: 'oauth.end_session', token: null, grantId: null },
      { [ATTR.AUDIT_TARGET_TYPE]: 'session', [ATTR.AUDIT_ACTION]: 'oauth.end_session' },
    ],
  ])('%j: the service did it', (facts, told) => {
    const { kind, attributes } = describing({ ...ended, ...facts })
    expect(kind).toBe('internal')
    expect(attributes).toMatchObject({
      [ATTR.AUDIT_ACTOR_TYPE]: 'system',
      [ATTR.OAUTH_REVOCATION_INITIATOR]: 'system',
      [ATTR.USER_ID]: 'ada',
      ...told,
    })
    // Who was behind it nothing shows.
    expect(attributes).not.toHaveProperty([ATTR.OAUTH_REVOCATION_REASON])
  })
})
