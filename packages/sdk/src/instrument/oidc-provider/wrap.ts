// Wraps members of a prototype so that nobody notices: same name, arity, `this`, result and errors.
// What sees is called first. Each returns how to undo; somebody who wrapped the
// member after us still calls our wrapper, and the wrapper of a stopped hook sees to nothing.

import { fence, type OnHookError } from '../fence.ts'
import { asOriginal } from '../wrap.ts'

type Method = (this: object, ...args: unknown[]) => unknown
type Args = readonly unknown[]

const nothing = (): void => undefined

/**
 * A method, the prototype's own, or the one that it inherits at the time of the call, for others
 * wrap methods, too. `see` must not throw.
 */
export function wrapBefore(
  prototype: object,
  name: string,
  see: (self: object, args: Args) => void,
): () => void {
  return replaceMethod(prototype, name, (original) => ({
    [name](this: object, ...args: unknown[]): unknown {
      see(this, args)
      return original().apply(this, args)
    },
  }))
}

/** How a promise ended. */
export type Settled = { readonly value: unknown } | { readonly error: unknown }

/** A method that gives a promise; what `see` returns is called when it has ended. Both fenced. */
export function wrapPromise(
  prototype: object,
  name: string,
  see: (self: object, args: Args) => ((settled: Settled) => void) | null,
  onError: OnHookError,
): () => void {
  return replaceMethod(prototype, name, (original) => ({
    [name](this: object, ...args: unknown[]): unknown {
      const onEnd = fence(() => see(this, args), onError)
      const result = original().apply(this, args)
      if (onEnd === null || !(result instanceof Promise)) return result
      return watched(result, (settled) => void fence(() => onEnd(settled), onError))
    },
  }))
}

/** The promise that the application gets: a rejection that nobody handles stays unhandled. */
async function watched(
  promise: Promise<unknown>,
  onEnd: (settled: Settled) => void,
): Promise<unknown> {
  try {
    const value = await promise
    onEnd({ value })
    return value
  } catch (error) {
    onEnd({ error })
    throw error
  }
}

/** A getter of the prototype's own. `see` must not throw. */
export function wrapGetter(prototype: object, name: string, see: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(prototype, name)
  const { get } = own ?? {}
  if (own === undefined || get === undefined || !own.configurable) return nothing
  const wrapper = {
    get [name](): unknown {
      see()
      return get.call(this)
    },
  }
  const ours = Object.getOwnPropertyDescriptor(wrapper, name)!.get!
  Object.defineProperty(prototype, name, { ...own, get: ours })
  return () => {
    if (Object.getOwnPropertyDescriptor(prototype, name)?.get !== ours) return
    Object.defineProperty(prototype, name, own)
  }
}

function replaceMethod(
  prototype: object,
  name: string,
  wrap: (original: () => Method) => Record<string, Method>,
): () => void {
  const members = prototype as Record<string, unknown>
  const own = Object.getOwnPropertyDescriptor(prototype, name)
  const parent = Object.getPrototypeOf(prototype) as Record<string, Method>
  const found = members[name]
  if (typeof found !== 'function') return nothing
  const method = wrap(() => (own === undefined ? parent[name]! : (found as Method)))[name]!
  const wrapper = asOriginal(method, found)
  Object.defineProperty(prototype, name, {
    value: wrapper,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  })
  return () => {
    if (members[name] !== wrapper) return
    if (own === undefined) delete members[name]
    else Object.defineProperty(prototype, name, own)
  }
}
