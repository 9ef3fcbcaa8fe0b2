// Guarantee: an issuer that is down stops nobody whose key is known, and strangers make nobody ask
// it more often than once in a while.
import { expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, jwtVerify, SignJWT } from 'jose'
import type { LogEvent } from '../flow.ts'
import { MAX_ISSUER_KEYS } from '../caller-limits.ts'
import { LIMITS } from '../limits.ts'
import { issuerKeys } from './keys.ts'

async function setup(): Promise<{
  state: { answer: (() => unknown) | null; asked: number; changes: number; nowMs: number }
  events: LogEvent[]
  set: (...kids: string[]) => unknown
  verify: (kid: string) => Promise<string>
}> {
  const { privateKey, publicKey } = await generateKeyPair('ES256')
  const jwk = await exportJWK(publicKey)
  const set = (...kids: string[]): unknown => ({ keys: kids.map((kid) => ({ ...jwk, kid })) })
  const state = { answer: () => set('one') as unknown, asked: 0, changes: 0, nowMs: 0 } as {
    answer: (() => unknown) | null
    asked: number
    changes: number
    nowMs: number
  }
  const events: LogEvent[] = []
  const keys = issuerKeys({
    issuer: 'https://as.example',
    fetch: () => {
      state.asked++
      return state.answer === null
        ? Promise.reject(new Error('down'))
        : Promise.resolve(state.answer())
    },
    onChange: () => state.changes++,
    limits: LIMITS,
    uptimeMs: () => state.nowMs,
    log: (event) => events.push(event),
  })
  async function verify(kid: string): Promise<string> {
    const token = await new SignJWT({}).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey)
    return await jwtVerify(token, keys.find).then(
      () => 'good',
      (error: { code: string }) => error.code,
    )
  }
  return { state, events, set, verify }
}

const { issuerCooldownMs, issuerKeepMs, issuerRefreshMs } = LIMITS

test('keys are asked for once, and again for a new one', async () => {
  const { set, state, verify } = await setup()
  expect(await Promise.all([verify('one'), verify('one')])).toEqual(['good', 'good'])
  expect([state.asked, state.changes]).toEqual([1, 1])
  state.answer = () => set('one', 'two')
  state.nowMs += issuerCooldownMs
  expect(await verify('two')).toBe('good')
  expect([state.asked, state.changes]).toEqual([2, 2])
})

test('a key id that nobody has is asked for once in a while', async () => {
  const { state, verify } = await setup()
  await verify('one')
  state.nowMs += issuerCooldownMs
  expect(await verify('none')).toBe('ERR_JWKS_NO_MATCHING_KEY')
  for (let at = 0; at < 20; at++) {
    expect(await verify(`none-${at}`)).toBe('RECEIVER_ISSUER_UNREACHABLE')
  }
  expect(await verify('one')).toBe('good')
  expect(state.asked).toBe(2)
})

test('a dead issuer is not asked by each, and told once', async () => {
  const { events, state, verify } = await setup()
  state.answer = null
  for (let at = 0; at < 20; at++) expect(await verify('one')).toBe('RECEIVER_ISSUER_UNREACHABLE')
  expect(state.asked).toBe(1)
  state.nowMs += issuerCooldownMs
  await verify('one')
  expect(state.asked).toBe(2)
  expect(events.filter(({ code }) => code === 'ISSUER_UNREACHABLE')).toHaveLength(1)
})

test('known keys serve while the issuer is down, for a day', async () => {
  const { state, verify } = await setup()
  await verify('one')
  state.answer = null
  state.nowMs += issuerRefreshMs + 1
  expect(await verify('one')).toBe('good')
  expect(state.asked).toBe(2)
  state.nowMs = issuerKeepMs
  expect(await verify('one')).toBe('good')
  state.nowMs += issuerCooldownMs + 1
  expect(await verify('one')).toBe('RECEIVER_ISSUER_UNREACHABLE')
})

test('a key that the issuer takes out is out, when it is asked again', async () => {
  const { set, state, verify } = await setup()
  await verify('one')
  state.answer = () => set('two')
  state.nowMs += issuerRefreshMs + 1
  await verify('one')
  expect(await verify('two')).toBe('good')
  expect(state.changes).toBe(2)
  state.nowMs += issuerCooldownMs
  expect(await verify('one')).toBe('ERR_JWKS_NO_MATCHING_KEY')
})

test.each([
  ['no set', () => ({})],
  ['null', () => null],
  ['too many keys', () => ({ keys: Array(MAX_ISSUER_KEYS + 1).fill({ kty: 'EC' }) })],
])('an answer that is no set of keys changes nothing: %s', async (_what, answer) => {
  const { state, verify } = await setup()
  await verify('one')
  state.answer = answer
  state.nowMs += issuerRefreshMs + 1
  expect(await verify('one')).toBe('good')
  expect(await verify('one')).toBe('good')
  expect(state.changes).toBe(1)
})
