// Guarantee: what is told of tokens and sessions is true when it is asked, also where nothing new
// comes; and pages have each row once, also where the list grows meanwhile.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { openReading, type Reading } from '@grantlog/query'
import { createTestLedger, type TestLedger } from '../../test/ledger.ts'
import { openAlive } from './alive.ts'
import { ALIVE_FRESH_MS } from './limits.ts'

let own: TestLedger
let reading: Reading
let commit: (attributes: readonly Record<string, string | bigint>[]) => Promise<unknown>

const token = (name: string): Record<string, string | bigint> => ({
  ...{ 'audit.action': 'oauth.token', 'oauth.role': 'authorization_server' },
  ...{ 'oauth.token.hash': `t1.${name}`, 'oauth.token.issued': 'access_token' },
  ...{
    'oauth.token.expires_in': 3_000_000_000n,
    'session.id': `p1.${name}`,
    'user.hash': `p1.of-${name}`,
  },
})

beforeAll(async () => {
  own = await createTestLedger()
  commit = (await own.enrol()).commit
  await commit(['a', 'b', 'c', 'd', 'e'].map(token))
  await own.published()
  reading = await openReading({ folders: own.folders, indexFolder: null })
  await reading.refresh()
})

afterAll(async () => {
  await reading.close()
  await own.close()
})

const asked = (laterMs = 0) => ({ reading, now: Date.now() + laterMs })

test('tokens expire, though nothing new comes', async () => {
  const alive = openAlive(reading)
  const wanted = { q: '', state: 'alive', limit: 10, cursor: undefined } as const
  expect((await alive.tokens(asked(), wanted)).counts).toMatchObject({ alive: 5, expired: 0 })
  const later = asked(4_000_000_000_000)
  expect((await alive.tokens(later, wanted)).counts).toMatchObject({ alive: 0, expired: 5 })
})

test('a query of the last hour is one of that hour', async () => {
  const alive = openAlive(reading)
  const wanted = { q: 'after:-1h', state: 'all', limit: 10, cursor: undefined } as const
  expect((await alive.tokens(asked(), wanted)).tokens).toHaveLength(5)
  expect((await alive.tokens(asked(2 * 3_600_000 + ALIVE_FRESH_MS), wanted)).tokens).toEqual([])
})

test('pages have each row once, also where newer ones come in between', async () => {
  const alive = openAlive(reading)
  const first = { q: '', state: 'all', limit: 2, cursor: undefined } as const
  const tokens = await alive.tokens(asked(), first)
  const sessions = await alive.sessions(asked(), first)
  await commit(['f', 'g'].map(token))
  await own.published()
  await reading.refresh()
  const seen = { tokens: [...tokens.tokens], sessions: [...sessions.sessions] }
  for (let { next } = tokens; next !== null;) {
    const page = await alive.tokens(asked(), { ...first, cursor: next })
    seen.tokens.push(...page.tokens)
    next = page.next
  }
  for (let { next } = sessions; next !== null;) {
    const page = await alive.sessions(asked(), { ...first, cursor: next })
    seen.sessions.push(...page.sessions)
    next = page.next
  }
  expect(seen.tokens.map(({ hash }) => hash)).toEqual(
    ['e', 'd', 'c', 'b', 'a'].map((n) => `t1.${n}`),
  )
  expect(new Set(seen.sessions.map(({ hash }) => hash)).size).toBe(5)
  expect(seen.sessions).toHaveLength(5)
})

test.each(['', '1', 'x', '-1.0', '1.2.3'])('%j is no place to go on from', async (cursor) => {
  const wanted = { q: '', state: 'all', limit: 2, cursor } as const
  await expect(openAlive(reading).tokens(asked(), wanted)).rejects.toMatchObject({
    code: 'CONSOLE_PARAMETER_INVALID',
  })
})
