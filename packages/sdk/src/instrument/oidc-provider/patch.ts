// oidc-provider 9 (a Koa application, ES module). Nothing of its namespace is replaced: two methods
// are added to the prototype of its class, so subclasses, several providers and `require(esm)`
// work.
//
// - `emit`: the provider's events carry what the response hides, such as the real error.
// - a Koa middleware in front of all others sees each request once, from start to end. It is put in
//   by `registerResponseMode`, which the constructor calls before its own middleware is there, and
//   by `callback`, for a provider made before we came. A provider mounted by koa-mount is composed
//   from `middleware` and never calls `callback`; one mounted in Express is the other way round.
import { fence } from '../fence.ts'
import type { HookOptions, Instrument } from '../instruments.ts'
import type { Library } from '../modules.ts'
import { createWitness, type Middleware } from './witness.ts'

type Method = (this: Provider, ...args: unknown[]) => unknown

interface Provider {
  middleware?: Middleware[]
}

type Prototype = Record<'emit' | 'callback' | 'registerResponseMode', Method>

/** See the head of this file. Nothing happens before the library is loaded. */
export function instrumentOidcProvider(options: HookOptions): Instrument {
  const { onError } = options
  const witness = createWitness(options)
  const patched = new WeakSet<object>()
  const restore: (() => void)[] = []
  let isEnabled = true

  function insert({ middleware }: Provider): void {
    if (!isEnabled || !Array.isArray(middleware)) return
    if (!middleware.includes(witness.middleware)) middleware.unshift(witness.middleware)
  }

  function patch(prototype: Prototype): void {
    if (patched.has(prototype)) return
    patched.add(prototype)
    restore.push(
      wrap(prototype, 'emit', (_, args) => fence(() => witness.onEmit(args), onError)),
      wrap(prototype, 'callback', (self) => fence(() => insert(self), onError)),
      wrap(prototype, 'registerResponseMode', (self) => fence(() => insert(self), onError)),
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
    witness.stop()
    for (const undo of restore.splice(0).reverse()) undo()
  }
  const isHooked = (): boolean => restore.length > 0
  return { libraries: [library], isHooked, settle: witness.settle, disable }
}

/**
 * Runs `before`, then the method: the prototype's own, or the one that it inherits at the time of
 * the call, for others wrap methods, too. Returns how to undo.
 */
function wrap(
  prototype: Prototype,
  name: keyof Prototype,
  before: (self: Provider, args: readonly unknown[]) => void,
): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name)
  const parent = Object.getPrototypeOf(prototype) as Prototype
  const found = prototype[name]
  if (typeof found !== 'function') return () => undefined
  const wrapper = {
    [name](this: Provider, ...args: unknown[]): unknown {
      before(this, args)
      const original = own === undefined ? parent[name] : found
      return original.apply(this, args)
    },
  }[name] as Method
  Object.defineProperty(wrapper, 'length', { value: found.length, configurable: true })
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
