import { EventEmitter } from 'node:events'
import { channel } from 'node:diagnostics_channel'
import { describe, expect, test } from '@jest/globals'
import { startStopwatch } from './clock.ts'
import { fence } from './fence.ts'
import { instrumentOidcProvider } from './oidc-provider/patch.ts'
import { parentOf, parseTraceparent } from './parent.ts'
import { countRequests } from './requests.ts'

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
  function setUp(onEvent = (): void => undefined) {
    const errors: unknown[] = []
    class Koa extends EventEmitter {
      middleware: ((ctx: object, next: () => Promise<unknown>) => unknown)[] = []
      callback(): unknown {
        return this.middleware.length
      }
    }
    class Provider extends Koa {
      constructor() {
        super()
        this.registerResponseMode('query', () => undefined)
      }
      registerResponseMode(_name: string, _handler: unknown): void {}
    }
    const before = Object.getOwnPropertyDescriptors(Provider.prototype)
    const hooks = instrumentOidcProvider({ onEvent, onError: (error) => errors.push(error) })
    hooks.library.onLoad({ Provider })
    return { Provider, hooks, errors, before }
  }

  test('come once, and go without a trace', () => {
    const { Provider, hooks, before } = setUp()
    hooks.library.onLoad({ default: Provider })
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

  test('keep their own failures to themselves', async () => {
    const { Provider, errors } = setUp(() => {
      throw new Error('ours')
    })
    const [middleware] = new Provider().middleware
    const ctx = {
      _matchedRouteName: 'token',
      get oidc(): never {
        throw new Error('getter')
      },
    }
    await expect(middleware!(ctx, () => Promise.resolve(1))).resolves.toBe(1)
    expect(errors).toHaveLength(1)
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
})
