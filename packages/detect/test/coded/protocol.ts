// Long because each rule stands with its near misses, and they are read side by side.
// Rows of the protocol that are code: what each must find, and its near misses.
import {
  alice,
  type Attributes,
  called,
  type Case,
  day,
  each,
  given,
  home,
  letIn,
  minute,
  roaming,
  served,
  type Step,
  thief,
  updated,
  worker,
} from './cases.ts'

const grant: Attributes = { 'oauth.grant.id_hash': 'p1.grant' }
const authorized = served('oauth.authorize', { ...alice, ...grant })
const redeemed = (more: Attributes): Attributes =>
  given('authorization_code', { ...grant, ...more })
const s256 = served('oauth.authorize', { 'oauth.pkce.method': 'S256' })
const bare = served('oauth.authorize', { 'oauth.posture': 'no_pkce' })
const at = (host: string): Attributes =>
  served('oauth.authorize', { 'oauth.redirect_uri.host': host })
const changed = served('oauth.register', {
  ...{ 'http.request.method': 'PUT', 'audit.target.type': 'client', 'audit.target.id': 'web' },
})
const sent = (issuer: string, address: string): Attributes =>
  called('oauth.token', { 'oauth.issuer': issuer, 'server.address': address })
const two: readonly Step[] = [
  ...each(3, 1, () => sent('https://a.example', 'a.example')),
  ...each(3, 1, () => sent('https://b.example', 'b.example')),
]
const took = (service: string, audience: string): Attributes =>
  letIn({ 'audit.producer.service': service, 'oauth.audience': audience })
const apis: readonly Step[] = [
  ...each(3, 1, () => took('orders', 'https://orders.example')),
  ...each(3, 1, () => took('billing', 'https://billing.example')),
]
const rotated = (presented: string, count: number, more: Attributes = {}): Attributes =>
  given('refresh_token', {
    ...{ 'oauth.refresh.presented_hash': presented, 'oauth.refresh.rotated': true },
    ...{ 'oauth.refresh.rotation_count': count, 'oauth.refresh.family_hash': 'p1.grant' },
    ...more,
  })
const consented = (scope: string): Attributes =>
  served('oauth.authorize', { ...grant, 'oauth.scope.granted': scope })
const own = (scope: string): Attributes =>
  given('client_credentials', { ...worker, 'oauth.scope.granted': scope })
const exchanged = (actor: string): Attributes =>
  given('urn:ietf:params:oauth:grant-type:token-exchange', {
    ...{ 'oauth.client.id': 'api', 'oauth.actor.chain': actor },
  })
const issued = redeemed({ 'oauth.token.hash': 't1.a', 'oauth.token.expires_at': 1_767_226_200 })
const used = letIn({ ...alice, 'oauth.token.hash': 't1.a' })
const loggedOut = served('oauth.end_session', {
  ...{ ...grant, 'oauth.revocation.reason': 'logout', 'oauth.revocation.initiator': 'user' },
  'oauth.revocation.cascade': true,
})

const revokedByClient = served('oauth.revoke', {
  ...{ 'oauth.token.hash': 't1.r', 'oauth.revocation.reason': 'client_request' },
  'oauth.revocation.initiator': 'client',
})
const refused: Attributes = {
  ...given('refresh_token', { 'oauth.refresh.presented_hash': 't1.r' }),
  ...{ 'audit.outcome': 'failure', 'oauth.error.reason': 'token_unknown' },
}

