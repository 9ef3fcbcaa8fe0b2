// oidc-provider 9 (a Koa application, ES module). Nothing of its namespace is replaced: a few
// members of the prototype of its class are wrapped, so subclasses, several providers and
// `require(esm)` work.
//
// - `emit`: the provider's events carry what the response hides, such as the real error.
// - a Koa middleware in front of all others sees each request once, from start to end. It is put in
//   by `registerResponseMode`, which the constructor calls before its own middleware is there, and
//   by `callback`, for a provider made before we came. A provider mounted by koa-mount is composed
//   from `middleware` and never calls `callback`; one mounted in Express is the other way round.
// - `OIDCContext` is asked for when a request reaches a route, before anything else happens there.
// - `interactionDetails` and `interactionResult` are how the application's own pages to log in and
//   consent talk with the library: interaction.ts.
// - `backchannelResult`, and events outside of requests: outside.ts.
// - the models' `verify`: storage.ts.
import { fence } from '../fence.ts'
import type { Instrument, TokenHookOptions } from '../instrument.ts'
import type { Library } from '../modules.ts'
import { createInteractions } from './interaction.ts'
import { createOutside } from './outside.ts'
import { watchStorage } from './storage.ts'
import { createWitness, type Middleware } from './witness.ts'
import { wrapGetter, wrapBefore, wrapPromise } from './wrap.ts'

/** A provider, as far as we touch it. */
interface Provider {
  middleware?: Middleware[]
}

/** Its class; `ctx` is the context of the request that is served here and now. */
interface ProviderClass {
  readonly ctx?: unknown
}

/** See the head of this file. Nothing happens before the library is loaded. */
export function instrumentOidcProvider(options: TokenHookOptions): Instrument {
  const { onError } = options
  const classes = new Set<ProviderClass>()
  const current = (): unknown => {
    for (const { ctx } of classes) if (ctx !== undefined) return ctx
    return undefined
  }
  const witness = createWitness({ ...options, current })
  const interactions = createInteractions(options)
  const outside = createOutside(options)
  const watchModels = watchStorage(witness.onFound, onError)
  const patched = new WeakSet<object>()
  const restore: (() => void)[] = []
  let isEnabled = true

  function adopt(provider: Provider): void {
    const { middleware } = provider
    if (!isEnabled || !Array.isArray(middleware)) return
    if (!middleware.includes(witness.middleware)) middleware.unshift(witness.middleware)
    watchModels(provider)
  }

  function patch(prototype: object): void {
    if (patched.has(prototype)) return
    patched.add(prototype)
    const adopting = (self: object): void => void fence(() => adopt(self), onError)
    restore.push(
      wrapBefore(prototype, 'emit', (self, args) => {
        fence(() => witness.onEmit(args), onError)
        fence(() => interactions.onEmit(args), onError)
        if (current() === undefined) fence(() => outside.onEmit(self, args), onError)
      }),
      wrapBefore(prototype, 'callback', adopting),
      wrapBefore(prototype, 'registerResponseMode', adopting),
      wrapGetter(prototype, 'OIDCContext', () => void fence(witness.onRoute, onError)),
      wrapPromise(prototype, 'interactionDetails', interactions.onDetails, onError),
      wrapPromise(prototype, 'interactionResult', interactions.onResult, onError),
      wrapPromise(prototype, 'backchannelResult', outside.onAnswer, onError),
    )
  }

  const library: Library = {
    name: 'oidc-provider',
    entry: /\/node_modules\/oidc-provider\/lib\/index\.js$/,
    onLoad: (exports) => {
      const provider = exports.Provider ?? exports.default
      if (typeof provider !== 'function') return
      const prototype = provider.prototype as object
      // Up to 8 it is no Koa application, but has one that nobody reaches.
      if ('app' in prototype && !('createContext' in prototype)) return
      patch(prototype)
      classes.add(provider as ProviderClass)
    },
  }
  const disable = (): void => {
    isEnabled = false
    witness.stop()
    interactions.stop()
    outside.stop()
    for (const undo of restore.splice(0).reverse()) undo()
  }
  const isHooked = (): boolean => restore.length > 0
  const settle = async (timeoutMs: number): Promise<number> => {
    const left = await Promise.all([witness.settle(timeoutMs), interactions.settle(timeoutMs)])
    return left[0] + left[1]
  }
  return { libraries: [library], isHooked, settle, disable }
}
