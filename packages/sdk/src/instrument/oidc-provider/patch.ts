// oidc-provider 9 (a Koa application, ES module). Nothing of its namespace is replaced: two methods
// are added to the prototype of its class, so subclasses, several providers and `require(esm)` work.
//
// - `emit`: the provider's events carry what the response hides, such as the real error.
// - a Koa middleware in front of all others sees each request once, from start to end. It is put in
//   by `registerResponseMode`, which the constructor calls before its own middleware is there, and
//   by `callback`, for a provider made before we came. A provider mounted by koa-mount is composed
//   from `middleware` and never calls `callback`; one mounted in Express is the other way round.
import type { ServerFacts, Occurrence } from '../../event.ts'
import { fence, type OnHookError } from '../fence.ts'
import type { Library } from '../modules.ts'
import { startStopwatch, type Stopwatch } from '../clock.ts'
import { parentOf } from '../parent.ts'
import { type KoaContext, remoteAddressOf, routeOf, snapshot, type Witnessed } from './snapshot.ts'

export interface OidcProviderOptions {
  /** Called at the end of each audited request, before its response is written. */
  readonly onEvent: (facts: ServerFacts, occurrence: Occurrence) => void
  readonly onError: OnHookError
}

type Middleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>
type Method = (this: Provider, ...args: unknown[]) => unknown

interface Provider {
  middleware?: Middleware[]
}

type Prototype = Record<'emit' | 'callback' | 'registerResponseMode', Method>

interface Request extends Witnessed {
  readonly stopwatch: Stopwatch
  readonly traceparent: string | string[] | undefined
  readonly parent: Occurrence['parent']
}

/** The library for watchModules, and how to take the hooks away again. */
export function instrumentOidcProvider(options: OidcProviderOptions): {
  readonly library: Library
  readonly disable: () => void
} {
  const requests = new WeakMap<object, Request>()
  const restore: (() => void)[] = []
  const patched = new WeakSet<object>()
  let isEnabled = true

  const middleware: Middleware = async (ctx, next) => {
    const request = isEnabled ? fence(() => begin(ctx), options.onError) : null
    if (request === null) return next()
    try {
      const result = await next()
      fence(() => end(ctx, request), options.onError)
      return result
    } catch (error) {
      request.thrown = error
      fence(() => end(ctx, request), options.onError)
      throw error
    }
  }

  function begin(ctx: KoaContext): Request {
    const traceparent = ctx.req?.headers?.traceparent
    const request: Request = {
      stopwatch: startStopwatch(),
      traceparent,
      parent: parentOf(traceparent),
      remoteAddress: remoteAddressOf(ctx),
      events: new Map(),
      error: null,
      thrown: null,
    }
    requests.set(ctx, request)
    return request
  }

  function end(ctx: KoaContext, request: Request): void {
    requests.delete(ctx)
    if (!isEnabled || routeOf(ctx) === null) return
    const facts = snapshot(ctx, request)
    const { stopwatch, parent } = request
    const { startTimeUnixNano } = stopwatch
    options.onEvent(facts, { startTimeUnixNano, endTimeUnixNano: stopwatch.stop(), parent })
  }

  function onEmit(args: readonly unknown[]): void {
    const [event] = args
    if (!isEnabled || typeof event !== 'string') return
    // Older versions had other orders of arguments: they are told apart by what they are.
    const request = args.map((arg) => isObject(arg) && requests.get(arg)).find((one) => one)
    if (!request) return
    const error = args.find((arg) => arg instanceof Error)
    if (error !== undefined) request.error = error
    request.events.set(event, args.at(-1))
  }

  function insert(provider: Provider): void {
    const { middleware: all } = provider
    if (isEnabled && Array.isArray(all) && !all.includes(middleware)) all.unshift(middleware)
  }

  function patch(prototype: Prototype): void {
    if (patched.has(prototype)) return
    patched.add(prototype)
    restore.push(
      wrap(prototype, 'emit', (_, args) => fence(() => onEmit(args), options.onError)),
      wrap(prototype, 'callback', (self) => fence(() => insert(self), options.onError)),
      wrap(prototype, 'registerResponseMode', (self) => fence(() => insert(self), options.onError)),
    )
  }

  const library: Library = {
    name: 'oidc-provider',
    entry: /\/node_modules\/oidc-provider\/lib\/index\.js$/,
    onLoad: (exports) => {
      const provider = exports.Provider ?? exports.default
      if (typeof provider === 'function') patch(provider.prototype as Prototype)
    },
  }
  const disable = (): void => {
    isEnabled = false
    for (const undo of restore.splice(0).reverse()) undo()
  }
  return { library, disable }
}

/** Runs `before`, then the method as it was found at the time of the call; returns how to undo. */
function wrap(
  prototype: Prototype,
  name: keyof Prototype,
  before: (self: Provider, args: readonly unknown[]) => void,
): () => void {
  const original = prototype[name]
  if (typeof original !== 'function') return () => undefined
  const own = Object.getOwnPropertyDescriptor(prototype, name)
  const wrapper = {
    [name](this: Provider, ...args: unknown[]): unknown {
      before(this, args)
      return original.apply(this, args)
    },
  }[name] as Method
  Object.defineProperty(wrapper, 'length', { value: original.length, configurable: true })
  Object.defineProperty(prototype, name, {
    value: wrapper,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  })
  return () => {
    // Somebody who wrapped it after us still calls our wrapper; it does nothing any more.
    if (prototype[name] !== wrapper) return
    if (own === undefined) delete (prototype as Partial<Prototype>)[name]
    else Object.defineProperty(prototype, name, own)
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
