// What became of tokens and sessions, and what each scope was used for.
import { expect, test } from '@jest/globals'
import { recordsOf, type Telling } from '../../test/producer.ts'
import { unitFrom } from '../../test/random.ts'
import { fingerprintOf } from '../columns/fingerprint.ts'
import { RecordIndex } from '../columns/record-index.ts'
import { memoryStore } from '../columns/store.ts'
import { everything } from '../language/query.ts'
import { parseQuery } from '../language/parse.ts'
import { lineageOf } from '../lineage/lineage.ts'
import { prepare } from '../search/matcher.ts'
import { scopesBy } from './scopes.ts'
import { sessionsIn } from './sessions.ts'
import { type TokenLife, tokensIn } from './tokens.ts'

/** Unix milliseconds of second 0. */
const zero = 1_795_467_000_000

async function sourceOf(tellings: readonly Telling[]) {
  const records = await recordsOf(tellings)
  const index = new RecordIndex(memoryStore())
  for (const [frame, record] of records.entries()) index.add(frame, [record])
  const record = ({ frame }: { frame: number }) => Promise.resolve(records[frame] ?? null)
  return { index, records: { record } }
}

const issue = (name: string, more: Telling['attributes'] = {}): Telling => ({
  ...{ at: 0, action: 'oauth.token' },
  attributes: {
    ...{ 'oauth.role': 'authorization_server', 'oauth.client.id': 'web' },
    ...{ 'oauth.token.hash': `t1.${name}`, 'oauth.token.issued': 'access_token' },
    ...{ 'oauth.grant.id_hash': `p1.${name}`, 'oauth.token.expires_in': 100n },
    ...{ 'oauth.scope.granted': 'orders:read orders:write', 'session.id': 'p1.session' },
    ...more,
  },
})
const use = (name: string, outcome = 'success'): Telling => ({
  ...{ at: 1, action: 'oauth.resource_access', service: 'orders', outcome },
  attributes: {
    ...{ 'oauth.role': 'resource_server', 'oauth.token.hash': `t1.${name}` },
    ...(outcome === 'success'
      ? { 'oauth.scope.required': 'orders:read' }
      : { 'oauth.scope.required': 'orders:write', 'oauth.scope.missing': 'orders:write' }),
    ...{ 'oauth.client.id': 'web', 'session.id': 'p1.session' },
  },
})
const revoke = (name: string): Telling => ({
  ...{ at: 2, action: 'oauth.revoke' },
  attributes: { 'oauth.token.hash': `t1.${name}`, 'oauth.role': 'authorization_server' },
})
const reuse = (name: string): Telling => ({
  ...{ at: 3, action: 'oauth.token', outcome: 'failure' },
  attributes: { 'oauth.grant.id_hash': `p1.${name}`, 'oauth.error.reason': 'refresh_reused' },
})

const story = [
  issue('alive'),
  issue('revoked'),
  issue('short', { 'oauth.token.expires_in': 1n }),
  issue('stolen', { 'oauth.client.id': 'other', 'user.roles': 'admin guest' }),
  use('alive'),
  use('alive', 'denied'),
  use('revoked'),
  revoke('revoked'),
  reuse('stolen'),
]

async function tokens(query = everything, seconds = 50): Promise<Map<string, TokenLife>> {
  const found = await tokensIn(await sourceOf(story), query, zero + seconds * 1_000)
  return new Map(found.tokens.map((one) => [one.hash, one]))
}

test('tokens live until they expire or are revoked', async () => {
  const states = async (seconds: number) =>
    Array.from((await tokens(everything, seconds)).values(), ({ hash, state }) => [hash, state])
  expect(await states(50)).toEqual([
    ['t1.stolen', 'alive'],
    ['t1.short', 'expired'],
    ['t1.revoked', 'revoked'],
    ['t1.alive', 'alive'],
  ])
  expect((await states(101)).map(([, state]) => state)).toEqual([
    ...['expired', 'expired', 'revoked', 'expired'],
  ])
})

test('why one was revoked, and that a newer one has taken its place', async () => {
  const logout: Telling = {
    ...{ at: 9, action: 'oauth.end_session' },
    attributes: { 'oauth.grant.id_hash': 'p1.first', 'oauth.revocation.reason': 'logout' },
  }
  const later = { 'oauth.grant.id_hash': 'p1.first', 'oauth.revocation.reason': 'admin' }
  const source = await sourceOf([
    issue('first', { 'oauth.refresh.token_hash': 't1.r1' }),
    issue('second', {
      ...{ 'oauth.grant.id_hash': 'p1.first', 'oauth.refresh.presented_hash': 't1.r1' },
    }),
    ...[issue('other'), revoke('other'), logout],
    { ...logout, at: 10, attributes: later },
  ])
  const { tokens: found } = await tokensIn(source, everything, zero + 50_000)
  expect(found.map(({ hash, replaced, revocation }) => [hash, revocation, replaced])).toEqual([
    ['t1.other', '', false],
    ['t1.second', 'logout', false],
    ['t1.first', 'logout', true],
  ])
})

