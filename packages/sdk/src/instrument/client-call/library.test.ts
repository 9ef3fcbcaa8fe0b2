import { beforeEach, describe, expect, test } from '@jest/globals'
import type { CallFacts } from '../../facts.ts'
import { type ClientCall, createScopes } from '../scopes.ts'
import { type Calls, createCalls } from './call.ts'
import { libraryFacts } from './facts.ts'
import { type LibraryOptions, endWith, type SeenCall, wrapCall } from './library.ts'

const facts = { kind: 'call', action: 'oauth.token' } as CallFacts
const scopes = createScopes()
let begun: string[]
let lost: unknown[]
let errors: unknown[]
let seen: SeenCall[]
let calls: Calls
let options: LibraryOptions
let isStopped: boolean

beforeEach(() => {
  ;[begun, lost, errors, seen, isStopped] = [[], [], [], [], false]
  calls = createCalls({
    scopes,
    begin: (action) => {
      begun.push(action)
      return { record: () => undefined, lose: (error) => lost.push(error) }
    },
  })
  options = { calls, scopes, isOff: () => isStopped, onError: (error) => errors.push(error) }
})

const tell = endWith((call) => {
  seen.push(call)
  return { action: 'oauth.token', facts: () => facts }
})

test('a wrapper has the name, the length, the members and the `this` of the function', async () => {
  async function original(this: unknown, _a: string, _b: number): Promise<unknown> {
    return this
  }
  const wrapper = wrapCall(Object.assign(original, { member: 7 }), tell, options)
  expect([wrapper.name, wrapper.length, wrapper.member]).toEqual(['original', 2, 7])
  const self = {}
  expect(await wrapper.call(self, 'a', 1)).toBe(self)
  expect(begun).toEqual(['oauth.token'])
  expect(seen).toMatchObject([{ args: ['a', 1], result: self, hasFailed: false, exchanges: [] }])
})

test('an error is passed on as it is', async () => {
  const error = Object.freeze(new Error('frozen'))
  const wrapper = wrapCall(async () => Promise.reject(error), tell, options)
  await expect(wrapper()).rejects.toBe(error)
  expect(seen).toMatchObject([{ error, hasFailed: true }])
})

test('what is thrown at once is thrown at once, and was no call', async () => {
  const error = new Error('at once')
  const wrapper = wrapCall(
    (): Promise<void> => {
      throw error
    },
    tell,
    options,
  )
  expect(() => wrapper()).toThrow(error)
  expect(begun).toEqual([])
  expect(await calls.settle(1)).toBe(0)
})

test('what is no promise is passed on, and was no call', async () => {
  expect(wrapCall(() => 7, tell, options)()).toBe(7)
  expect(begun).toEqual([])
  expect(await calls.settle(1)).toBe(0)
})

test("a call within a call is one of its own; what it leaves behind is nobody's", async () => {
  const inner = wrapCall(async () => scopes.calling(), tell, options)
  let left: Promise<ClientCall | undefined> | undefined
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  const outer = wrapCall(
    async () => {
      left = gate.then(() => scopes.calling())
      const own = scopes.calling()
      return [own, await inner(), scopes.calling() === own]
    },
    tell,
    options,
  )
  const [own, innermost, isBack] = await outer()
  expect(own).not.toBe(innermost)
  expect(isBack).toBe(true)
  open()
  expect(await left).toBeUndefined()
  expect(begun).toEqual(['oauth.token', 'oauth.token'])
})

test('nothing of its requests stays with a call that has ended', async () => {
  const exchange = {
    ...{ method: 'GET', url: new URL('https://a.example'), status: 200, form: null },
    ...{ authorization: null, error: null },
  }
  let call: ClientCall | undefined
  const original = async (): Promise<void> => {
    call = scopes.calling()
    call?.exchanges.push(exchange)
  }
  await wrapCall(original, tell, options)()
  expect([call?.exchanges, seen[0]?.exchanges]).toEqual([[], [exchange]])
})

