// Events as Keycloak 26.7 gave them.
import { expect, test } from '@jest/globals'
import { attributeDefinitions } from '@grantlog/record'
import type { EventDescription } from '../source.ts'
import { describeAdminEvent } from './admin.ts'
import { describeEvent } from './describe.ts'
import { readAdminEvent, readUserEvent } from './event.ts'

const base = {
  ...{ id: 'd93dc9a3-7c71-4f50-95a1-f8fd4fe49b57', time: 1_795_720_022_657, clientId: 'web' },
  ipAddress: '127.0.0.1',
}
const alice = { userId: 'u-alice', sessionId: 'gYdYUn4V8-0t0NeEYHSCKq85' }
const unknown: string[] = []
const describing = {
  hashOf: (text: string) => `p1.${text}`,
  onUnknown: (type: string) => void unknown.push(type),
}

function described(event: object): EventDescription & { said: Record<string, unknown> } {
  const told = describeEvent(readUserEvent({ ...base, ...event }), describing)
  return { ...told, said: Object.fromEntries(told.attributes) }
}

test('a refresh', () => {
  const details = {
    ...{ token_id: 'onrtrt:a4ff7abe', grant_type: 'refresh_token', scope: 'openid email profile' },
    ...{ refresh_token_id: '26246db4', updated_refresh_token_id: '26d73e3d' },
    ...{ access_token_expiration_time: '300', client_auth_method: 'client-secret' },
  }
  expect(described({ ...alice, type: 'REFRESH_TOKEN', details })).toMatchObject({
    action: 'oauth.token',
    failed: false,
    said: {
      'audit.outcome': 'success',
      'audit.actor.type': 'user',
      'audit.actor.id': 'p1.u-alice',
      'user.id': 'u-alice',
      'session.id': 'p1.gYdYUn4V8-0t0NeEYHSCKq85',
      'oauth.grant.type': 'refresh_token',
      'oauth.scope.granted': 'email openid profile',
      'oauth.token.jti': 'onrtrt:a4ff7abe',
      'oauth.token.issued': 'access_token refresh_token',
      'oauth.token.expires_in': 300n,
      'oauth.refresh.rotated': true,
    },
  })
})

test('a refresh token used twice says so', () => {
  const details = {
    ...{ reason: 'Maximum allowed refresh token reuse exceeded', grant_type: 'refresh_token' },
    refresh_token_sub: 'u-alice',
  }
  const { said } = described({ type: 'REFRESH_TOKEN_ERROR', error: 'invalid_token', details })
  expect(said).toMatchObject({
    'audit.outcome': 'failure',
    'error.type': 'invalid_token',
    'oauth.error.reason': 'refresh_reused',
    'oauth.error.category': 'grant',
    'oauth.refresh.reuse_detected': true,
    'user.hash': 'p1.u-alice',
  })
  // What the client was told stands in no event.
  expect(said).not.toHaveProperty(['oauth.error.code'])
})

test.each([
  ['OAUTH2_DEVICE_CODE_TO_TOKEN', undefined, 'complete'],
  ['OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR', 'slow_down', 'slow_down'],
  ['OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR', 'access_denied', 'access_denied'],
  ['OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR', 'expired_oauth2_device_code', 'expired_token'],
  ['OAUTH2_DEVICE_CODE_TO_TOKEN_ERROR', 'invalid_client', undefined],
  ['CODE_TO_TOKEN', undefined, undefined],
])('%s (%s) tells a device %s', (type, error, state) => {
  const { said } = described({ type, ...(error && { error }), details: {} })
  expect(said['oauth.device.poll_state']).toBe(state)
})

test('a client that registers itself is what the record is about', () => {
  const { said } = described({ type: 'CLIENT_REGISTER', clientId: '38e1d27c' })
  expect(said).toMatchObject({
    'audit.actor.type': 'anonymous',
    'audit.target.type': 'client',
    'audit.target.id': '38e1d27c',
    'oauth.client.registration.type': 'dcr',
  })
})

test('of a name that is no account there is only a hash, of a machine no person', () => {
  const typed = { username: 'typed-by-mistake', redirect_uri: 'https://app.example/cb?x=1' }
  const ghost = described({ type: 'LOGIN_ERROR', error: 'user_not_found', details: typed }).said
  expect(ghost).toMatchObject({
    'audit.actor.type': 'anonymous',
    'user.hash': 'p1.typed-by-mistake',
    'oauth.redirect_uri.host': 'app.example',
  })
  expect(ghost).not.toHaveProperty(['user.id'])
  const machine = described({ type: 'CLIENT_LOGIN', userId: 'service-account', details: {} }).said
  expect(machine).toMatchObject({ 'audit.actor.type': 'client', 'audit.actor.id': 'web' })
  expect(Object.keys(machine).filter((name) => name.startsWith('user.'))).toEqual([])
})