test('their uses, and the scopes that these needed', async () => {
  const found = await tokens()
  expect(found.get('t1.alive')).toMatchObject({
    ...{ uses: 2, usedScopes: 'orders:read', idleScopes: 'orders:write', reused: false },
    ...{ client: 'web', lastUsedAt: zero, expiresAt: zero + 100_000, index: 1 },
  })
  expect(found.get('t1.short')).toMatchObject({
    ...{ uses: 0, lastUsedAt: null, usedScopes: '', idleScopes: 'orders:read orders:write' },
  })
  expect(found.get('t1.stolen')?.reused).toBe(true)
  expect([...(await tokens(parseQuery('client:other'))).keys()]).toEqual(['t1.stolen'])
})

test('a use that was let in after the expiry is told', async () => {
  const records = [issue('late', { 'oauth.token.expires_in': 1n }), use('late')]
  const source = await sourceOf(records)
  // Both were received at second 0: an issuer that says that it was over by then.
  const ended = await sourceOf([issue('late', { 'oauth.token.expires_at': 1n }), use('late')])
  const usesIn = async (of: typeof source) =>
    (await tokensIn(of, everything, zero)).tokens.map(({ usesAfterExpiry }) => usesAfterExpiry)
  expect([await usesIn(source), await usesIn(ended)]).toEqual([[0], [1]])
})

test('a use of what had been revoked is told by when it began, not when it came', async () => {
  const over = { 'oauth.token.expires_at': 1n }
  const tellings = [
    ...[issue('before'), use('before'), revoke('before')].map((one, n) => {
      // All are received at second 0: long after both.
      return { ...one, at: 10 * n - 40 }
    }),
    ...[issue('at'), revoke('at'), { ...use('at'), at: 3 }, { ...use('at', 'denied'), at: 3 }],
    ...[issue('both', over), revoke('both'), use('both'), { ...use('both'), at: 4 }],
  ]
  const now = zero + 50_000
  const { tokens: found } = await tokensIn(await sourceOf(tellings), everything, now)
  const told = found.map((one) => [one.hash, one.usesAfterRevocation, one.usesAfterExpiry])
  const expected = [
    ['t1.at', 1, 0],
    ['t1.before', 0, 0],
    ['t1.both', 1, 1],
  ]
  expect(new Set(told)).toEqual(new Set(expected))
  const all = await recordsOf(tellings)
  const records = async function* (): AsyncGenerator<(typeof all)[number]> {
    yield* all
  }
  for (const [hash, revoked, expired] of told) {
    const { nodes } = await lineageOf({ records, target: String(hash), now })
    const flags = nodes.flatMap((node) => node.flags)
    const of = (wanted: string): number => flags.filter((flag) => flag === wanted).length
    expect([of('use-after-revocation'), of('use-after-expiry')]).toEqual([revoked, expired])
  }
})

test('a session is open until somebody logs out', async () => {
  const logout: Telling = {
    ...{ at: 9, action: 'oauth.end_session' },
    attributes: { 'session.id': 'p1.session' },
  }
  const [open] = (await sessionsIn(await sourceOf(story), everything, zero)).sessions
  expect(open).toMatchObject({ hash: 'p1.session', state: 'open', records: 7, refused: 1 })
  expect(open?.clients.toSorted()).toEqual(['other', 'web'])
  const ended = await sessionsIn(await sourceOf([...story, logout]), everything, zero)
  expect(ended.sessions[0]?.state).toBe('ended')
})

const inSession = (session: string, action: string, more: Partial<Telling> = {}): Telling => ({
  ...{ at: 0, action, ...more },
  attributes: { 'session.id': `p1.${session}`, 'oauth.client.id': 'web', ...more.attributes },
})
const alice = { attributes: { 'user.hash': 'p1.alice' } }

test.each<readonly [string, string, readonly Telling[]]>([
  ['an authorization request alone', 'never-logged-in', [inSession('s', 'oauth.authorize')]],
  [
    'a log-in that failed, though somebody was named',
    'never-logged-in',
    [
      inSession('s', 'oauth.authorize', { outcome: 'challenge' }),
      inSession('s', 'oauth.login', { outcome: 'failure', ...alice }),
    ],
  ],
  [
    'a log-in',
    'open',
    [
      inSession('s', 'oauth.authorize'),
      inSession('s', 'oauth.login', { outcome: 'failure' }),
      inSession('s', 'oauth.login'),
    ],
  ],
  ['a user known from before', 'open', [inSession('s', 'oauth.authorize', alice)]],
  ['what only follows a log-in', 'open', [inSession('s', 'oauth.token')]],
  ['a log-out', 'ended', [inSession('s', 'oauth.login'), inSession('s', 'oauth.end_session')]],
  [
    'a log-out that was refused',
    'never-logged-in',
    [inSession('s', 'oauth.authorize'), inSession('s', 'oauth.end_session', { outcome: 'denied' })],
  ],
])('a session with %s is %s', async (_, state, records) => {
  const { sessions } = await sessionsIn(await sourceOf(records), everything, zero)
  expect(sessions.map((one) => one.state)).toEqual([state])
})