export const protocolCases: readonly Case[] = [
  {
    ...{ detector: 'protocol.code-redeemed-twice', rule: 'f001' },
    fires: [
      [0, authorized],
      [1, redeemed(home)],
      [90, redeemed(thief)],
      [150, {}],
    ],
    silent: {
      'the client did not get the answer, and asks again': [
        ...([
          [0, authorized],
          [1, redeemed(home)],
          [4, redeemed(home)],
          [90, {}],
        ] satisfies Step[]),
      ],
      'two codes of one grant': [
        ...([
          [0, authorized],
          [1, redeemed(home)],
          [90, authorized],
        ] satisfies Step[]),
        ...([
          [91, redeemed(thief)],
          [180, {}],
        ] satisfies Step[]),
      ],
      'its authorization comes late': [
        ...([
          [0, authorized],
          [1, redeemed(home)],
          [90, redeemed(thief)],
        ] satisfies Step[]),
        ...([
          [89, authorized],
          [180, {}],
        ] satisfies Step[]),
      ],
      'nothing is known of its authorization': [
        [0, redeemed(home)],
        [90, redeemed(thief)],
        [180, {}],
      ],
    },
  },
  {
    ...{ detector: 'protocol.pkce-gone', rule: 'f003', words: /^3 authorization requests/ },
    fires: [...each(3, 60, () => s256), [300, bare]],
    silent: {
      'two requests with a challenge are no habit': [...each(2, 60, () => s256), [300, bare]],
      'a client that never had it': each(9, 60, () => bare),
      'old and new version at once': [
        ...each(8, 60, (n): Attributes => (n % 2 === 0 ? bare : s256)),
      ],
      'another client': [
        ...each(3, 60, () => s256),
        [300, { ...bare, 'oauth.client.id': 'legacy' }],
      ],
      refused: [...each(3, 60, () => s256), [300, { ...bare, 'audit.outcome': 'failure' }]],
    },
  },
  {
    ...{ detector: 'protocol.redirect-changed', rule: 'f004', words: /codes go to evil\.example/ },
    fires: [
      [0, at('shop.example')],
      [60, changed],
      [120, at('evil.example')],
    ],
    silent: {
      'a new host, and nothing was changed': [
        [0, at('shop.example')],
        [120, at('new.example')],
      ],
      'changed, and used as before': [
        [0, at('shop.example')],
        [60, changed],
        [120, at('shop.example')],
      ],
      'changed a week before': [
        ...([
          [0, at('shop.example')],
          [60, changed],
          [8 * day, at('new.example')],
        ] satisfies Step[]),
      ],
      'another client was changed': [
        ...([[0, at('shop.example')]] satisfies Step[]),
        [60, { ...changed, 'audit.target.id': 'other', 'oauth.client.id': 'other' }],
        [120, at('new.example')],
      ],
      'a client that is new': [
        [0, changed],
        [60, at('shop.example')],
      ],
    },
  },
  {
    ...{ detector: 'protocol.crossing', rule: 'f005' },
    fires: [...two, [60, sent('https://a.example', 'b.example')]],
    silent: {
      'an address that is new': [...two, [60, sent('https://a.example', 'c.example')]],
      'two tenants of one host': [
        ...each(4, 1, () => sent('https://login.example/a', 'login.example')),
        ...each(4, 1, () => sent('https://login.example/b', 'login.example')),
      ],
      'an issuer that is new': [...two, [60, sent('https://c.example', 'b.example')]],
    },
  },
  {
    ...{ detector: 'protocol.crossing', rule: 'f013' },
    fires: [...apis, [60, took('orders', 'https://billing.example')]],
    silent: {
      'an audience that is new': [...apis, [60, took('orders', 'https://orders.example/v2')]],
      'a token for both': [
        ...apis,
        [60, took('orders', 'https://billing.example https://orders.example')],
      ],
      refused: [
        ...apis,
        [60, { ...took('orders', 'https://billing.example'), 'audit.outcome': 'failure' }],
      ],
    },
  },
  {
    ...{ detector: 'protocol.token-of-another-client', rule: 'f007' },
    fires: [
      [0, redeemed({ 'oauth.token.hash': 't1.m', 'oauth.client.id': 'mallory' })],
      [5, called('oauth.userinfo', { 'oauth.token.hash': 't1.m' })],
    ],
    silent: {
      'its own token': [
        [0, redeemed({ 'oauth.token.hash': 't1.m' })],
        [5, called('oauth.userinfo', { 'oauth.token.hash': 't1.m' })],
      ],
      'an API asks whether the token of a client is good': [
        [0, redeemed({ 'oauth.token.hash': 't1.m' })],
        [5, called('oauth.introspect', { 'oauth.token.hash': 't1.m', 'oauth.client.id': 'api' })],
      ],
      'nobody knows whose it is': [[5, called('oauth.userinfo', { 'oauth.token.hash': 't1.x' })]],
    },
  },
  {
    ...{ detector: 'protocol.refresh-reused', rule: 'f010' },
    fires: [
      [0, rotated('t1.r1', 1)],
      [600, rotated('t1.r2', 2)],
      [900, rotated('t1.r1', 3)],
    ],
    silent: {
      'two tabs at once': [
        [0, rotated('t1.r1', 1)],
        [3, rotated('t1.r1', 2)],
      ],
      'in the grace period, as the server says': [
        [0, rotated('t1.r1', 1)],
        [50, rotated('t1.r1', 2, { 'oauth.refresh.grace_replay': true })],
      ],
      'one that is not rotated': [
        [0, rotated('t1.r1', 0, { 'oauth.refresh.rotated': false })],
        [900, rotated('t1.r1', 0, { 'oauth.refresh.rotated': false })],
      ],
      'records of two servers in another order': [
        [600, rotated('t1.r2', 2)],
        [0, rotated('t1.r1', 1)],
      ],
      'the next, and the next': [...each(6, 600, (n) => rotated(`t1.r${n}`, n))],
      'noticed by the server, which is the rule of a file': [
        [0, rotated('t1.r1', 1)],
        [900, rotated('t1.r1', 1, { 'oauth.refresh.reuse_detected': true })],
      ],
    },
  },
  {
    ...{ detector: 'protocol.refresh-reused', rule: 'f010' },
    fires: [
      [0, rotated('t1.r4', 4)],
      [600, rotated('t1.unseen', 2)],
    ],
    silent: {
      'a count that grows by more than one': [
        [0, rotated('t1.r4', 4)],
        [600, rotated('t1.r9', 9)],
      ],
    },
  },
  {
    ...{ detector: 'protocol.scope-grew', rule: 'f114', words: /1 scopes/ },
    fires: [
      [0, consented('openid orders:read')],
      [5, given('refresh_token', { ...grant, 'oauth.scope.granted': 'admin orders:read' })],
      [90, {}],
    ],
    silent: {
      'less than granted': [
        [0, consented('openid orders:read')],
        [5, redeemed({ 'oauth.scope.granted': 'orders:read' })],
        [90, {}],
      ],
      'the user granted more, which comes late': [
        [0, consented('openid orders:read')],
        [5, redeemed({ 'oauth.scope.granted': 'admin orders:read' })],
        [4, consented('admin')],
        [90, {}],
      ],
      'nothing is known of the grant': [
        [5, redeemed({ 'oauth.scope.granted': 'admin' })],
        [90, {}],
      ],
    },
  },
  {
    ...{ detector: 'protocol.scope-grew', rule: 'f214' },
    fires: [...each(20, 600, () => own('orders:read')), [day, own('orders:admin orders:read')]],
    silent: {
      'a client that always had it': each(30, 600, () => own('orders:admin')),
      'before anybody knows the client': [
        ...each(19, 600, () => own('orders:read')),
        [day, own('admin')],
      ],
      'a user who is an administrator': [
        ...each(20, 600, () => redeemed({ ...alice, 'oauth.scope.granted': 'orders:read' })),
        [day, redeemed({ ...alice, 'oauth.scope.granted': 'admin' })],
      ],
      'a word that only looks like it': [
        ...each(20, 600, () => own('orders:read')),
        [day, own('badminton')],
      ],
    },
  },
  {
    ...{ detector: 'protocol.new-actor', rule: 'f022' },
    fires: [
      ...each(20, 60, (n) => exchanged(n % 2 === 0 ? 'orders' : 'billing')),
      [day, exchanged('cron')],
    ],
    silent: {
      'the actors that there always were': each(40, 60, (n) =>
        exchanged(n % 2 === 0 ? 'orders' : 'billing'),
      ),
      'people who act for customers': each(60, 60, (n) => exchanged(`agent-${n}`)),
      'before anybody knows the client': [
        ...each(19, 60, () => exchanged('orders')),
        [day, exchanged('cron')],
      ],
    },
  },
  {
    ...{
      detector: 'protocol.used-after-end',
      rule: 'f023',
      words: /^let in 5 s after it had been revoked/,
    },
    // The API's records came sooner than the authorization server's.
    fires: [
      [0, issued],
      [25, used],
      [20, loggedOut, 26],
    ],
    silent: {
      'before it was revoked': [
        [0, issued],
        [15, used],
        [20, loggedOut, 26],
      ],
      'by an API whose clock is ahead': [
        [0, issued],
        [22, used, 19],
        [20, loggedOut, 21],
      ],
      'of another token': [
        ...([[0, issued]] satisfies Step[]),
        [25, { ...used, 'oauth.token.hash': 't1.other' }],
        [20, loggedOut, 26],
      ],
    },
  },
  {
    ...{
      detector: 'protocol.used-after-end',
      rule: 'f023',
      words: /^let in 5 s after it had been revoked/,
    },
    fires: [
      [0, issued],
      [10, used],
      [20, loggedOut],
      [25, used],
    ],
    silent: {
      'on its way while it was revoked': [
        ...([
          [0, issued],
          [20, loggedOut],
        ] satisfies Step[]),
        [21, { ...used, 'event.duration_ms': 1_200 }],
      ],
      'by an API whose clock is ahead': [
        ...([[0, issued]] satisfies Step[]),
        [13, used, 10],
        [11, loggedOut],
        [14, used, 11],
      ],
      'begun before, and slow': [
        [0, issued],
        [20, loggedOut],
        [28, { ...used, 'event.duration_ms': 9_000 }],
      ],
      'a new token of the same grant': [
        [0, issued],
        [20, loggedOut],
        [30, issued],
        [40, used],
      ],
      refused: [
        [0, issued],
        [20, loggedOut],
        [25, { ...used, 'audit.outcome': 'failure' }],
      ],
      'another token': [
        [0, issued],
        [20, loggedOut],
        [25, { ...used, 'oauth.token.hash': 't1.b' }],
      ],
      'told that it is not good': [
        ...([
          [0, issued],
          [20, loggedOut],
        ] satisfies Step[]),
        [
          25,
          served('oauth.introspect', { 'oauth.token.hash': 't1.a', 'oauth.token.active': false }),
        ],
      ],
    },
  },
  {
    ...{ detector: 'protocol.used-after-end', rule: 'f223' },
    fires: [
      [0, revokedByClient],
      [60, refused],
    ],
    silent: {
      'after a log-out': [
        [0, loggedOut],
        [60, refused],
      ],
      'revoked by somebody else': [
        [0, { ...revokedByClient, 'oauth.revocation.reason': 'admin' }],
        [60, refused],
      ],
      'another token': [
        [0, revokedByClient],
        [60, { ...refused, 'oauth.refresh.presented_hash': 't1.s' }],
      ],
    },
  },
  {
    ...{ detector: 'protocol.used-after-end', rule: 'f123', words: /after it had expired/ },
    // It ends ten minutes after the start.
    fires: [
      [0, issued],
      [10 * minute + 61, used],
    ],
    silent: {
      'by clocks that differ': [
        [0, issued],
        [10 * minute + 59, used],
      ],
      'refreshed in time': [
        ...([
          [0, issued],
          [590, redeemed({ 'oauth.token.hash': 't1.b' })],
        ] satisfies Step[]),
        [800, { ...used, 'oauth.token.hash': 't1.b' }],
      ],
      refused: [
        [0, issued],
        [900, { ...used, 'audit.outcome': 'failure' }],
      ],
    },
  },
  {
    ...{ detector: 'protocol.subject-is-a-client', rule: 'f028' },
    fires: [
      [0, redeemed({ ...alice, 'user.id': 'u-1' })],
      [5, served('oauth.register', { 'audit.target.type': 'client', 'audit.target.id': 'u-1' })],
    ],
    silent: {
      'a client and its own token': [
        [0, given('client_credentials', { ...worker, 'user.id': 'worker' })],
        [5, given('client_credentials', { ...worker, 'user.id': 'worker' })],
      ],
      'an account that an administrator changes': [
        [
          0,
          served('keycloak.admin_update_user', {
            'user.id': 'u-1',
            'audit.target.type': 'user',
            'audit.target.id': 'u-1',
          }),
        ],
      ],
      'each the same as before': [...each(4, 1, () => redeemed({ ...alice, 'user.id': 'u-1' }))],
    },
  },
  {
    ...{ detector: 'protocol.subject-is-a-client', rule: 'f028' },
    fires: [
      [0, redeemed({ 'oauth.client.id': 'u-1' })],
      [5, redeemed({ ...alice, 'user.id': 'u-1' })],
    ],
    silent: {
      'a phone in another network': [
        [0, redeemed(home)],
        [5, redeemed(roaming)],
        [9, redeemed(updated)],
      ],
    },
  },
]