test('a log-in by the password grant is a token request', () => {
  const details = { grant_type: 'password', token_id: 't', refresh_token_id: 'r' }
  expect(described({ ...alice, type: 'LOGIN', details }).action).toBe('oauth.token')
  expect(described({ ...alice, type: 'LOGIN', details: {} }).action).toBe('oauth.login')
})

test('a type that nobody knows is recorded under its own name, and told', () => {
  expect(described({ type: 'TELEPORT_ERROR', error: 'too far' })).toMatchObject({
    action: 'keycloak.teleport',
    said: { 'audit.observed.event': 'TELEPORT_ERROR', 'oauth.error.reason': 'other' },
  })
  expect(unknown).toEqual(['TELEPORT'])
})

test('whatever an event says, the record has only what the registry lists', () => {
  const details = { code: 'secret', refresh_token: 'secret', constructor: 'secret' }
  const { attributes } = described({ ...alice, type: 'CODE_TO_TOKEN', details })
  expect([...attributes.keys()].filter((name) => !attributeDefinitions.has(name))).toEqual([])
  expect([...attributes.values()]).not.toContain('secret')
})

test('an administrator changes a user: who, whom, and nothing of what', () => {
  const id = '7f14632b-8188-4031-95db-3391349f934d'
  const event = {
    ...{ id: 'f3bf12a7', time: 1_795_720_072_957, operationType: 'UPDATE', resourceType: 'USER' },
    authDetails: { userId: 'u-admin', clientId: 'c', ipAddress: '127.0.0.1' },
    resourcePath: `users/${id}`,
    representation: '{"credentials":[{"value":"secret"}]}',
  }
  const told = describeAdminEvent(readAdminEvent(event), describing)
  const said = Object.fromEntries(told.attributes)
  expect(told.action).toBe('keycloak.admin.update_user')
  expect(said).toMatchObject({
    'audit.actor.type': 'admin',
    'audit.actor.id': 'p1.u-admin',
    'audit.target.type': 'user',
    'audit.target.id': id,
    'audit.privileged': 'user_data_change',
    'user.id': id,
    'url.template': '/users/:id',
  })
  expect(JSON.stringify(said)).not.toContain('secret')
})

test.each([
  ['DELETE', 'sessions/s-1', 'oauth.end_session', 'administration'],
  ['ACTION', 'users/u-alice/logout', 'oauth.end_session', 'administration'],
  ['DELETE', 'users/u-alice/consents/web', 'oauth.consent', 'administration'],
  ['CREATE', 'clients/c-1', 'oauth.register', 'administration'],
  ['CREATE', 'users/u-alice/role-mappings/realm', 'keycloak.admin.create_x', 'administration'],
  ['UPDATE', 'events/config', 'keycloak.admin.update_x', 'administration'],
])('%s %s is %s', (operationType, resourcePath, action, privileged) => {
  const event = { id: 'i', time: 1, operationType, resourceType: 'X', resourcePath }
  const told = describeAdminEvent(readAdminEvent(event), describing)
  expect(told.action).toBe(action)
  expect(told.attributes.get('audit.privileged')).toBe(privileged)
})

test.each([
  ['no id', { time: 1, type: 'LOGIN' }],
  ['no time', { id: 'i', type: 'LOGIN' }],
  ['no object', 'LOGIN'],
])('an event with %s is not taken for one', (_what, json) => {
  expect(() => readUserEvent(json)).toThrow(
    expect.objectContaining({ code: 'OBSERVE_SOURCE_UNUSUAL' }),
  )
})

test('an odd event is recorded as what it has: to end at it would hide all later ones', () => {
  const odd = { ...base, type: null, details: 'text', time: 1e300 }
  expect(readUserEvent(odd)).toMatchObject({ type: 'UNKNOWN', time: 18_446_744_073_708 })
  expect(described(odd)).toMatchObject({ action: 'keycloak.unknown' })
  expect(unknown).toContain('UNKNOWN')
  const admin = readAdminEvent({ id: 'i', time: -1, authDetails: null, operationType: 7 })
  expect(admin).toMatchObject({ operationType: 'UNKNOWN', time: 1, userId: undefined })
  expect(() => readUserEvent({ ...base, id: null })).toThrow('id is missing')
})