test('of many sessions each is what a look at its records says', async () => {
  const actions = ['oauth.authorize', 'oauth.login', 'oauth.end_session', 'oauth.token'] as const
  const outcomes = ['success', 'failure', 'denied'] as const
  const random = unitFrom(7)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const records = Array.from({ length: 400 }, () =>
    inSession(`s${Math.floor(random() * 150)}`, pick(actions.slice(0, pick([1, 2, 4]))), {
      ...{ outcome: pick(outcomes), ...(random() < 0.1 ? alice : {}) },
    }),
  )
  const told = Map.groupBy(records, ({ attributes }) => String(attributes?.['session.id']))
  const expected = Array.from(told, ([hash, own]): [string, string, number] => {
    const has = (action: string): boolean =>
      own.some((one) => one.action === action && one.outcome === 'success')
    const isNamed = own.some(
      (one) => one.action !== 'oauth.login' && one.attributes?.['user.hash'] !== undefined,
    )
    const isIn = isNamed || has('oauth.login') || own.some((one) => one.action === 'oauth.token')
    const state = has('oauth.end_session') ? 'ended' : isIn ? 'open' : 'never-logged-in'
    return [hash, state, own.filter(({ outcome }) => outcome !== 'success').length]
  })
  const { sessions } = await sessionsIn(await sourceOf(records), everything, zero)
  const found = sessions.map(({ hash, refused, state }) => [hash, state, refused])
  expect(new Set(found)).toEqual(new Set(expected))
  expect(new Set(sessions.map(({ state }) => state)).size).toBe(3)
})

test('scopes by client and by role of users', async () => {
  const { index } = await sourceOf(story)
  const all = prepare(everything, index, zero)
  const byClient = await scopesBy(index, all, 'client')
  expect(byClient.rows.map(({ name, records, refused }) => [name, records, refused])).toEqual([
    ['web', 6, 1],
    ['other', 1, 0],
  ])
  const failed = await sourceOf([
    ...story,
    { ...use('alive'), outcome: 'failure' },
    reuse('stolen'),
  ])
  const [web] = (await scopesBy(failed.index, prepare(everything, failed.index, zero), 'client'))
    .rows
  expect([web?.name, web?.records, web?.refused]).toEqual(['web', 7, 2])
  const none = { allowed: 0, requested: 0 }
  expect(byClient.rows[0]?.scopes).toEqual([
    { ...none, scope: 'orders:read', granted: 3, used: 2, missing: 0, findings: [] },
    {
      ...none,
      scope: 'orders:write',
      granted: 3,
      used: 0,
      missing: 1,
      findings: ['short', 'idle'],
    },
  ])
  const byRole = await scopesBy(index, all, 'role')
  expect(byRole.rows.map(({ name }) => name)).toEqual(['admin', 'guest'])
})

test('what is wrong with a scope is found, and nothing else', async () => {
  const asked = issue('asked', {
    'oauth.scope.allowed': 'orders:read',
    'oauth.scope.requested': 'orders:read admin',
    'oauth.scope.granted': 'orders:read openid',
  })
  const { index } = await sourceOf([
    asked,
    use('asked'),
    {
      ...use('asked'),
      attributes: { 'oauth.client.id': 'web', 'oauth.scope.required': 'payroll' },
    },
  ])
  const { rows } = await scopesBy(index, prepare(everything, index, zero), 'client')
  expect(rows[0]?.scopes.map(({ findings, scope }) => [scope, ...findings])).toEqual([
    ['admin', 'unallowed'],
    ['openid'],
    ['orders:read'],
    ['payroll', 'beyond'],
  ])
})

test('tokens of somebody else are not those of whoever shares 32 bits of a hash', async () => {
  const [asked, other] = ['user449599', 'user612382']
  expect(fingerprintOf(asked)).toBe(fingerprintOf(other))
  const source = await sourceOf([
    issue('hers', { 'user.id': asked }),
    issue('his', { 'user.id': other }),
  ])
  const found = await tokensIn(source, parseQuery(`user:${asked}`), zero + 1_000)
  expect(found.tokens.map(({ hash }) => hash)).toEqual(['t1.hers'])
})
