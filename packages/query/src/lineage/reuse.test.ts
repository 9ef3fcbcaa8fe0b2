// Guarantee: a lineage tells of each refresh token that came again what may have been got with it:
// all that was handed out for it, what was called with that, and what ended it. Nothing else of the
// grant is counted, nor is anything told twice because two processes recorded it.
import { describe, expect, test } from '@jest/globals'
import { life } from '../../test/processes.ts'
import { storyOf, type Telling } from '../../test/producer.ts'
import { lineageOf } from './lineage.ts'
import type { Reuse } from './reuse.ts'

const server = { 'oauth.role': 'authorization_server' }
const grant = { ...server, 'oauth.grant.id_hash': 'p1.grant', 'oauth.client.id': 'web' }

/** What is handed out bears the number of the refresh token that was presented for it, plus 1. */
const issue = (at: number, presented: number | null, given: number): Telling => ({
  ...{ at, action: 'oauth.token' },
  attributes: {
    ...grant,
    ...(presented === null ? {} : { 'oauth.refresh.presented_hash': `t1.r${presented}` }),
    ...{ 'oauth.token.hash': `t1.a${given}`, 'oauth.refresh.token_hash': `t1.r${given}` },
  },
})
const reuse = (
  at: number,
  presented: number,
  more: NonNullable<Telling['attributes']> = {},
): Telling => ({
  ...{ at, action: 'oauth.token', outcome: 'failure' },
  attributes: {
    ...grant,
    ...{ 'oauth.refresh.presented_hash': `t1.r${presented}`, 'oauth.refresh.reuse_detected': true },
    ...more,
  },
})
const revoking = { 'oauth.revocation.reason': 'reuse', 'oauth.revocation.cascade': true }
const call = (at: number, token: string, more: Partial<Telling> = {}): Telling => ({
  ...{ at, action: 'oauth.resource_access', service: 'orders' },
  ...more,
  attributes: {
    ...{ 'oauth.role': 'resource_server', 'oauth.token.hash': token },
    ...{ 'http.request.method': 'GET', 'http.route': '/orders', ...more.attributes },
  },
})

/** Log-in, two refreshes, then the first token of them again; calls with each token. */
const theft: readonly Telling[] = [
  issue(0, null, 1),
  call(1, 't1.a1'),
  issue(2, 1, 2),
  call(3, 't1.a2'),
  call(4, 't1.a2'),
  issue(5, 2, 3),
  call(6, 't1.a3', {
    attributes: {
      ...{ 'http.request.method': 'DELETE', 'http.route': '/orders/:id' },
      'audit.privileged': 'delete',
    },
  }),
  {
    ...{ at: 6.5, action: 'oauth.introspect' },
    attributes: { ...server, 'oauth.token.hash': 't1.a3', 'oauth.token.active': true },
  },
  call(7, 't1.a2', { outcome: 'denied' }),
  reuse(8, 1, revoking),
  call(9, 't1.a3'),
  call(10, 't1.a3', { outcome: 'failure' }),
  { ...reuse(11, 3), attributes: { ...server, 'oauth.refresh.presented_hash': 't1.r3' } },
  reuse(12, 1),
]

async function reusesOf(story: readonly Telling[], target = 'p1.grant'): Promise<readonly Reuse[]> {
  return (await lineageOf({ records: storyOf(story), target })).reuses
}

test('what was handed out for it, called with that, and refused, once each', async () => {
  expect(await reusesOf(theft)).toEqual([
    {
      ...{ token: 't1.r1', client: 'web', index: 10, at: '2026-11-23T20:50:08.000000Z' },
      ...{ refused: true, again: [14], issuedBy: 1 },
      ...{ usedBy: 3, usedAt: '2026-11-23T20:50:02.000000Z', issued: [3, 6] },
      ...{ revokedBy: 10, revokedAt: '2026-11-23T20:50:08.000001Z' },
      calls: [
        {
          ...{ service: 'orders', what: 'GET /orders', privileged: '' },
          ...{ before: 2, after: 1, index: 4 },
        },
        {
          ...{ service: 'orders', what: 'DELETE /orders/:id', privileged: 'delete' },
          ...{ before: 1, after: 0, index: 7 },
        },
      ],
      refusals: [12, 13],
    },
  ])
})

test('it is the same from any record of the grant', async () => {
  const whole = await reusesOf(theft)
  for (const target of ['2', 't1.a3', 't1.r1', '14']) {
    expect(await reusesOf(theft, target)).toEqual(whole)
  }
})

