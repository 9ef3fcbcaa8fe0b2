// Reasons that the library does not give, from what it read from its storage.
import { describe, expect, test } from '@jest/globals'
import type { Endpoint } from '../../facts.ts'
import type { Found, KoaContext, Witnessed } from './context.ts'
import { snapshot } from './snapshot.ts'

const nowS = Math.floor(Date.now() / 1000)
const future = nowS + 600
const token = {
  jti: 'the-token',
  clientId: 'web',
  accountId: 'ada',
  grantId: 'grant-1',
  scope: 'orders',
  exp: future,
}
const grant: Found = { kind: 'Grant', stored: { jti: 'grant-1', exp: future } }
const session = (stored: object): Found => ({
  kind: 'Session',
  stored: { uid: 'session-1', accountId: 'ada', exp: future, ...stored },
})
const authorizations = { web: { grantId: 'grant-1' } }

interface Request {
  readonly found?: readonly Found[]
  readonly entities?: object
  readonly body?: unknown
  readonly params?: object
  readonly error?: Error
}

function shotOf(endpoint: Endpoint, request: Request) {
  const { found = [], entities = {}, body = { active: false }, params, error = null } = request
  const ctx: KoaContext = {
    method: 'POST',
    status: 200,
    body,
    oidc: { params: params ?? { token: 'the-token' }, entities },
  }
  const seen: Witnessed = {
    remoteAddress: null,
    events: new Map(),
    revokedGrants: [],
    found: [...found],
    error,
    thrown: null,
  }
  return snapshot(endpoint, ctx, seen)
}

const accessToken = (members: object = {}): Found => ({
  kind: 'AccessToken',
  stored: { ...token, ...members },
})
const bound = { expiresWithSession: true, sessionUid: 'session-1' }

describe('why a token is not active', () => {
  test.each<[string, Request, string | null]>([
    ['it is not there', {}, 'token_unknown'],
    ['another is there', { found: [accessToken({ jti: 'other' })] }, 'token_unknown'],
    // Of a session and others `jti` is a secret, too, but not a token.
    ['it is no token', { found: [{ kind: 'Session', stored: token }] }, 'token_unknown'],
    ['it is too old', { found: [accessToken({ exp: nowS })] }, 'token_expired'],
    [
      'it was rotated',
      { found: [{ kind: 'RefreshToken', stored: { ...token, consumed: nowS } }] },
      'refresh_reused',
    ],
    ['its grant is gone', { found: [accessToken()] }, 'grant_revoked'],
    [
      'its grant is too old',
      { found: [accessToken(), { kind: 'Grant', stored: { jti: 'grant-1', exp: nowS - 1 } }] },
      'grant_expired',
    ],
    ['its session is gone', { found: [accessToken(bound), grant] }, 'session_ended'],
    [
      'its session is too old',
      { found: [accessToken(bound), session({ authorizations, exp: nowS })] },
      'session_ended',
    ],
    [
      "its session is another user's",
      { found: [accessToken(bound), session({ authorizations, accountId: 'bob' })] },
      'session_ended',
    ],
    [
      'its session has another grant',
      { found: [accessToken(bound), session({ authorizations: {} })] },
      'session_ended',
    ],
    [
      'who asks may not know',
      { entities: { AccessToken: token }, found: [grant] },
      'client_not_allowed',
    ],
    ['nothing shows', { found: [accessToken(bound), session({ authorizations }), grant] }, null],
  ])('%s', (_, request, reason) => {
    const { presented, reason: told } = shotOf('introspection', request)
    expect([told, presented?.isActive]).toEqual([reason, false])
  })

  test('is not asked of one that is', () => {
    const body = { active: true }
    expect(shotOf('introspection', { entities: { AccessToken: token }, body }).reason).toBeNull()
  })

  test('is read from an answer that is signed, and not from one that is encrypted', () => {
    const claims = Buffer.from(JSON.stringify({ token_introspection: { active: false } }))
    const signed = `e30.${claims.toString('base64url')}.c2ln`
    const entities = { AccessToken: token }
    expect(shotOf('introspection', { entities, body: signed })).toMatchObject({
      presented: { isActive: false },
      reason: 'client_not_allowed',
    })
    for (const body of ['a.b.c.d.e', '', 'a.!.c']) {
      expect(shotOf('introspection', { entities, body })).toMatchObject({
        presented: { isActive: null },
        reason: null,
      })
    }
  })
})

describe('what "not found" hides', () => {
  const notFound = (detail: string): Error =>
    Object.assign(new Error('invalid_grant'), {
      expose: true,
      error: 'invalid_grant',
      error_detail: detail,
    })
  const refresh: Found = { kind: 'RefreshToken', stored: { ...token, ...bound } }
  const params = { grant_type: 'refresh_token', refresh_token: 'the-token' }

  test('a session that is over', () => {
    const error = notFound('refresh token not found')
    expect(shotOf('token', { params, error, found: [refresh] })).toMatchObject({
      reason: 'session_ended',
      accountId: 'ada',
      grantIds: ['grant-1'],
      refresh: { reused: false },
    })
  })

  test('nothing, where the library says what it is', () => {
    const error = notFound('grant not found')
    expect(shotOf('token', { params, error, found: [refresh] }).reason).toBeNull()
  })

  test('the user of a code that was used before', () => {
    const code: Found = { kind: 'AuthorizationCode', stored: { ...token, consumed: nowS } }
    const error = notFound('authorization code already consumed')
    const request = { params: { code: 'the-token' }, error, found: [code] }
    expect(shotOf('token', request)).toMatchObject({ accountId: 'ada', reason: null })
  })
})

test('scopes of a backchannel request are what somebody typed, in its refresh token, too', () => {
  const typed = { scope: 'openid my-password', gty: 'ciba refresh_token' }
  const found: Found = { kind: 'RefreshToken', stored: { ...token, ...typed } }
  const { presented, known } = shotOf('introspection', { found: [found, grant] })
  expect(presented).toMatchObject({ isFound: true, scope: null })
  expect(known.scopes).toEqual(['openid'])
})

describe('a device code on a page that is shown again', () => {
  const body = { user_code: 'ABCD-EFGH' }
  const code = (members: object = {}): Found => ({
    kind: 'DeviceCode',
    stored: { jti: 'device', clientId: 'tv', exp: future, ...members },
  })
  const typed = (found: readonly Found[], form: object = body) => {
    const ctx: KoaContext = { method: 'POST', status: 200, oidc: { params: {}, body: form } }
    const events = new Map()
    const seen = { remoteAddress: null, events, revokedGrants: [], error: null, thrown: null }
    return snapshot('code_verification', ctx, { ...seen, found: [...found] }).error?.type ?? null
  }

  test.each<[string, readonly Found[], object | undefined, string | null]>([
    ['none', [], {}, 'NoCodeError'],
    ['unknown', [], body, 'NotFoundError'],
    ['too old', [code({ exp: nowS })], body, 'ExpiredError'],
    ['used', [code({ accountId: 'ada' })], body, 'AlreadyUsedError'],
    ['refused before', [code({ error: 'access_denied' })], body, 'AlreadyUsedError'],
    ['under way', [code({ inFlight: true })], body, 'AlreadyUsedError'],
    ['refused', [code()], { ...body, abort: 'yes' }, 'AbortedError'],
    ['good: to be confirmed', [code()], body, null],
  ])('%s', (_, found, form, type) => {
    expect(typed(found, form)).toBe(type)
  })
})
