import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import { tryInstrumentation } from '../../trial.ts'
import type { ToldAction } from './action.ts'
import { type AnyFunction, defineInstrumentation, type Wrap } from './definition.ts'
import { asks, guards, makesGuards, makesValidators, serves, validates } from './watch.ts'

type Exports = Record<string, AnyFunction>

/** A library of these functions, with hooks. */
function hooked(exports: Exports, hooks: Record<string, Wrap>) {
  const own = defineInstrumentation({
    name: 'a-library',
    modules: [{ name: 'a-library', files: ['index.js'], hooks }],
  })
  const trial = tryInstrumentation(own)
  trials.push(trial)
  return { trial, library: trial.load('a-library', exports) }
}

const trials: ReturnType<typeof tryInstrumentation>[] = []
afterEach(() => {
  for (const trial of trials.splice(0)) trial.disable()
})

const told = { token: 'a-token', type: 'access_token' } as const
const refused = { ...told, refusal: { code: 'E_NO', reason: 'token_revoked' } } as const
const broken = (): never => {
  throw new Error('of the hook')
}
const makers: readonly [string, Wrap][] = [
  ['validates', validates(broken)],
  ['validates, by callback', validates(broken, { callback: true })],
  ['guards', guards(broken)],
  ['serves', serves(broken)],
]

describe.each(makers)('%s', (_, wrap) => {
  test('keeps name, arity, this, arguments, result and members', () => {
    const seen: unknown[] = []
    const original = Object.assign(
      function verify(this: unknown, a: unknown, b: unknown, c?: unknown) {
        seen.push(this, a, b, c)
        return 'value'
      },
      { member: 1 },
    )
    const { library } = hooked({ verify: original }, { verify: wrap })
    const verify = library.verify as typeof original
    expect(verify).not.toBe(original)
    expect([verify.name, verify.length, verify.member]).toEqual(['verify', 3, 1])
    const self = {}
    expect(verify.call(self, 1, 2, 3)).toBe('value')
    expect(seen).toEqual([self, 1, 2, 3])
  })

  test('gives the same error, thrown or rejected, though the hook throws', async () => {
    const error: Error = Object.freeze(new Error('of the library'))
    const { library, trial } = hooked(
      {
        throws: () => {
          throw error
        },
        rejects: () => Promise.reject(error),
      },
      { throws: wrap, rejects: wrap },
    )
    expect(() => library.throws!()).toThrow(error)
    await expect(library.rejects!()).rejects.toBe(error)
    expect(new Set(trial.errors.map(String))).toEqual(new Set(['Error: of the hook']))
  })

  test('works where nothing can be known of its arguments', () => {
    const hostile = {
      get req(): unknown {
        throw new Error('of a getter')
      },
    }
    const { library } = hooked({ verify: (one) => one }, { verify: wrap })
    expect(library.verify!(hostile)).toBe(hostile)
  })

  test('what a callback throws reaches who called it', () => {
    const error = new Error('of the application')
    const call = (one: unknown) => (one as AnyFunction)(null, 'value')
    const { library } = hooked({ call }, { call: wrap })
    expect(() =>
      library.call!(() => {
        throw error
      }),
    ).toThrow(error)
  })

  test('does nothing once it is taken out, even where it was kept', () => {
    const verify = (): string => 'value'
    const { library, trial } = hooked({ verify }, { verify: wrap })
    const kept = library.verify!
    trial.disable()
    expect(library.verify).toBe(verify)
    expect([kept(), trial.errors]).toEqual(['value', []])
  })
})

describe('a validation is told', () => {
  const said = { 'audit.action': 'oauth.token_validation', 'oauth.library.name': 'a-library' }

  test.each<[string, AnyFunction, readonly unknown[]]>([
    ['of a value', () => 7, []],
    ['of a promise', () => Promise.resolve(7), []],
    ['of a callback', (one) => void (one as AnyFunction)(null, 7), [() => undefined]],
  ])('%s, once', async (_, verify, args) => {
    const wrap = validates(({ result }) => ({ ...told, claims: { sub: `${result as number}` } }), {
      callback: true,
    })
    const { library, trial } = hooked({ verify }, { verify: wrap })
    await library.verify!(...args)
    expect(trial.records).toMatchObject([{ ...said, 'user.id': '7', 'audit.outcome': 'success' }])
  })

  test('by a function that another one makes, with what that was given', async () => {
    const create = (option: unknown) => () => option
    const wrap = makesValidators(({ made, result }) => {
      expect(made).toEqual([result])
      return refused
    })
    const { library, trial } = hooked({ create }, { create: wrap })
    ;(library.create!(5) as AnyFunction)()
    expect(trial.errors).toEqual([])
    expect(trial.records).toMatchObject([
      { ...said, 'oauth.error.reason': 'token_revoked', 'error.type': 'E_NO' },
    ])
  })

  test('not of what only looks like a promise, and whose end nobody knows', () => {
    const later = {}
    Reflect.set(later, 'then', () => undefined)
    const wrap = validates(({ result }) => ({ ...told, claims: result }))
    const { library, trial } = hooked({ verify: () => later }, { verify: wrap })
    expect(library.verify!()).toBe(later)
    expect(trial.records).toEqual([])
  })

  test('not of an empty token, and no code that anybody may have typed', () => {
    const codes = validates(() => ({ ...told, refusal: { code: 'S3cret text', reason: 'other' } }))
    const empty = validates(() => ({ ...told, token: '' }))
    const { library, trial } = hooked({ codes: () => 1, empty: () => 1 }, { codes, empty })
    library.empty!()
    library.codes!()
    expect(trial.records).toMatchObject([{ 'error.type': '_OTHER' }])
  })
})

