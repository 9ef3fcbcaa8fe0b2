// Records that come together again and again, for the expectation file.
import type { AppName } from '../stage/apps.ts'
import type { Expected, ExpectedRecord } from './expectation.ts'
import type { Field } from './fields.ts'

type Says = Readonly<Partial<Record<Field, Expected>>>
type Outcome = ExpectedRecord['outcome']

/** What each record of a service says, if nothing else is said: from where, under which policy. */
const always: Readonly<Record<AppName, Says>> = {
  login: { policy: '$policy', issuer: '$issuer', address: '127.0.0.1' },
  api: { policy: '$policy' },
  web: { policy: '$policy' },
  worker: { policy: '$policy' },
}

/** One record of a service. What went well has no reason, if nothing else is said. */
const by =
  (service: AppName) =>
  (action: string, outcome: Outcome, says: Says = {}): ExpectedRecord => ({
    service,
    action: `oauth.${action}`,
    outcome,
    says: { ...always[service], ...(outcome === 'success' ? { reason: null } : {}), ...says },
  })
type RecordOf = ReturnType<typeof by>
export const login: RecordOf = by('login')
export const api: RecordOf = by('api')
export const web: RecordOf = by('web')
export const worker: RecordOf = by('worker')

/** What the shop asks for, and what the roles may have of it at the API. */
export const everything = 'admin export openid orders:read orders:write profile'
export const adminScopes = 'admin export orders:read orders:write'
export const userScopes = 'orders:read orders:write'

/** The authorization request, and the answers on both pages, up to the code. */
export const codeFor = (user: string, granted: string, says: Says): ExpectedRecord[] => [
  login('authorize', 'challenge', {
    client: 'web',
    asked: everything,
    allowed: everything,
    user: null,
  }),
  login('login', 'success', { client: 'web', user }),
  login('authorize', 'challenge', { client: 'web', user, route: '/auth/:uid' }),
  login('consent', 'success', { client: 'web', user, asked: everything, granted }),
  login('authorize', 'success', { client: 'web', user, granted, consent: 'granted', ...says }),
]

/** The exchange of the code, as both sides see it. */
export const exchanged = (
  user: string,
  granted: string,
  token: string,
  says: Says,
): ExpectedRecord[] => [
  login('token', 'success', {
    client: 'web',
    user,
    granted,
    token,
    grantType: 'authorization_code',
    pkce: 'ok',
    issued: 'access_token id_token refresh_token',
    format: 'jwt',
    expiresIn: 600,
    ...says,
  }),
  web('token', 'success', {
    client: 'web',
    user,
    token,
    grantType: 'authorization_code',
    ...says,
  }),
]

/** A refresh that worked, as both sides see it. */
export const refreshed = (user: string, says: Says): ExpectedRecord[] => [
  login('token', 'success', {
    client: 'web',
    user,
    grantType: 'refresh_token',
    rotated: true,
    ...says,
  }),
  web('token', 'success', { client: 'web', grantType: 'refresh_token', ...says }),
]

/** A refresh that did not: the server knows why, the client only that. */
export const notRefreshed = (reason: string, says: Says = {}): ExpectedRecord[] => [
  login('token', 'failure', {
    client: 'web',
    grantType: 'refresh_token',
    error: 'invalid_grant',
    reason,
    ...says,
  }),
  web('token', 'failure', { client: 'web', grantType: 'refresh_token', error: 'invalid_grant' }),
]

/** A call of the shop for a user that the API answers. */
export const called = (user: string, token: string, says: Says): ExpectedRecord =>
  api('resource_access', 'success', {
    client: 'web',
    user,
    token,
    issuer: '$issuer',
    address: '127.0.0.1',
    library: 'jose',
    status: 200,
    ...says,
  })

/** Client credentials without a library, as both sides see it. */
export const issuedToWorker = (token: string, says: Says): ExpectedRecord[] => [
  login('token', 'success', { client: 'worker', actor: 'client', user: null, token, ...says }),
  worker('token', 'success', { client: 'worker', library: 'fetch', token, ...says }),
]

/** Somebody asked whether a token is active, as both sides see it; only one knows why not. */
export const introspected = (
  asker: RecordOf,
  client: string,
  token: string,
  active: boolean,
): ExpectedRecord[] => [
  asker('introspect', 'success', { client, token, active }),
  login('introspect', 'success', {
    client,
    token,
    active,
    reason: active ? null : 'token_unknown',
  }),
]
