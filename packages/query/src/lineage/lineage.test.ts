// Claims on stories of grants, told as records of three services: an authorization server, a client
// and an API, most of which nothing records yet.
import { describe, expect, test } from '@jest/globals'
import { LOGIN_LEAD_MS, MAX_LINEAGE_RECORDS } from '../limits.ts'
import { idOf, storyOf, type Telling } from '../../test/producer.ts'
import { type Lineage, lineageOf } from './lineage.ts'

const server = { 'oauth.role': 'authorization_server' }
const grant = { ...server, 'oauth.grant.id_hash': 'p1.grant', 'oauth.client.id': 'web' }
const who = { 'user.hash': 'p1.ada', 'session.id': 'p1.session' }

/** A whole life: log-in, consent, code, use at two APIs, refresh, revocation, use after it. */
const life: readonly Telling[] = [
  { at: 0, action: 'oauth.login', attributes: { ...server, ...who } },
  { at: 1, action: 'oauth.authorize', attributes: { ...grant, ...who } },
  {
    ...{ at: 2, action: 'oauth.token', traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
    attributes: {
      ...grant,
      'oauth.grant.type': 'authorization_code',
      'oauth.token.hash': 't1.access1',
      'oauth.refresh.token_hash': 't1.refresh1',
    },
  },
  {
    // The same exchange as the client saw it, whose clock is behind.
    ...{ at: 1.9, action: 'oauth.token', service: 'shop', traceId: 'a'.repeat(32) },
    attributes: { 'oauth.role': 'client', 'oauth.token.hash': 't1.access1' },
  },
  {
    ...{ at: 3, action: 'oauth.resource_access', service: 'orders' },
    // Two hashes, while the key is rotated.
    attributes: { 'oauth.token.hash': 't0.other t1.access1', 'http.route': '/orders' },
  },
  {
    ...{ at: 4, action: 'oauth.token' },
    attributes: {
      ...grant,
      'oauth.grant.type': 'refresh_token',
      'oauth.refresh.presented_hash': 't1.refresh1',
      'oauth.token.hash': 't1.access2',
      'oauth.refresh.token_hash': 't1.refresh2',
    },
  },
  {
    ...{ at: 5, action: 'oauth.revoke' },
    attributes: { ...server, 'oauth.token.hash': 't1.refresh2', 'oauth.revocation.cascade': true },
  },
  {
    ...{ at: 6, action: 'oauth.revoke' },
    attributes: { ...server, 'oauth.token.hash': 't1.access2' },
  },
  {
    ...{ at: 7, action: 'oauth.resource_access', service: 'orders' },
    attributes: { 'oauth.token.hash': 't1.access2' },
  },
  {
    ...{ at: 8, action: 'oauth.resource_access', service: 'orders', outcome: 'failure' },
    attributes: { 'oauth.token.hash': 't1.access2' },
  },
  { at: 9, action: 'oauth.end_session', attributes: { ...server, ...who } },
  // Of others: another grant of the same session, another user, another client.
  {
    ...{ at: 3, action: 'oauth.token' },
    attributes: {
      ...server,
      'oauth.grant.id_hash': 'p1.other',
      'oauth.token.hash': 't1.x',
      ...who,
    },
  },
  { at: 3, action: 'oauth.login', attributes: { ...server, 'user.hash': 'p1.eve' } },
]

/** In a browser, which carries no trace on: the session is made after the log-in. */
const browsed = (at: number, client: string): readonly Telling[] => [
  {
    ...{ at, action: 'oauth.login' },
    attributes: { ...server, 'user.hash': 'p1.ada', 'oauth.client.id': client },
  },
  { at: LOGIN_LEAD_MS / 1000, action: 'oauth.authorize', attributes: { ...grant, ...who } },
]

async function lineage(tellings: readonly Telling[], target: string): Promise<Lineage> {
  return lineageOf({ records: storyOf(tellings), target })
}

const edgesIn = ({ edges }: Lineage): string[] =>
  edges.map(({ from, kind, to }) => `${from} ${kind} ${to}`)
const flagsIn = ({ nodes }: Lineage): unknown =>
  Object.fromEntries(nodes.filter(({ flags }) => flags.length > 0).map((n) => [n.index, n.flags]))
const indexesIn = ({ nodes }: Lineage): number[] => nodes.map(({ index }) => index)

describe('a whole life', () => {
  test.each([
    ['its index', '3'],
    ['its record id', idOf(1)],
    ['its grant', 'p1.grant'],
    ['an access token', 't1.access2'],
    ['a refresh token', 't1.refresh1'],
    ['the old hash of a token', 't0.other'],
  ])('is found by %s', async (_, target) => {
    expect(indexesIn(await lineage(life, target))).toEqual([1, 2, 4, 3, 5, 6, 7, 8, 9, 10, 11])
  })

  test('begins with its log-in, which had no session yet', async () => {
    expect(edgesIn(await lineage(browsed(0, 'web'), 'p1.grant'))).toEqual(['1 same-user 2'])
    expect(indexesIn(await lineage(browsed(-1, 'web'), 'p1.grant'))).toEqual([2])
    expect(indexesIn(await lineage(browsed(0, 'phone'), 'p1.grant'))).toEqual([2])
    // Another one before was for something else.
    const twice = [...browsed(1, 'web').slice(0, 1), ...browsed(0, 'web')]
    expect(indexesIn(await lineage(twice, 'p1.grant'))).toEqual([1, 3])
  })

  test('is a graph of what followed from what', async () => {
    expect(edgesIn(await lineage(life, 'p1.grant'))).toEqual([
      '1 same-session 2',
      '3 same-flow 4',
      '2 issued 3',
      '3 used 5',
      '3 refreshed 6',
      '6 revoked 7',
      '6 revoked 8',
      '6 used 9',
      '6 used 10',
      '1 same-session 11',
    ])
  })

  test('has its uses after revocation flagged, accepted or not', async () => {
    expect(flagsIn(await lineage(life, 'p1.grant'))).toEqual({
      9: ['use-after-revocation'],
      10: ['refused-after-revocation'],
    })
  })

  test('tells what, when, who, how it ended and why, and users only when asked', async () => {
    const told = { ...life[9]!, attributes: { 'oauth.error.reason': 'token_revoked' } }
    const attributes = { ...told.attributes, 'user.id': 'ada', 'client.address': '203.0.113.7' }
    const records = storyOf([{ ...told, attributes }])
    const { nodes } = await lineageOf({ records, target: '1' })
    expect(nodes).toEqual([
      expect.objectContaining({
        at: '2026-11-23T20:50:08.000000Z',
        ...{ id: idOf(0), service: 'orders', action: 'oauth.resource_access' },
        ...{ outcome: 'failure', reason: 'token_revoked' },
      }),
    ])
    expect(JSON.stringify(nodes)).not.toMatch(/"ada"|203\.0/)
    const shown = await lineageOf({ records, target: '1', showPersonal: true })
    expect(shown.nodes[0]).toMatchObject({ user: 'ada', address: '203.0.113.7' })
  })
})

test('a session leads to all of its grants, and a log-in to its session', async () => {
  const whole = [1, 2, 4, 3, 5, 12, 6, 7, 8, 9, 10, 11]
  for (const target of ['p1.session', '1', idOf(10)]) {
    expect(indexesIn(await lineage(life, target))).toEqual(whole)
  }
})

const issued = (at: number, token: string, more: object = {}): Telling => ({
  ...{ at, action: 'oauth.token' },
  attributes: { ...grant, 'oauth.token.hash': `t1.a${token}`, ...more },
})

test('reuse of a refresh token is an edge to where it came from, and ends the grant', async () => {
  const story: Telling[] = [
    issued(0, '1', { 'oauth.refresh.token_hash': 't1.r1' }),
    issued(1, '2', {
      'oauth.refresh.presented_hash': 't1.r1',
      'oauth.refresh.token_hash': 't1.r2',
    }),
    {
      ...{ at: 2, action: 'oauth.token', outcome: 'failure' },
      attributes: {
        ...grant,
        'oauth.refresh.presented_hash': 't1.r1',
        'oauth.refresh.reuse_detected': true,
        'oauth.revocation.reason': 'reuse',
        'oauth.revocation.cascade': true,
      },
    },
    { at: 3, action: 'oauth.userinfo', attributes: { 'oauth.token.hash': 't1.a2' } },
  ]
  const found = await lineage(story, '4')
  expect(edgesIn(found)).toEqual(['1 refreshed 2', '1 reuse 3', '2 used 4', '3 revoked 2'])
  expect(flagsIn(found)).toEqual({ 3: ['refresh-reuse'], 4: ['use-after-revocation'] })
})

test('a replayed code is an edge from the exchange', async () => {
  const story: Telling[] = [
    { at: 0, action: 'oauth.authorize', attributes: grant },
    issued(1, '1'),
    {
      ...{ at: 2, action: 'oauth.token', outcome: 'failure' },
      attributes: { ...grant, 'oauth.error.reason': 'code_replayed' },
    },
  ]
  const found = await lineage(story, 't1.a1')
  expect(edgesIn(found)).toEqual(['1 issued 2', '2 replayed 3'])
  expect(flagsIn(found)).toEqual({ 3: ['code-replay'] })
})

test('an introspection after revocation is wrong only when it says active', async () => {
  const ask = (at: number, active: boolean): Telling => ({
    ...{ at, action: 'oauth.introspect' },
    attributes: { 'oauth.token.hash': 't1.a1', 'oauth.token.active': active },
  })
  const revoke = { at: 2, action: 'oauth.revoke', attributes: { 'oauth.token.hash': 't1.a1' } }
  const story = [issued(0, '1'), ask(1, true), revoke, ask(3, false), ask(4, true)]
  expect(flagsIn(await lineage(story, '1'))).toEqual({ 5: ['use-after-revocation'] })
})

test.each([
  ['a revocation of the grant', 'oauth.revoke', {}, ['use-after-revocation']],
  [
    'consent withdrawn',
    'oauth.consent',
    { 'oauth.consent.result': 'revoked' },
    ['use-after-revocation'],
  ],
  [
    'a log-out',
    'oauth.end_session',
    { 'oauth.revocation.reason': 'logout' },
    ['use-after-revocation'],
  ],
  ['cleaning up', 'oauth.end_session', { 'oauth.revocation.reason': 'expired' }, undefined],
] as const)('after %s a token that is used is flagged: %s %j', async (_, action, more, flags) => {
  const use = { at: 2, action: 'oauth.userinfo', attributes: { 'oauth.token.hash': 't1.a1' } }
  const story = [issued(0, '1'), { at: 1, action, attributes: { ...grant, ...more } }, use]
  expect((await lineage(story, '1')).nodes.at(-1)!.flags).toEqual(flags ?? [])
})

test('by the user alone only records come that lie within the time of the grant', async () => {
  const user = { 'user.hash': 'p1.ada' }
  const failed = (at: number, client = 'web'): Telling => ({
    ...{ at, action: 'oauth.login', outcome: 'failure' },
    attributes: { ...user, 'oauth.client.id': client },
  })
  const [first, last] = [issued(1, '1', user), issued(3, '2', user)]
  const story = [failed(0), first, failed(2), failed(2, 'other'), last, failed(4)]
  const found = await lineage(story, 'p1.grant')
  expect(indexesIn(found)).toEqual([2, 3, 5])
  expect(edgesIn(found)).toContain('2 same-user 3')
})

test('a token exchanged for another joins the two', async () => {
  const exchange = issued(1, '2', {
    'oauth.grant.id_hash': 'p1.second',
    'oauth.token_exchange.subject_token_hash': 't1.a1',
  })
  const found = await lineage([issued(0, '1'), exchange], 'p1.second')
  expect(edgesIn(found)).toEqual(['1 used 2'])
})

test('records that lead to each other in a circle still make a tree', async () => {
  const turn = (at: number, presented: string, given: string): Telling =>
    issued(at, given, {
      'oauth.refresh.presented_hash': `t1.${presented}`,
      'oauth.refresh.token_hash': `t1.${given}`,
    })
  const found = await lineage([turn(0, 'y', 'x'), turn(1, 'x', 'y')], '1')
  expect(edgesIn(found)).toEqual(['2 refreshed 1'])
})

test('what is not there is an error that does not repeat what was asked', async () => {
  const found = lineage(life, 'a-raw-token')
  await expect(found).rejects.toMatchObject({ code: 'LINEAGE_NOT_FOUND' })
  await expect(found).rejects.not.toThrow('a-raw-token')
})

test('a grant of more records than can be shown is cut, and says so', async () => {
  const uses = (count: number): Telling[] =>
    Array.from({ length: count }, (_, at) => ({
      ...{ at, action: 'oauth.userinfo' },
      attributes: { 'oauth.token.hash': 't1.a1' },
    }))
  const most = await lineage(uses(MAX_LINEAGE_RECORDS), 't1.a1')
  expect(most).toMatchObject({ cut: false })
  const more = await lineage(uses(MAX_LINEAGE_RECORDS + 1), '1')
  expect(more).toMatchObject({ cut: true })
  expect(more.nodes).toHaveLength(MAX_LINEAGE_RECORDS)
})
