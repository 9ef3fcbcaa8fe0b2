// Claims on a life that four processes recorded (test/processes.ts): each request is there once
// from each side, what a token was used for hangs under what handed it out, and its end is told,
// also when nobody recorded it.
import { describe, expect, test } from '@jest/globals'
import { life, others } from '../../test/processes.ts'
import { storyOf, type Telling } from '../../test/producer.ts'
import { EXPIRY_LEEWAY_MS, MAX_CLOCK_SKEW_MS } from '../limits.ts'
import { type Lineage, lineageOf } from './lineage.ts'
import { mermaidOf } from './mermaid.ts'
import type { LineageNode } from './node.ts'
import { textOf } from './text.ts'

const start = 1_795_467_000_000
const at = (seconds: number): number => start + seconds * 1_000
const story = [...life, ...others]

function lineage(
  tellings: readonly Telling[],
  target: string,
  now: number = at(100),
): Promise<Lineage> {
  return lineageOf({ records: storyOf(tellings), target, now })
}

const edgesIn = ({ edges }: Lineage): string[] =>
  edges.map(({ from, kind, to }) => `${from} ${kind} ${to}`)
const nodeAt = ({ nodes }: Lineage, index: number): LineageNode =>
  nodes.find((node) => node.index === index)!
const count = life.length

test('a grant is found from each process, whole and without the others', async () => {
  const whole = life.map((_, position) => position + 1)
  for (const target of ['p1.grant', 't1.access2', 't1.refresh1', '5', '9', '10', '18']) {
    const { nodes } = await lineage(story, target)
    expect(nodes.map(({ index }) => index).toSorted((a, b) => a - b)).toEqual(whole)
  }
})

test('a session is all of its grants, with what began and ended them', async () => {
  for (const target of ['p1.session', '1', '2', String(count - 1)]) {
    const { nodes } = await lineage(story, target)
    expect(nodes).toHaveLength(count + 3)
    expect(nodes.map(({ client }) => client)).not.toContain('batch')
  }
})

test('what a machine was handed out is a life of its own', async () => {
  const { nodes } = await lineage(story, 't1.machine')
  expect(nodes.map(({ action, service }) => `${service} ${action}`)).toEqual([
    'batch oauth.token',
    'login oauth.token',
    'orders oauth.resource_access',
  ])
})

test('each record follows from what led to it', async () => {
  expect(edgesIn(await lineage(story, 'p1.grant'))).toEqual([
    ...['1 same-session 2', '1 same-session 3', '3 same-flow 4'],
    ...['6 same-flow 5', '4 issued 6', '8 same-flow 7', '6 used 8', '6 used 9'],
    ...['11 same-flow 10', '6 introspected 11', '6 used 12', '6 used 13', '6 used 14'],
    ...['16 same-flow 15', '6 refreshed 16', '16 used 17', '19 same-flow 18', '6 reuse 19'],
    ...['21 same-flow 20', '16 revoked 21', '16 used 22', '1 same-session 23', '16 used 24'],
    '23 revoked 16',
  ])
})

test('the sender’s record of a request names the server’s, and only that is flagged', async () => {
  const found = await lineage(story, 'p1.grant')
  const twins = found.nodes.filter(({ twinOf }) => twinOf !== null)
  expect(twins.map(({ index, twinOf }) => [index, twinOf])).toEqual([
    ...[[5, 6], [7, 8], [10, 11], [15, 16], [18, 19], [20, 21]], // prettier-ignore
  ])
  const flagged = found.nodes.filter(({ flags }) => flags.length > 0)
  expect(flagged.map(({ flags, index }) => [index, ...flags])).toEqual([
    [13, 'use-after-expiry'],
    [14, 'refused-after-expiry'],
    [19, 'refresh-reuse'],
    [22, 'refused-after-revocation'],
    [24, 'use-after-revocation'],
  ])
})

