// The expectation file: for each step of the traffic, exactly the records that must be there, by
// service. A name with a `$` stands for one person, token or grant: the same wherever it stands
// (expectation/expectation.ts). What is not said of a record is not expected of it.
import type { ExpectedRecord } from './expectation/expectation.ts'
import {
  adminScopes,
  api,
  called,
  codeFor,
  everything,
  exchanged,
  introspected,
  issuedToWorker,
  login,
  notRefreshed,
  refreshed,
  userScopes,
  web,
  worker,
} from './expectation/sequences.ts'
import type { StepName } from './traffic/traffic.ts'

/** Before the first step: the clients read the metadata of the authorization server. */
export const startUp: readonly ExpectedRecord[] = [
  web('discovery', 'success'),
  worker('discovery', 'success'),
]

/** What each step must leave. */
export const expected: Readonly<Record<StepName, readonly ExpectedRecord[]>> = {
  'wrong password': [
    login('authorize', 'challenge', { client: 'web' }),
    login('login', 'failure', { client: 'web', user: null, status: 401, actor: 'anonymous' }),
  ],
  'log-in': [
    ...codeFor('$alice', everything, { grant: '$grant.alice' }),
    ...exchanged('$alice', adminScopes, '$token.alice.1', { refresh: '$refresh.alice.1' }),
  ],
  'single sign-on': [
    login('authorize', 'success', {
      client: 'web',
      user: '$alice',
      granted: everything,
      consent: 'remembered',
      grant: '$grant.alice',
    }),
    ...exchanged('$alice', adminScopes, '$token.alice.2', { refresh: '$refresh.alice.2' }),
  ],
  'log-in, less granted': [
    ...codeFor('$bob', `openid ${userScopes} profile`, { grant: '$grant.bob' }),
    ...exchanged('$bob', userScopes, '$token.bob.1', { refresh: '$refresh.bob.1' }),
  ],
  'log-in of a guest': [
    ...codeFor('$carol', 'openid orders:read profile', { grant: '$grant.carol' }),
    ...exchanged('$carol', 'orders:read', '$token.carol', {
      refresh: '$refresh.carol',
      expiresIn: 4,
    }),
  ],
  'denied for role': [
    api('resource_access', 'denied', {
      client: 'web',
      user: '$carol',
      roles: 'guest',
      token: '$token.carol',
      route: '/orders',
      status: 403,
      error: null,
      reason: 'role_insufficient',
      needed: 'orders:read',
      granted: 'orders:read',
      lacking: null,
    }),
  ],
  'password guessed': [
    login('authorize', 'challenge', { client: 'web' }),
    login('login', 'failure', { client: 'web' }),
    login('login', 'failure', { client: 'web' }),
    login('login', 'denied', { client: 'web', user: null, reason: 'access_denied' }),
    login('authorize', 'denied', { client: 'web', reason: 'access_denied' }),
    web('authorize', 'denied', { client: 'web', error: 'access_denied' }),
  ],
  'consent denied': [
    login('authorize', 'challenge', { client: 'web' }),
    login('login', 'success', { client: 'web', user: '$alice' }),
    login('authorize', 'challenge', { client: 'web', user: '$alice' }),
    login('consent', 'denied', { client: 'web', user: '$alice' }),
    login('authorize', 'denied', { client: 'web', user: '$alice', consent: 'denied' }),
    web('authorize', 'denied', { client: 'web', error: 'access_denied' }),
  ],
  'silent log-in refused': [
    login('authorize', 'failure', { client: 'web', reason: 'login_required' }),
    web('authorize', 'failure', { client: 'web', error: 'login_required' }),
  ],
  'PKCE missing': [
    login('authorize', 'failure', { client: 'phone', reason: 'pkce_missing', pkce: 'missing' }),
  ],
  'code for the phone': [
    login('authorize', 'challenge', { client: 'phone', user: '$bob', asked: 'openid orders:read' }),
    login('consent', 'success', { client: 'phone', user: '$bob' }),
    login('authorize', 'success', { client: 'phone', user: '$bob', grant: '$grant.phone' }),
  ],
  'PKCE wrong': [
    login('token', 'failure', { client: 'phone', reason: 'pkce_mismatch', pkce: 'mismatch' }),
  ],
  'code exchange': [
    login('token', 'success', {
      client: 'phone',
      user: '$bob',
      grantType: 'authorization_code',
      pkce: 'ok',
      granted: 'orders:read',
      token: '$token.phone',
      refresh: '$refresh.phone',
      grant: '$grant.phone',
    }),
  ],
  'code replay': [
    login('token', 'failure', {
      client: 'phone',
      reason: 'code_replayed',
      revoked: 'code_replay',
      cascade: true,
      grant: '$grant.phone',
    }),
  ],
  'refresh after replay': [
    login('token', 'failure', {
      client: 'phone',
      reason: 'token_unknown',
      presented: '$refresh.phone',
    }),
  ],
  'foreign redirect': [
    login('authorize', 'failure', { client: 'phone', reason: 'redirect_uri_mismatch' }),
  ],
  'unknown client': [login('authorize', 'failure', { client: null, reason: 'client_unknown' })],
  'orders read': [
    called('$bob', '$token.bob.1', {
      method: 'GET',
      route: '/orders',
      roles: 'user',
      granted: userScopes,
    }),
  ],
  'orders queried': [
    called('$bob', '$token.bob.1', {
      method: 'GET',
      route: '/orders',
      query: 'status=shipped&limit=2',
    }),
  ],
  'one order read': [called('$bob', '$token.bob.1', { method: 'GET', route: '/orders/:id' })],
  'order placed': [
    called('$bob', '$token.bob.1', { method: 'POST', route: '/orders', status: 201 }),
  ],
  'denied for scope': [
    api('resource_access', 'denied', {
      client: 'web',
      user: '$bob',
      token: '$token.bob.1',
      reason: 'scope_insufficient',
      route: '/admin/users',
      privileged: 'administration',
      error: 'insufficient_scope',
      needed: 'admin',
      lacking: 'admin',
      granted: userScopes,
    }),
  ],
  'slow call': [{ ...called('$bob', '$token.bob.1', { route: '/slow' }), tookMs: 290 }],
  'users listed': [
    called('$alice', '$token.alice.2', {
      route: '/admin/users',
      roles: 'admin',
      needed: 'admin',
      privileged: 'administration',
    }),
  ],
  'user data changed': [
    called('$alice', '$token.alice.2', {
      method: 'PATCH',
      route: '/users/:id',
      privileged: 'user_data_change',
    }),
  ],
  'mass export': [
    called('$alice', '$token.alice.2', {
      route: '/export',
      needed: 'export',
      privileged: 'export',
      bytes: { atLeast: 100_000 },
      rows: 5_000,
    }),
  ],
  'no token': [
    api('resource_access', 'denied', {
      route: '/orders',
      reason: 'token_missing',
      status: 401,
      token: null,
    }),
  ],
  'malformed token': [
    api('resource_access', 'failure', {
      route: '/orders',
      reason: 'token_malformed',
      error: 'invalid_token',
      status: 401,
    }),
  ],
  'forged token': [
    api('resource_access', 'failure', {
      route: '/admin/users',
      reason: 'signature_invalid',
      error: 'invalid_token',
      privileged: 'administration',
      actor: 'anonymous',
      user: null,
    }),
  ],
  'never validated': [
    api('resource_access', 'success', {
      route: '/legacy/profile',
      reason: 'token_not_validated',
      status: 200,
      actor: 'anonymous',
      user: null,
    }),
  ],
  'client credentials': [
    login('token', 'success', {
      client: 'worker',
      grantType: 'client_credentials',
      granted: userScopes,
      token: '$token.worker',
      actor: 'client',
      user: null,
      asked: userScopes,
      allowed: userScopes,
    }),
    worker('token', 'success', {
      client: 'worker',
      token: '$token.worker',
      grantType: 'client_credentials',
      library: 'openid-client',
    }),
  ],
  'order by machine': [
    api('resource_access', 'success', {
      client: 'worker',
      token: '$token.worker',
      method: 'POST',
      route: '/orders',
    }),
  ],
  'machine without a role': [
    api('resource_access', 'denied', {
      client: 'worker',
      token: '$token.worker',
      status: 403,
      reason: 'role_insufficient',
      roles: null,
    }),
  ],
  'wrong client secret': [
    login('token', 'failure', {
      client: 'worker',
      actor: 'anonymous',
      error: 'invalid_client',
      reason: 'client_credentials_invalid',
    }),
    worker('token', 'failure', { client: 'worker', error: 'invalid_client', library: 'fetch' }),
  ],
  'scope not allowed': [
    login('token', 'failure', {
      client: 'worker',
      reason: 'scope_not_allowed',
      asked: 'admin orders:read',
      allowed: userScopes,
    }),
    worker('token', 'failure', { client: 'worker', error: 'invalid_scope' }),
  ],
  'denied for audience': [
    ...issuedToWorker('$token.billing', { format: 'jwt' }),
    api('resource_access', 'failure', {
      reason: 'audience_mismatch',
      error: 'invalid_token',
      token: '$token.billing',
      needed: 'orders:read',
    }),
  ],
  'opaque token': issuedToWorker('$token.feed', { format: 'opaque' }),
  'introspection, active': introspected(worker, 'worker', '$token.feed', true),
  'feed read': [
    api('resource_access', 'success', { route: '/feed', token: '$token.feed', client: 'worker' }),
    ...introspected(api, 'api', '$token.feed', true),
  ],
  'revocation by a machine': [
    login('revoke', 'success', {
      client: 'worker',
      token: '$token.feed',
      revoked: 'client_request',
    }),
    worker('revoke', 'success', { client: 'worker', token: '$token.feed' }),
  ],
  'introspection, inactive': introspected(worker, 'worker', '$token.feed', false),
  'feed refused': [
    api('resource_access', 'failure', {
      route: '/feed',
      token: '$token.feed',
      error: 'invalid_token',
      client: null,
    }),
    ...introspected(api, 'api', '$token.feed', false),
  ],
  refresh: refreshed('$bob', {
    presented: '$refresh.bob.1',
    refresh: '$refresh.bob.2',
    token: '$token.bob.2',
  }),
  userinfo: [
    ...refreshed('$bob', {
      presented: '$refresh.bob.2',
      refresh: '$refresh.bob.3',
      token: '$token.bob.3',
    }),
    login('userinfo', 'success', { client: 'web', user: '$bob', token: '$token.bob.3' }),
    web('userinfo', 'success', { client: 'web', user: '$bob', token: '$token.bob.3' }),
  ],
  'refresh retried': [
    web('token', 'failure', {
      client: 'web',
      grantType: 'refresh_token',
      reason: 'unreachable',
      presented: '$refresh.alice.2',
    }),
    ...refreshed('$alice', {
      presented: '$refresh.alice.2',
      refresh: '$refresh.alice.3',
      token: '$token.alice.3',
    }),
  ],
  'refresh token stolen': [
    login('token', 'failure', {
      client: 'web',
      reason: 'refresh_reused',
      reused: true,
      presented: '$refresh.bob.1',
      revoked: 'reuse',
      cascade: true,
      grant: '$grant.bob',
    }),
  ],
  'refresh after theft': notRefreshed('token_unknown', { presented: '$refresh.bob.3' }),
  'log-in at home': [
    login('authorize', 'challenge', { client: 'web', user: '$alice' }),
    login('consent', 'success', { client: 'web', user: '$alice' }),
    login('authorize', 'success', { client: 'web', user: '$alice', grant: '$grant.home' }),
    ...exchanged('$alice', adminScopes, '$token.home', { refresh: '$refresh.home' }),
  ],
  'revocation by the client': [
    login('revoke', 'success', {
      client: 'web',
      revoked: 'client_request',
      grant: '$grant.home',
      user: '$alice',
      token: '$refresh.home',
    }),
    web('revoke', 'success', { client: 'web', token: '$refresh.home' }),
  ],
  'use after revocation': [called('$alice', '$token.home', { route: '/orders' })],
  'refresh after revocation': notRefreshed('token_unknown', { presented: '$refresh.home' }),
  logout: [
    login('end_session', 'challenge', { client: 'web', user: '$alice' }),
    login('end_session', 'success', {
      client: 'web',
      user: '$alice',
      revoked: 'logout',
      grant: '$grant.alice',
    }),
  ],
  'refresh after logout': notRefreshed('token_unknown', { presented: '$refresh.alice.3' }),
  'token expired': [
    api('resource_access', 'failure', {
      route: '/orders',
      reason: 'token_expired',
      token: '$token.carol',
      status: 401,
    }),
  ],
  'refresh token expired': notRefreshed('token_expired', { presented: '$refresh.carol' }),
}