describe('failures of ours stay here', () => {
  const boom = new Error('boom')
  const throws = (): never => {
    throw boom
  }

  test('before a record has begun', async () => {
    expect(await wrapCall(async () => 7, throws, options)()).toBe(7)
    expect([errors, begun, await calls.settle(1)]).toEqual([[boom], [], 0])
  })

  test('and after it has: it shows as a gap', async () => {
    const told = endWith(() => ({ action: 'oauth.token', facts: throws }))
    expect(await wrapCall(async () => 7, told, options)()).toBe(7)
    expect([errors, begun, lost, await calls.settle(1)]).toEqual([[], ['oauth.token'], [boom], 0])
  })
})

test('nothing is recorded after the end', async () => {
  const wrapper = wrapCall(async () => 7, tell, options)
  const running = wrapper()
  isStopped = true
  calls.stop()
  expect([await running, await wrapper()]).toEqual([7, 7])
  expect(begun).toEqual([])
})

describe('of the requests of a call', () => {
  const at = (path: string, status: number | null): ClientCall['exchanges'][number] => ({
    method: 'POST',
    url: new URL(path, 'https://login.example.com'),
    status,
    form: new URLSearchParams('client_id=web'),
    authorization: null,
    error: null,
  })
  const call = {
    action: 'oauth.token',
    library: 'openid-client',
    issuer: 'https://login.example.com',
    clientId: null,
    authMethod: 'tls_client_auth',
    endpoints: ['https://login.example.com/token'],
    form: new URLSearchParams('grant_type=a'),
    answer: {},
    error: null,
    roleClaims: [],
  }

  test('the last one with the endpoint is told', () => {
    const exchanges = [at('/token', 400), at('/token?a', 200), at('/jwks', 500)]
    expect(libraryFacts({ ...call, exchanges })).toMatchObject({
      status: 200,
      clientId: 'web',
      clientAuthMethod: 'tls_client_auth',
      server: { address: 'login.example.com', port: 443 },
      parameters: { grantType: null },
    })
  })

  test('the arguments tell what no transport showed', () => {
    expect(libraryFacts({ ...call, exchanges: [] })).toMatchObject({
      ...{ status: null, method: null, parameters: { grantType: 'a' } },
      server: { address: 'login.example.com', port: 443 },
    })
    expect(libraryFacts({ ...call, exchanges: [], endpoints: [] }).server).toBeNull()
  })

  test('a poll that took too long has reached the server all the same', () => {
    const error = { code: null, type: 'x', reason: 'unreachable', by: 'network' } as const
    const of = (status: number | null): unknown =>
      libraryFacts({ ...call, error, exchanges: [at('/token', status)] }).error?.reason
    expect([of(400), of(200), of(null)]).toEqual([null, 'unreachable', 'unreachable'])
    const cut = (grantType: string): unknown => {
      const form = new URLSearchParams({ grant_type: grantType })
      const exchanges = [400, null].map((status) => ({ ...at('/token', status), form }))
      return libraryFacts({ ...call, error, exchanges }).error?.reason
    }
    expect(cut('urn:ietf:params:oauth:grant-type:device_code')).toBeNull()
    expect(cut('refresh_token')).toBe('unreachable')
  })
})

test('what a function that gives no promise has begun does not belong to a call', async () => {
  const gate = Promise.withResolvers<void>()
  let later: Promise<unknown> | undefined
  const begin = (): { later: true } => {
    later = gate.promise.then(() => scopes.calling())
    return { later: true }
  }
  expect(wrapCall(begin, tell, options)()).toEqual({ later: true })
  const thrown = (): never => {
    begin()
    throw new Error('at once')
  }
  const first = later
  expect(wrapCall(thrown, tell, options)).toThrow('at once')
  gate.resolve()
  expect(await Promise.all([first, later])).toEqual([undefined, undefined])
})