test('the end of a token is told where it was handed out, not by who asked for it', async () => {
  const lines = textOf(await lineage(story, 'p1.grant'), 80).map(({ text }) => text)
  const line = (index: number): string => lines.find((text) => text.endsWith(` #${index}`))!
  expect(line(6)).toMatch(/ issued: authorization_code → expired 20:51:04 {3,}login #6$/)
  expect(line(5)).toMatch(/ same-flow: token authorization_code {3,}shop #5$/)
  expect(line(21)).toMatch(/ revoked: \(client_request\) {3,}login #21$/)
  const chart = mermaidOf(await lineage(story, 'p1.grant')).split('\n')
  expect(chart.find((text) => text.startsWith('  n6['))).toContain('expired')
  expect(chart.find((text) => text.startsWith('  n5['))).not.toContain('expired')
})

test('an authorization that never ended is of its session, one that did of its grant', async () => {
  const open = { ...others[0]!, at: 90 }
  const { nodes } = await lineage([...story, open], 'p1.grant')
  expect(nodes.map(({ index }) => index)).toContain(story.length + 1)
  expect(nodes.map(({ index }) => index)).not.toContain(count + 1)
})

test('a refusal that two processes saw is one', async () => {
  const refused = { outcome: 'failure' }
  const token = { 'oauth.token.hash': 't1.access2' }
  const pair = (['shop', 'login'] as const).map((service, at): Telling => ({
    ...{ at: 76, action: 'oauth.userinfo', service, lasts: 0.02, ...refused },
    attributes: { ...token, 'oauth.role': at === 0 ? 'client' : 'authorization_server' },
  }))
  const { nodes } = await lineage([...life, ...pair], 'p1.grant')
  const told = nodes.filter(({ index }) => index > count)
  expect(told.map(({ flags, service }) => [service, ...flags])).toEqual([
    ['shop'],
    ['login', 'refused-after-revocation'],
  ])
})

test('of a revocation that two processes saw the server’s clock counts', async () => {
  // The client's clock is behind: by it the token was revoked before this use.
  const use: Telling = { ...life[21]!, at: 73.99, outcome: 'success' }
  const found = await lineage([...life, use], 'p1.grant')
  expect(nodeAt(found, count + 1).flags).toEqual([])
})

test('a record without any hash leads to what its trace is about', async () => {
  const failed: Telling = {
    ...life[17]!,
    attributes: { 'oauth.role': 'client', 'oauth.client.id': 'web' },
  }
  const told = life.with(17, failed)
  const found = await lineage(told, '18')
  expect(found.nodes).toHaveLength(count)
  expect(nodeAt(found, 18).twinOf).toBe(19)
})

describe('natural expiry', () => {
  const token = {
    'oauth.role': 'authorization_server',
    'oauth.token.hash': 't1.a',
    'oauth.token.expires_in': 60n,
  }
  const issued: Telling = { at: 0, lasts: 1, action: 'oauth.token', attributes: token }
  const use = (seconds: number, more: Partial<Telling> = {}): Telling => ({
    ...{ at: seconds, action: 'oauth.resource_access', service: 'orders' },
    ...more,
    attributes: {
      'oauth.role': 'resource_server',
      'oauth.token.hash': 't1.a',
      ...more.attributes,
    },
  })
  const flagsOf = async (...tellings: Telling[]): Promise<readonly string[]> =>
    (await lineage([issued, ...tellings], 't1.a')).nodes.at(-1)!.flags

  test('counts from the end of the record that handed the token out', async () => {
    const found = await lineage([issued, use(2)], 't1.a', at(61) - 1)
    expect(nodeAt(found, 1)).toMatchObject({
      ...{ expiresAt: '2026-11-23T20:51:01.000000Z', revokedAt: '', expired: false },
    })
    expect(nodeAt(found, 2)).toMatchObject({ expiresAt: '', revokedAt: '', expired: false })
    expect(textOf(found, 80)[2]!.text).toContain('token → expires 20:51:01')
    expect(mermaidOf(found)).toContain('expires 2026-11-23T20:51:01')
  })

  test('is past when its time has come', async () => {
    const found = await lineage([issued], 't1.a', at(61))
    expect(nodeAt(found, 1).expired).toBe(true)
    expect(textOf(found, 80)[2]!.text).toContain('token → expired 20:51:01')
    expect(mermaidOf(found)).toContain('expired 2026-11-23T20:51:01')
  })

  test('is none when the token was revoked before', async () => {
    const revoke = (seconds: number): Telling => ({ ...use(seconds), action: 'oauth.revoke' })
    const before = await lineage([issued, revoke(30)], 't1.a')
    expect(nodeAt(before, 1)).toMatchObject({
      ...{ expiresAt: '2026-11-23T20:51:01.000000Z', expired: false },
      revokedAt: '2026-11-23T20:50:30.000001Z',
    })
    expect(textOf(before, 80)[2]!.text).toContain('→ revoked 20:50:30')
    expect(mermaidOf(before)).toContain('revoked 2026-11-23T20:50:30')
    const after = await lineage([issued, revoke(70)], 't1.a')
    expect(nodeAt(after, 1)).toMatchObject({ expired: true })
    expect(textOf(after, 80)[2]!.text).toContain('→ expired 20:51:01')
  })

  test('is as its issuer said, else as somebody read it who let the token in', async () => {
    const said = { ...token, 'oauth.token.expires_at': 1_795_467_010n }
    const [own] = (await lineage([{ ...issued, attributes: said }], 't1.a')).nodes
    expect(own!.expiresAt).toBe('2026-11-23T20:50:10.000000Z')
    const unknown = { 'oauth.role': 'authorization_server', 'oauth.token.hash': 't1.a' }
    const without: Telling = { ...issued, attributes: unknown }
    const read = { attributes: { 'oauth.token.expires_at': 1_795_467_020n } }
    const [first] = (await lineage([without, use(2, read)], 't1.a')).nodes
    expect(first!.expiresAt).toBe('2026-11-23T20:50:20.000000Z')
    const [none] = (await lineage([without, use(2, { ...read, outcome: 'denied' })], 't1.a')).nodes
    expect(none!.expiresAt).toBe('')
  })

  test('a use after it is flagged when clocks cannot explain it', async () => {
    const leeway = EXPIRY_LEEWAY_MS / 1_000
    expect(await flagsOf(use(61 + leeway - 0.001))).toEqual([])
    expect(await flagsOf(use(61 + leeway))).toEqual(['use-after-expiry'])
    const denied = { outcome: 'denied' }
    expect(await flagsOf(use(61 + leeway - 0.001, denied))).toEqual([])
    expect(await flagsOf(use(61 + leeway, denied))).toEqual(['refused-after-expiry'])
    const expired = { outcome: 'failure', attributes: { 'oauth.error.reason': 'token_expired' } }
    expect(await flagsOf(use(59, expired))).toEqual(['refused-after-expiry'])
  })

  test('an introspection after it is wrong only when it says active', async () => {
    const ask = (active: boolean): Telling => ({
      ...use(90, { attributes: { 'oauth.token.active': active } }),
      action: 'oauth.introspect',
    })
    expect(await flagsOf(ask(false))).toEqual([])
    expect(await flagsOf(ask(true))).toEqual(['use-after-expiry'])
  })

  test('of a refresh token is its own, and the last that was said of it', async () => {
    const handedOut = (seconds: number, expiresAt: bigint, more: object = {}): Telling => ({
      ...{ ...issued, at: seconds },
      attributes: {
        ...token,
        ...{ 'oauth.refresh.token_hash': 't1.r', 'oauth.refresh.expires_at': expiresAt },
        ...more,
      },
    })
    const again = (seconds: number): Telling => ({
      ...{ at: seconds, action: 'oauth.token', outcome: 'failure' },
      attributes: { 'oauth.role': 'authorization_server', 'oauth.refresh.presented_hash': 't1.r' },
    })
    const end = 1_795_467_100n
    const flags = async (...tellings: Telling[]): Promise<readonly string[]> =>
      (await lineage(tellings, 't1.r')).nodes.at(-1)!.flags
    const refreshed = { 'oauth.token.hash': 't1.b', 'oauth.refresh.presented_hash': 't1.r' }
    expect(await flags(handedOut(0, end), again(99))).toEqual([])
    expect(await flags(handedOut(0, end), again(200))).toEqual(['refused-after-expiry'])
    const kept = handedOut(90, end + 300n, refreshed)
    expect(await flags(handedOut(0, end), kept, again(200))).toEqual([])
    expect(await flags(handedOut(0, end), kept, again(500))).toEqual(['refused-after-expiry'])
  })

  test('does not hold for what is refreshed, and holds for what is exchanged', async () => {
    const refreshed = { ...token, 'oauth.token.hash': 't1.b' }
    const refresh: Telling = {
      ...issued,
      at: 90,
      attributes: { ...refreshed, 'oauth.refresh.presented_hash': 't1.a' },
    }
    expect(await flagsOf(refresh)).toEqual([])
    const exchange: Telling = {
      ...issued,
      at: 90,
      attributes: { ...refreshed, 'oauth.token_exchange.subject_token_hash': 't1.a' },
    }
    expect(await flagsOf(exchange)).toEqual(['use-after-expiry'])
  })
})

test('single sign-on authorizes again, after the first time and not after its tokens', async () => {
  const again: Telling = { ...life[3]!, at: 85 }
  const exchange: Telling = {
    ...life[5]!,
    at: 86,
    attributes: {
      ...life[3]!.attributes,
      'oauth.token.hash': 't1.again',
    },
  }
  const found = await lineage([...life, again, exchange], 'p1.grant')
  expect(edgesIn(found)).toEqual(
    expect.arrayContaining([`4 same-flow ${count + 1}`, `${count + 1} issued ${count + 2}`]),
  )
})

test('a log-out that names a grant is of the session all the same', async () => {
  const logout: Telling = {
    ...life[22]!,
    attributes: { ...life[22]!.attributes, 'oauth.grant.id_hash': 'p1.grant' },
  }
  const found = await lineage(life.with(22, logout), 'p1.grant')
  expect(edgesIn(found)).toEqual(expect.arrayContaining(['1 same-session 23', '23 revoked 16']))
})

test('a log-out that ended tokens of no named grant ended those of its session', async () => {
  const found = await lineage(story, 'p1.session')
  expect(nodeAt(found, count + 3)).toMatchObject({ revokedAt: '2026-11-23T20:51:20.010000Z' })
  expect(edgesIn(found).slice(-2)).toEqual(['23 revoked 16', `23 revoked ${count + 3}`])
})

describe('twins', () => {
  const ask = (seconds: number, more: Partial<Telling> = {}): Telling => ({
    ...{ at: seconds, lasts: 0.02, action: 'oauth.introspect', service: 'orders' },
    attributes: { 'oauth.role': 'client', 'oauth.token.hash': 't1.a' },
    ...more,
  })
  const answer = (seconds: number, more: Partial<Telling> = {}): Telling => ({
    ...ask(seconds, more),
    attributes: { 'oauth.role': 'authorization_server', 'oauth.token.hash': 't1.a' },
  })
  const twinsIn = async (...tellings: Telling[]): Promise<(number | null)[]> => {
    const { nodes } = await lineage(tellings, 't1.a')
    return nodes.toSorted((a, b) => a.index - b.index).map(({ twinOf }) => twinOf)
  }

  test('of several requests for the same token each has the nearest answer', async () => {
    expect(await twinsIn(ask(1), answer(1.01), ask(2), answer(2.01))).toEqual([2, null, 4, null])
    // A trace is surer than a clock.
    const [one, other] = [{ traceId: 'a'.repeat(32) }, { traceId: 'b'.repeat(32) }]
    const crossed = [ask(1, one), answer(1.01, other), ask(1.1, other), answer(1.11, one)]
    expect(await twinsIn(...crossed)).toEqual([4, null, 2, null])
  })

  test('an answer has one sender, and one that nobody sent has none', async () => {
    expect(await twinsIn(ask(1), ask(1.001), answer(1.01))).toEqual([null, 3, null])
    expect(await twinsIn(answer(1), answer(2))).toEqual([null, null])
  })

  test('an answer at another time is that of another request, or clocks explain it', async () => {
    const skew = MAX_CLOCK_SKEW_MS / 1_000
    expect(await twinsIn(ask(10), answer(10.02 + skew))).toEqual([2, null])
    expect(await twinsIn(ask(10), answer(10.021 + skew))).toEqual([null, null])
    expect(await twinsIn(ask(10), answer(10 - skew))).toEqual([2, null])
    expect(await twinsIn(ask(10), answer(9.999 - skew))).toEqual([null, null])
  })

  test('a request that was lost leaves the answer to the one that was not', async () => {
    const refresh = (seconds: number, outcome: string, attributes = {}): Telling => ({
      ...{ at: seconds, lasts: 0.3, action: 'oauth.token', service: 'shop', outcome },
      attributes: {
        ...{ 'oauth.role': 'client', 'oauth.refresh.presented_hash': 't1.a' },
        ...attributes,
      },
    })
    const given = { 'oauth.token.hash': 't1.b' }
    const server = { 'oauth.role': 'authorization_server' }
    const lost = refresh(1, 'failure')
    const retried = refresh(1.35, 'success', given)
    const answered = refresh(1.2, 'success', { ...given, ...server })
    expect(await twinsIn(lost, retried, answered)).toEqual([null, 3, null])
    // The answer to a later one that failed is not that of one that succeeded.
    const refused = refresh(3, 'failure', server)
    expect(await twinsIn(retried, refused)).toEqual([null, null])
    expect(await twinsIn(lost, refused)).toEqual([2, null])
  })

  test('a token is handed out once, however far apart the clocks are', async () => {
    const given = { action: 'oauth.token', lasts: 0.01 }
    expect(await twinsIn(ask(1, given), answer(9_000, given))).toEqual([2, null])
  })

  test('another action is another request, and an API that is used has no twin', async () => {
    const access = ask(1, { action: 'oauth.resource_access' })
    expect(await twinsIn(access, answer(1))).toEqual([null, null])
  })
})