describe('a middleware', () => {
  const answer = async (
    middleware: AnyFunction,
    wrap: Wrap,
  ): Promise<{ status: number; records: readonly object[] }> => {
    const { library, trial } = hooked({ make: () => middleware }, { make: wrap })
    const guard = library.make!() as AnyFunction
    const server = createServer((request, response) => {
      guard(request, response, (error: unknown) => {
        response.statusCode = error ? 401 : 200
        if (error) response.setHeader('www-authenticate', 'Bearer')
        response.end()
      })
    })
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as { port: number }
    const headers = { authorization: 'Bearer a-token' }
    const { status } = await fetch(`http://127.0.0.1:${port}/`, { headers })
    server.close()
    server.closeAllConnections()
    return { status, records: trial.records }
  }
  type Next = (error?: unknown) => void
  type Guard = (request: IncomingMessage, response: ServerResponse, next: Next) => unknown
  const tell = makesGuards(({ isLetIn, error }) =>
    isLetIn ? { claims: { sub: 'ada' } } : { refusal: { code: String(error), reason: 'other' } },
  )

  test.each<[string, Guard, object]>([
    ['that lets in', (_, __, next) => next(), { 'user.id': 'ada' }],
    ['a moment later', (_, __, next) => void setImmediate(next), { 'user.id': 'ada' }],
    ['after its promise', async (_, __, next) => void setImmediate(next), { 'user.id': 'ada' }],
    ['that refuses', (_, __, next) => next('no'), { 'error.type': 'no' }],
    ['that goes elsewhere', (_, __, next) => next('route'), { 'user.id': 'ada' }],
    ['that fails', (_, __, next) => next(new Error('x')), { 'oauth.error.reason': 'other' }],
    [
      'that answers',
      async (_, response) => void response.writeHead(403).end(),
      { 'oauth.error.reason': 'other', 'http.response.status_code': 403n },
    ],
  ])('%s', async (_, middleware, says) => {
    const { records } = await answer(middleware as AnyFunction, tell)
    expect(records).toMatchObject([{ 'oauth.library.name': 'a-library', ...says }])
  })
})

test('an action of an authorization server is the record of its request', async () => {
  const wrap = serves(({ result, hasFailed }) => ({
    action: 'oauth.token',
    client: { id: 'web', authMethod: 'client_secret_basic' },
    accountId: 'ada',
    parameters: { grant_type: 'authorization_code', code_verifier: 'S3cret' },
    answer: result as Record<string, unknown>,
    error: hasFailed ? { code: 'invalid_grant', reason: 'code_expired' } : null,
  }))
  const token = { access_token: 'S3cret', expires_in: 60, scope: 'orders:read' }
  const { library, trial } = hooked({ grant: () => token }, { grant: wrap })
  const server = createServer((_, response) => {
    library.grant!()
    response.end()
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  await fetch(`http://127.0.0.1:${port}/token`, { method: 'POST' })
  server.close()
  server.closeAllConnections()
  expect(trial.errors).toEqual([])
  expect(trial.records).toMatchObject([
    {
      'audit.action': 'oauth.token',
      'audit.outcome': 'success',
      'oauth.client.id': 'web',
      'user.id': 'ada',
      'oauth.grant.type': 'authorization_code',
      'oauth.scope.granted': 'orders:read',
      'http.response.status_code': 200n,
      'url.template': '/token',
    },
  ])
  expect(JSON.stringify(trial.records.map((one) => Object.values(one).map(String)))).not.toContain(
    'S3cret',
  )
})

test('an action that is none of ours is not recorded', async () => {
  const wrap = serves(() => ({ action: 'S3cret' }) as unknown as ToldAction)
  const ask = asks(() => ({ action: 'S3cret' }))
  const { library, trial } = hooked(
    { grant: () => 1, ask: () => Promise.resolve() },
    { grant: wrap, ask },
  )
  library.grant!()
  await library.ask!()
  expect(trial.records).toEqual([])
  expect(trial.errors).toMatchObject([{ code: 'INSTRUMENTATION_INVALID' }])
})

test('a call of a client has its record, and keeps its promise', async () => {
  const wrap = asks(({ args }) => ({
    action: 'oauth.token',
    clientId: 'web',
    endpoints: ['https://login.example.com/token'],
    parameters: { grant_type: 'refresh_token', refresh_token: 'S3cret' },
    answer: args[0],
  }))
  const refresh = (answer: unknown): unknown =>
    answer === 'no' ? Promise.reject(new Error('no')) : Promise.resolve(answer)
  const { library, trial } = hooked({ refresh }, { refresh: wrap })
  await library.refresh!({ access_token: 'S3cret' })
  await expect(library.refresh!('no')).rejects.toThrow('no')
  expect(trial.records).toMatchObject([
    { 'oauth.role': 'client', 'audit.outcome': 'success', 'oauth.client.id': 'web' },
    { 'oauth.role': 'client', 'audit.outcome': 'failure' },
  ])
})
