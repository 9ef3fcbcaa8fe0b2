import { EventEmitter } from 'node:events'
import { channel } from 'node:diagnostics_channel'
import { describe, expect, test } from '@jest/globals'
import type { Ticket } from '../event.ts'
import type { Facts } from '../facts.ts'
import { startStopwatch } from './clock.ts'
import { fence } from './fence.ts'
import { instrumentOidcProvider } from './oidc-provider/patch.ts'
import { parentOf, parseTraceparent } from './parent.ts'
import { countRequests } from './requests.ts'
import { createScopes } from './scopes.ts'

describe('the fence', () => {
  test('keeps what a hook throws from the application', () => {
    const errors: unknown[] = []
    const boom = new Error('boom')
    expect(
      fence(
        () => {
          throw boom
        },
        (error) => errors.push(error),
      ),
    ).toBeNull()
    expect(errors).toEqual([boom])
  })

  test('also when reporting throws', () => {
    const throws = (): never => {
      throw new Error('boom')
    }
    expect(fence(throws, throws)).toBeNull()
  })
})

test('traceparent as the W3C has it', () => {
  const [trace, span] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7']
  expect(parseTraceparent(`00-${trace}-${span}-01`)).toEqual({ traceId: trace, spanId: span })
  expect(parseTraceparent(`cc-${trace}-${span}-01-future`)).toEqual({
    traceId: trace,
    spanId: span,
  })
  for (const bad of [
    '',
    `ff-${trace}-${span}-01`,
    `00-${'0'.repeat(32)}-${span}-01`,
    `00-${trace}-${'0'.repeat(16)}-01`,
    `00-${trace.toUpperCase()}-${span}-01`,
  ]) {
    expect(parseTraceparent(bad)).toBeNull()
  }
  expect(parentOf(undefined)).toBeNull()
  expect(parentOf([`00-${trace}-${span}-01`])).toBeNull()
})

test('times are whole microseconds, and the end is after the start', () => {
  for (let i = 0; i < 100; i++) {
    const watch = startStopwatch()
    const end = watch.stop()
    expect(end > watch.startTimeUnixNano).toBe(true)
    expect([watch.startTimeUnixNano % 1000n, end % 1000n]).toEqual([0n, 0n])
  }
})

test('requests are counted at the diagnostics channel', () => {
  const requests = countRequests()
  channel('http.server.request.start').publish({})
  expect(requests.count()).toBe(1)
  requests.stop()
  channel('http.server.request.start').publish({})
  expect(requests.count()).toBe(1)
})

