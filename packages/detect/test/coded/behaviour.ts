// Rows of behaviour: what each baseline must find, and what people and clients do every day.
import {
  alice,
  type Attributes,
  type Case,
  day,
  each,
  given,
  home,
  hour,
  later,
  letIn,
  minute,
  roaming,
  served,
  type Step,
  thief,
  updated,
  worker,
} from './cases.ts'

const use = (token: string, from: Attributes): Attributes =>
  letIn({ ...alice, 'oauth.token.hash': token, ...from })
/** A token each hour, and a day of them. */
const usual = each(30, hour, (n) => use(`t1.${n}`, home))
const shown = (from: Attributes): Attributes =>
  served('oauth.authorize', { ...alice, 'session.id': 'p1.session', ...from })

const loggedIn = served('oauth.login', { ...alice, ...home })
const newClient = (more: Attributes): Attributes =>
  served('oauth.consent', {
    ...{ ...alice, 'oauth.client.id': 'docs', 'oauth.consent.result': 'granted' },
    ...{ 'oauth.grant.id_hash': 'p1.docs', ...more },
  })
const wants = (scope: string): Attributes => newClient({ 'oauth.scope.granted': scope })
const takenBack = served('oauth.revoke', {
  ...{ 'oauth.grant.id_hash': 'p1.docs', 'oauth.revocation.reason': 'user' },
})

const tv: Attributes = { 'oauth.client.id': 'tv' }
const confirmed = (user: string, from: Attributes): Attributes =>
  served('oauth.device_verification', {
    ...{ ...tv, 'user.hash': user, 'oauth.grant.id_hash': `p1.grant.${user}`, ...from },
  })
const television: Attributes = { ...home, 'user_agent.original': 'TV/3.1' }
const polled = (user: string, from: Attributes): Attributes =>
  given('urn:ietf:params:oauth:grant-type:device_code', {
    ...{ ...tv, 'user.hash': user, 'oauth.grant.id_hash': `p1.grant.${user}`, ...from },
  })
const televisions = each(12, 5 * hour, (n) =>
  n % 2 === 0 ? confirmed(`p1.u${n}`, home) : polled(`p1.u${n - 1}`, television),
)

const machine: Attributes = {
  'client.address': '198.51.100.5',
  'user_agent.original': 'node',
}
const credentials = (more: Attributes): Attributes =>
  given('client_credentials', {
    ...{ ...worker, 'oauth.client.auth.method': 'client_secret_basic', ...machine, ...more },
  })
const touched = served('oauth.register', {
  ...{ 'http.request.method': 'PUT', 'oauth.client.id': 'worker' },
  ...{ 'audit.target.type': 'client', 'audit.target.id': 'worker' },
})
const week = each(8, 20 * hour, () => credentials({}))
const afterWeek = 8 * 20 * hour

const registered = (address: string): Attributes =>
  served('oauth.register', { 'http.request.method': 'POST', 'client.address': address })
const report = letIn({ ...worker, 'http.route': '/reports' })
const rhythm = each(12, 4 * hour, () => report)

const bytes = (actor: Attributes, size: number): Attributes =>
  letIn({ ...actor, 'http.response.body.size': size })
const smallDays = each(48, hour, () => bytes(alice, 100_000))

