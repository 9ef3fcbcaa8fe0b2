// A life of a grant as four processes record it: an authorization server, a web client, an API, and
// a machine client with a grant of its own. Hashes of tokens are keyed alike everywhere; grants,
// people and sessions only the authorization server knows. The client's clock is 40 ms behind.
import type { Telling } from './producer.ts'

const server = { 'oauth.role': 'authorization_server' }
const session = { 'session.id': 'p1.session', 'user.hash': 'p1.ada' }
const grant = { 'oauth.grant.id_hash': 'p1.grant', 'oauth.client.id': 'web' }
const skew = 0.04

type Attributes = Telling['attributes']

const login = (at: number, action: string, attributes: Attributes, more = {}): Telling => ({
  ...{ at, action, service: 'login', lasts: 0.01 },
  attributes: {
    ...server,
    'http.request.method': 'POST',
    'http.route': `/${action}`,
    ...attributes,
  },
  ...more,
})
const shop = (at: number, action: string, attributes: Attributes, more = {}): Telling => ({
  ...{ at: at - skew - 0.005, action, service: 'shop', lasts: 0.02 },
  attributes: {
    ...{ 'oauth.role': 'client', 'oauth.client.id': 'web', 'http.request.method': 'POST' },
    ...attributes,
  },
  ...more,
})
const orders = (
  at: number,
  token: string,
  route: string,
  more: Partial<Telling> = {},
): Telling => ({
  ...{ at, action: 'oauth.resource_access', service: 'orders', lasts: 0.005 },
  ...more,
  attributes: {
    'oauth.role': 'resource_server',
    'oauth.token.hash': token,
    'http.request.method': 'GET',
    'http.route': route,
    ...more.attributes,
  },
})
const trace = (digit: string): { traceId: string } => ({ traceId: digit.repeat(32) })

const first = {
  'oauth.grant.type': 'authorization_code',
  'oauth.token.hash': 't1.access1',
  'oauth.refresh.token_hash': 't1.refresh1',
  'oauth.token.expires_in': 60n,
}
const second = {
  'oauth.grant.type': 'refresh_token',
  'oauth.refresh.presented_hash': 't1.refresh1',
  'oauth.token.hash': 't1.access2',
  'oauth.refresh.token_hash': 't1.refresh2',
  'oauth.token.expires_in': 600n,
}
const reuse = {
  'oauth.grant.type': 'refresh_token',
  'oauth.refresh.presented_hash': 't1.refresh1',
}

export const life: readonly Telling[] = [
  login(0, 'oauth.authorize', { 'oauth.client.id': 'web', ...session }, { outcome: 'challenge' }),
  login(1, 'oauth.login', session),
  login(2, 'oauth.consent', { ...grant, ...session, 'oauth.consent.result': 'granted' }),
  login(3, 'oauth.authorize', { ...grant, ...session }),
  shop(4, 'oauth.token', first, trace('a')),
  login(4, 'oauth.token', { ...grant, ...session, ...first }, trace('a')),
  shop(4.1, 'oauth.userinfo', { 'oauth.token.hash': 't1.access1' }, trace('a')),
  login(4.1, 'oauth.userinfo', { ...grant, 'oauth.token.hash': 't1.access1' }, trace('a')),
  orders(5, 't1.access1', '/orders'),
  // The API asks whether it is active: no trace leads from one to the other.
  {
    ...orders(6, 't1.access1', ''),
    ...{ action: 'oauth.introspect', lasts: 0.02 },
    attributes: { 'oauth.role': 'client', 'oauth.token.hash': 't1.access1' },
  },
  login(6.005, 'oauth.introspect', {
    'oauth.token.hash': 't1.access1',
    'oauth.token.active': true,
  }),
  // Nobody revoked the first token: it expires at 64.01.
  orders(68.99, 't1.access1', '/orders'),
  orders(69.01, 't1.access1', '/orders/:id'),
  orders(70, 't1.access1', '/orders', {
    outcome: 'failure',
    attributes: { 'oauth.error.reason': 'token_expired' },
  }),
  shop(71, 'oauth.token', second, trace('b')),
  login(71, 'oauth.token', { ...grant, ...session, ...second }, trace('b')),
  orders(72, 't1.access2', '/orders/export', { attributes: { 'audit.privileged': 'export' } }),
  // Reuse, as the client and the server see it: no token is handed out that would tie the two.
  shop(73, 'oauth.token', reuse, { outcome: 'failure', ...trace('d') }),
  login(
    73,
    'oauth.token',
    { ...grant, ...reuse, 'oauth.refresh.reuse_detected': true },
    {
      ...{ outcome: 'failure', ...trace('d') },
    },
  ),
  shop(74, 'oauth.revoke', { 'oauth.token.hash': 't1.access2' }, trace('e')),
  login(
    74,
    'oauth.revoke',
    { 'oauth.token.hash': 't1.access2', 'oauth.revocation.reason': 'client_request' },
    trace('e'),
  ),
  orders(75, 't1.access2', '/orders', { outcome: 'failure' }),
  login(80, 'oauth.end_session', { ...session, 'oauth.revocation.reason': 'logout' }),
  orders(81, 't1.access2', '/orders'),
]

/** Of others: another flow of the session, and the machine. */
export const others: readonly Telling[] = [
  login(20, 'oauth.authorize', { 'oauth.client.id': 'web', ...session }, { outcome: 'challenge' }),
  login(21, 'oauth.authorize', {
    ...{ ...session, 'oauth.client.id': 'web' },
    'oauth.grant.id_hash': 'p1.other',
  }),
  login(22, 'oauth.token', {
    ...{ ...session, 'oauth.grant.id_hash': 'p1.other', 'oauth.client.id': 'web' },
    ...{ 'oauth.token.hash': 't1.other', 'oauth.token.expires_in': 600n },
  }),
  {
    ...{ at: 30, action: 'oauth.token', service: 'batch', lasts: 0.02, ...trace('9') },
    attributes: { 'oauth.role': 'client', 'oauth.token.hash': 't1.machine' },
  },
  login(30, 'oauth.token', {
    ...{ 'oauth.client.id': 'batch', 'oauth.grant.type': 'client_credentials' },
    ...{ 'oauth.token.hash': 't1.machine', 'oauth.token.expires_in': 10n },
  }),
  orders(31, 't1.machine', '/orders'),
]