test('a grant whose tokens never came again has none', async () => {
  expect(await reusesOf(theft.slice(0, 9))).toEqual([])
})

test('of a request that two processes recorded the server’s record tells', async () => {
  const [found, ...others] = await reusesOf(life)
  expect(others).toEqual([])
  expect(found).toMatchObject({
    ...{ token: 't1.refresh1', index: 19, again: [], issuedBy: 6, usedBy: 16, issued: [16] },
    // Nothing ended with the reuse: a revocation did, and only of the token.
    ...{ revokedBy: 21, refusals: [22] },
  })
  expect(found?.calls.map(({ after, before, what }) => [what, before, after])).toEqual([
    ['GET /orders/export', 1, 0],
    ['GET /orders', 0, 1],
  ])
})

test('each token that came again is told by itself', async () => {
  const found = await reusesOf([...theft, reuse(13, 2)])
  expect(found.map(({ issued, token }) => [token, issued])).toEqual([
    ['t1.r1', [3, 6]],
    ['t1.r2', [6]],
  ])
})

describe('what ended it', () => {
  test('is nothing when one of the tokens was not revoked', async () => {
    const found = await reusesOf(theft.with(9, reuse(8, 1)))
    expect(found).toMatchObject([{ revokedBy: null, revokedAt: '', refused: true }])
    expect(found[0]?.calls[0]).toMatchObject({ before: 3, after: 0 })
  })

  test('is the reuse itself when nothing was handed out', async () => {
    const [found] = await reusesOf([issue(0, null, 1), reuse(8, 1, revoking)])
    expect(found).toMatchObject({ issued: [], usedBy: null, usedAt: '', calls: [], revokedBy: 2 })
  })

  test('may have been before: then nothing was handed out of it any more', async () => {
    const logout: Telling = {
      ...{ at: 7.5, action: 'oauth.end_session' },
      attributes: { ...grant, 'oauth.revocation.reason': 'logout' },
    }
    const [found] = await reusesOf([...theft.slice(0, 9), logout, ...theft.slice(9)])
    expect(found).toMatchObject({ revokedBy: 10, index: 11 })
  })
})

test('a server that takes it again gives tokens that count as well', async () => {
  const again = issue(8, 1, 9)
  const taken = { ...again.attributes, 'oauth.refresh.reuse_detected': true }
  const [found] = await reusesOf([
    ...theft.slice(0, 9),
    { ...again, attributes: taken },
    call(9, 't1.a9', { attributes: { 'http.route': '/payroll' } }),
  ])
  expect(found).toMatchObject({ refused: false, usedBy: 3, issued: [3, 6, 10] })
  expect(found?.calls.map(({ what }) => what)).toContain('GET /payroll')
})

test('a token that was exchanged for another gave that away, too', async () => {
  const exchange: Telling = {
    ...{ at: 4, action: 'oauth.token' },
    attributes: {
      ...{ ...server, 'oauth.grant.id_hash': 'p1.second', 'oauth.token.hash': 't1.x' },
      'oauth.token_exchange.subject_token_hash': 't1.a2',
    },
  }
  const story = [...theft.slice(0, 9), exchange, call(5, 't1.x'), theft[9]!]
  const [found] = await reusesOf(story)
  expect(found).toMatchObject({ issued: [3, 10, 6], revokedAt: '' })
})

test('where nobody recorded its first use, all that its grant got since may be of it', async () => {
  const lost = theft.toSpliced(2, 1)
  expect(await reusesOf(lost)).toMatchObject([{ usedBy: null, issuedBy: 1, issued: [5] }])
  const unnamed = theft.with(9, {
    ...theft[9]!,
    attributes: { ...grant, 'oauth.refresh.reuse_detected': true },
  })
  const [found] = await reusesOf(unnamed.slice(0, 10))
  expect(found).toMatchObject({ token: '', usedBy: null, issuedBy: null, issued: [1, 3, 6] })
})

test('who called userinfo got to know who the user is', async () => {
  const userinfo = { ...call(6, 't1.a2'), action: 'oauth.userinfo', service: 'login' }
  const attributes = { ...userinfo.attributes, ...server }
  const [found] = await reusesOf([...theft.slice(0, 5), { ...userinfo, attributes }, theft[9]!])
  expect(found?.calls.map(({ what }) => what)).toContain('oauth.userinfo')
})