describe('the hooks of oidc-provider', () => {
  // A stand-in for the class, so that the prototype can be looked at; the real one is in test/.
  function setUp(record: Ticket['record'] = () => undefined, scopes = createScopes()) {
    const errors: unknown[] = []
    const lost: unknown[] = []
    const actions: string[] = []
    const begin = (action: string): Ticket => {
      actions.push(action)
      return { record, lose: (error) => lost.push(error) }
    }
    class Koa extends EventEmitter {
      middleware: ((ctx: object, next: () => Promise<unknown>) => unknown)[] = []
      callback(): unknown {
        return this.middleware.length
      }
    }
    class Provider extends Koa {
      /** As the library has it: the context of the request that is served here and now. */
      static ctx: object | undefined
      get OIDCContext(): unknown {
        return Object
      }
      constructor() {
        super()
        this.registerResponseMode('query', () => undefined)
      }
      registerResponseMode(_name: string, _handler: unknown): void {}
    }
    const before = Object.getOwnPropertyDescriptors(Provider.prototype)
    const hooks = instrumentOidcProvider({
      begin,
      scopes,
      onError: (error) => errors.push(error),
      roleClaims: [],
    })
    hooks.libraries[0]!.onLoad({ Provider })
    return { Koa, Provider, hooks, errors, lost, actions, before }
  }

  test('come once, and go without a trace', () => {
    const { Provider, hooks, before } = setUp()
    hooks.libraries[0]!.onLoad({ default: Provider })
    const provider = new Provider()
    expect(provider.middleware).toHaveLength(1)
    provider.callback()
    expect(provider.middleware).toHaveLength(1)
    hooks.disable()
    expect(Object.getOwnPropertyDescriptors(Provider.prototype)).toEqual(before)
    expect(new Provider().middleware).toHaveLength(0)
  })

  test('pass on what the application throws, as it is', async () => {
    const { Provider } = setUp()
    const [middleware] = new Provider().middleware
    const error = Object.freeze(new Error('frozen'))
    await expect(middleware!({}, () => Promise.reject(error))).rejects.toBe(error)
    await expect(middleware!({}, () => Promise.resolve('value'))).resolves.toBe('value')
  })

  test('keep their own failures to themselves, and count the record as lost', async () => {
    const { Provider, errors, lost, actions } = setUp()
    const [middleware] = new Provider().middleware
    const ctx = {
      _matchedRouteName: 'token',
      get oidc(): never {
        throw new Error('getter')
      },
    }
    await expect(middleware!(ctx, () => Promise.resolve(1))).resolves.toBe(1)
    // It has its number before it fails: it shows as a gap.
    expect(actions).toEqual(['oauth.token'])
    expect(lost).toEqual([new Error('getter')])
    expect(errors).toEqual([])
  })

  test('keep events: listeners, their order, their errors and the result', () => {
    const { Provider } = setUp()
    const provider = new Provider()
    const seen: unknown[] = []
    provider.on('x', (...args) => seen.push(args))
    expect(provider.emit('x', 1, 2)).toBe(true)
    expect(provider.emit('y')).toBe(false)
    expect(seen).toEqual([[1, 2]])
    provider.on('x', () => {
      throw new Error('listener')
    })
    expect(() => provider.emit('x')).toThrow('listener')
  })

  test('see a request once, also through a provider inside another', async () => {
    const seen: Facts[] = []
    const { Provider, actions } = setUp((facts) => void seen.push(facts))
    const [middleware] = new Provider().middleware
    const ctx: Record<string, unknown> = { oidc: { issuer: 'outer' } }
    await middleware!(ctx, async () => {
      await middleware!(ctx, async () => {
        ctx.oidc = { issuer: 'inner' }
        ctx._matchedRouteName = 'token'
      })
    })
    expect(actions).toEqual(['oauth.token'])
    expect(seen).toMatchObject([{ issuer: 'inner' }])
  })

  describe('claim the request', () => {
    const served = () => ({ token: null, validation: null, parent: null, isClaimed: false })

    test('as soon as it is at a route, though that makes no record', async () => {
      const scopes = createScopes()
      const { Provider, actions } = setUp(undefined, scopes)
      const provider = new Provider()
      const [req, request] = [{}, served()]
      scopes.serve(req, request)
      const ctx: Record<string, unknown> = { req }
      await provider.middleware[0]!(ctx, async () => {
        Provider.ctx = ctx
        expect(request.isClaimed).toBe(false)
        expect(provider.OIDCContext).toBe(Object)
        expect(request.isClaimed).toBe(true)
        ctx._matchedRouteName = 'jwks'
      })
      expect(actions).toEqual([])
    })

    test('at its end, where the library does not tell of its route before', async () => {
      const scopes = createScopes()
      const { Provider, actions } = setUp(undefined, scopes)
      const [req, request] = [{}, served()]
      scopes.serve(req, request)
      const ctx: Record<string, unknown> = { req, _matchedRouteName: 'token' }
      await new Provider().middleware[0]!(ctx, async () => undefined)
      expect([request.isClaimed, actions]).toEqual([true, ['oauth.token']])
    })

    test('never when it is not at a route of the library', async () => {
      const scopes = createScopes()
      const { Provider, actions } = setUp(undefined, scopes)
      const [req, request] = [{}, served()]
      scopes.serve(req, request)
      await new Provider().middleware[0]!({ req }, async () => undefined)
      expect([request.isClaimed, actions]).toEqual([false, []])
    })
  })

  test('say how many requests still run', async () => {
    const { Provider, hooks } = setUp()
    const [middleware] = new Provider().middleware
    expect(await hooks.settle(1)).toBe(0)
    let finish: (value: unknown) => void = () => undefined
    const request = middleware!({}, () => new Promise((resolve) => (finish = resolve)))
    expect(await hooks.settle(1)).toBe(1)
    const settled = hooks.settle(60_000)
    finish(null)
    await request
    expect(await settled).toBe(0)
  })

  test('know whether the library was loaded', () => {
    const { hooks } = setUp()
    expect(hooks.isHooked()).toBe(true)
    const begin = (): never => {
      throw new Error('no request')
    }
    const options = { begin, scopes: createScopes(), onError: () => undefined, roleClaims: [] }
    expect(instrumentOidcProvider(options).isHooked()).toBe(false)
  })

  test('call an inherited method as it is at the time of the call', () => {
    const { Koa, Provider } = setUp()
    const provider = new Provider()
    // As another instrumentation does that comes later.
    Koa.prototype.callback = () => 'wrapped later'
    expect(provider.callback()).toBe('wrapped later')
  })

  test('keep the token response that the application replaces', async () => {
    const seen: Facts[] = []
    const { Provider } = setUp((facts) => void seen.push(facts))
    const provider = new Provider()
    const ctx: Record<string, unknown> = { _matchedRouteName: 'token', oidc: {} }
    await provider.middleware[0]!(ctx, async () => {
      ctx.body = { access_token: 'token', expires_in: 600 }
      provider.emit('grant.success', ctx)
      ctx.body = 'replaced'
    })
    expect(seen[0]).toMatchObject({
      succeeded: true,
      tokens: { accessToken: 'token', expiresInS: 600 },
    })
  })
})