export const behaviourCases: readonly Case[] = [
  {
    ...{ detector: 'baseline.stolen-tokens', rule: '2011' },
    fires: [...usual, [30 * hour, use('t1.29', thief)]],
    silent: {
      'a phone that roams': [...usual, [30 * hour, use('t1.29', roaming)]],
      'a browser that updates': [...usual, [30 * hour, use('t1.29', updated)]],
      'another program at home': [
        ...usual,
        [30 * hour, use('t1.29', { ...home, 'user_agent.original': 'Other' })],
      ],
      'first one, then the other': [
        ...usual,
        [30 * hour, use('t1.29', roaming)],
        [31 * hour, use('t1.29', { ...roaming, 'user_agent.original': 'Other' })],
      ],
      'another token': [...usual, [30 * hour, use('t1.other', thief)]],
      'another API': [
        ...usual,
        [30 * hour, { ...use('t1.29', thief), 'audit.producer.service': 'b' }],
      ],
      'services that pass a token on': [
        ...each(60, hour, (n) => use(`t1.${n >> 1}`, n % 2 === 0 ? home : thief)).slice(0, 20),
      ],
      'on the first day': [
        [0, use('t1.0', home)],
        [hour, use('t1.0', thief)],
      ],
    },
  },
  {
    ...{ detector: 'baseline.illicit-consent', rule: '2015', words: /first seen 10 min before/ },
    fires: [
      ...([[0, loggedIn]] satisfies Step[]),
      [2 * day, served('oauth.register', { 'oauth.client.id': 'docs' })],
      [2 * day + 10 * minute, wants('mail.read offline_access openid')],
    ],
    silent: {
      'a client that wants little': [
        [0, loggedIn],
        [2 * day, wants('openid profile')],
      ],
      'on the first day everything is new': [
        [0, loggedIn],
        [hour, wants('offline_access')],
      ],
      'a client that is known': [
        ...([
          [0, loggedIn],
          [2 * day, wants('openid')],
        ] satisfies Step[]),
        [5 * day, newClient({ 'oauth.scope.granted': 'offline_access', 'user.hash': 'p1.bob' })],
      ],
      'the same user again': [
        ...([
          [0, loggedIn],
          [2 * day, wants('openid')],
          [2 * day + 60, wants('offline_access')],
        ] satisfies Step[]),
      ],
      'the fourth user': [
        [0, loggedIn],
        ...later(
          2 * day,
          each(3, 60, (n) =>
            newClient({ 'oauth.scope.granted': 'openid', 'user.hash': `p1.${n}` }),
          ),
        ),
        [2 * day + hour, wants('offline_access')],
      ],
      denied: [
        [0, loggedIn],
        [2 * day, { ...wants('offline_access'), 'audit.outcome': 'denied' }],
      ],
    },
  },
  {
    ...{ detector: 'baseline.illicit-consent', rule: '2115', words: /taken back 20 min after/ },
    fires: [
      [0, loggedIn],
      [2 * day, wants('openid')],
      [2 * day + 20 * minute, takenBack],
    ],
    silent: {
      'a day later': [
        [0, loggedIn],
        [2 * day, wants('openid')],
        [3 * day, takenBack],
      ],
      'by logging out': [
        ...([
          [0, loggedIn],
          [2 * day, wants('openid')],
        ] satisfies Step[]),
        [2 * day + 60, { ...takenBack, 'oauth.revocation.reason': 'logout' }],
      ],
    },
  },
  {
    ...{ detector: 'baseline.device-phishing', rule: '2016', words: /a program that no device/ },
    fires: [
      ...televisions,
      [70 * hour, confirmed('p1.v', home)],
      [70 * hour + 9, polled('p1.v', thief)],
    ],
    silent: {
      'a television at home': [
        ...televisions,
        [70 * hour, confirmed('p1.v', home)],
        [70 * hour + 9, polled('p1.v', television)],
      ],
      'a phone on the street, a television at home': [
        ...televisions,
        [70 * hour, served('oauth.login', { 'user.hash': 'p1.v', ...home })],
        [71 * hour, confirmed('p1.v', roaming)],
        [71 * hour + 9, polled('p1.v', television)],
      ],
      'a television in a hotel': [
        ...televisions,
        [71 * hour, confirmed('p1.v', roaming)],
        [71 * hour + 9, polled('p1.v', { ...television, 'client.address': '10.9.8.7' })],
      ],
    },
  },
  {
    ...{ detector: 'baseline.secret-touched', rule: '2019', words: /30 min after/ },
    fires: [...week, [afterWeek, touched], [afterWeek + 30 * minute, credentials(thief)]],
    silent: {
      'nobody touched it': [...week, [afterWeek, credentials(thief)]],
      'rotated, and used as before': [
        ...week,
        [afterWeek, touched],
        [afterWeek + 60, credentials({})],
      ],
      'rotated, with a new version': [
        ...week,
        [afterWeek, touched],
        [afterWeek + 60, credentials({ 'user_agent.original': 'deno' })],
      ],
      'days later': [...week, [afterWeek, touched], [afterWeek + 3 * day, credentials(thief)]],
      'a client that is new': [
        [0, credentials({})],
        [60, touched],
        [120, credentials(thief)],
      ],
    },
  },
  {
    ...{ detector: 'baseline.role-granted', rule: '2020', words: /^1 roles/ },
    fires: [...week, [afterWeek, credentials({ 'user.roles': 'admin' })]],
    silent: {
      'the roles that it has': each(9, 20 * hour, () => credentials({ 'user.roles': 'reader' })),
      'a scope that is no right': [
        ...week,
        [afterWeek, credentials({ 'oauth.scope.allowed': 'orders:read' })],
      ],
      'a user with a role': [
        ...week,
        [afterWeek, given('authorization_code', { ...alice, 'user.roles': 'admin' })],
      ],
      'on the first day': [
        ...each(8, 60, () => credentials({})),
        [hour, credentials({ 'user.roles': 'admin' })],
      ],
    },
  },
  {
    ...{ detector: 'baseline.mass-registration', rule: '2021', words: /^20 clients/ },
    fires: each(20, 30, () => registered('192.0.2.1')),
    silent: {
      nineteen: each(19, 30, () => registered('192.0.2.1')),
      'one a quarter of an hour': each(60, 900, () => registered('192.0.2.1')),
      refused: each(30, 30, () => ({ ...registered('192.0.2.1'), 'audit.outcome': 'failure' })),
    },
  },
  {
    ...{ detector: 'baseline.dormant-client', rule: '2025', words: /silent for 9 days/ },
    fires: [...rhythm, [44 * hour + 9 * day, letIn({ ...worker, 'http.route': '/users' })]],
    silent: {
      'what it always did': [...rhythm, [44 * hour + 9 * day, report]],
      'a weekend': [...rhythm, [44 * hour + 3 * day, letIn({ ...worker, 'http.route': '/users' })]],
      'a weekly job': [
        ...each(8, 7 * day, () => report),
        [8 * 7 * day, letIn({ ...worker, 'http.route': '/users' })],
      ],
      'something new, long after it woke': [
        ...rhythm,
        ...later(
          44 * hour + 9 * day,
          each(8, 4 * hour, () => report),
        ),
        [44 * hour + 11 * day, letIn({ ...worker, 'http.route': '/users' })],
      ],
    },
  },
  {
    ...{ detector: 'baseline.stolen-sessions', rule: '2026' },
    fires: [
      [0, shown(home)],
      [hour, shown(thief)],
    ],
    silent: {
      'a phone that roams': [
        [0, shown(home)],
        [60, shown(roaming)],
        [120, shown(home)],
      ],
      'a browser that updates': [
        [0, shown(home)],
        [60, shown(updated)],
      ],
      'its client at the token endpoint': [
        [0, shown(home)],
        [60, given('authorization_code', { 'session.id': 'p1.session', ...thief })],
      ],
    },
  },
  {
    ...{ detector: 'baseline.bulk-data', rule: '2027', words: /^60× its usual volume in an hour$/ },
    fires: [...smallDays, [48 * hour, bytes(alice, 6_000_000)]],
    silent: {
      'a larger page': [...smallDays, [48 * hour, bytes(alice, 1_900_000)]],
      'much, and as every night': each(6, day, () => bytes(worker, 50_000_000)),
      'on the first day': [
        [0, bytes(alice, 10)],
        [hour, bytes(alice, 60_000_000)],
      ],
    },
  },
  {
    ...{ detector: 'baseline.bulk-data', rule: '2027', words: /of anybody$/ },
    fires: [
      ...each(240, hour, (n) => bytes({ ...alice, 'audit.actor.id': `p1.${n % 10}` }, 1_000)),
      [240 * hour, bytes({ ...alice, 'audit.actor.id': 'p1.new' }, 6_000_000)],
    ],
    silent: {
      'a client without a past, of which there is no usual': [
        ...each(240, hour, (n) => bytes({ ...alice, 'audit.actor.id': `p1.${n % 10}` }, 1_000)),
        [240 * hour, bytes({ ...worker, 'audit.actor.id': 'nightly' }, 60_000_000)],
      ],
    },
  },
  {
    ...{ detector: 'baseline.exhaustion', rule: '2030', words: /× its usual number of requests/ },
    fires: [
      ...each(30, hour, () => letIn(alice)),
      ...later(
        31 * hour,
        each(400, 1, () => letIn(alice)),
      ),
    ],
    silent: {
      'a busy hour': [
        ...each(30, hour, () => letIn(alice)),
        ...later(
          31 * hour,
          each(299, 1, () => letIn(alice)),
        ),
      ],
      'many at once, each as always': [
        ...each(30, hour, (n) => letIn({ ...alice, 'audit.actor.id': `p1.${n}` })),
        ...later(
          31 * hour,
          each(900, 1, (n) => letIn({ ...alice, 'audit.actor.id': `p1.${n}` })),
        ),
      ],
    },
  },
  {
    ...{ detector: 'baseline.exhaustion', rule: '2030', words: /time of work/ },
    fires: [
      ...each(30, hour, () => letIn({ ...alice, 'event.duration_ms': 20 })),
      ...later(
        31 * hour,
        each(8, 1, () => letIn({ ...alice, 'event.duration_ms': 9_000 })),
      ),
    ],
    silent: {
      'one slow answer': [
        ...each(30, hour, () => letIn({ ...alice, 'event.duration_ms': 20 })),
        [31 * hour, letIn({ ...alice, 'event.duration_ms': 30_000 })],
      ],
    },
  },
]
