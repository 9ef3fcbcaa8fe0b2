// What the provider reads from its storage, seen at `BaseModel.verify`, through which every stored
// token, code, grant and session goes. The library says "not found" of many things that it found,
// and a failed request has no user to show; here is why, and whose it was.
import { fence, type OnHookError } from '../fence.ts'
import { isObject, record, text } from '../unknown.ts'
import { asOriginal } from '../wrap.ts'
import type { Found } from './context.ts'

interface Model {
  verify?: (this: unknown, ...args: unknown[]) => unknown
}

const inherited = { writable: true, configurable: true, enumerable: false }

/**
 * Returns what hooks the models of one provider, once; where they are not as expected it does
 * nothing. `onFound` gets each stored object before the library looks at it. The hooks stay, for a
 * list of providers to unhook would keep them all alive: `onFound` has to tell when it is over.
 */
export function watchStorage(
  onFound: (found: Found) => void,
  onError: OnHookError,
): (provider: object) => void {
  const watched = new WeakSet<object>()

  function hook(model: Model): void {
    const { verify } = model
    if (typeof verify !== 'function' || watched.has(model)) return
    watched.add(model)
    const wrapper = {
      verify(this: unknown, ...args: unknown[]): unknown {
        fence(() => see(this, args[0], onFound), onError)
        return verify.apply(this, args)
      },
    }.verify
    // In 9.0 it is inherited, and the models below are given their own: it has to be writable.
    const own = Object.getOwnPropertyDescriptor(model, 'verify') ?? inherited
    Object.defineProperty(model, 'verify', { ...own, value: asOriginal(wrapper, verify) })
  }

  return (provider) => {
    // Made once and kept by the provider itself; its parent is the model of all models.
    const { BaseToken } = record(provider)
    if (typeof BaseToken === 'function') hook(Object.getPrototypeOf(BaseToken) as Model)
  }
}

function see(model: unknown, stored: unknown, onFound: (found: Found) => void): void {
  if (!isObject(stored)) return
  const members = record(stored)
  const kind = text(members.kind) ?? text((model as { name?: unknown } | null)?.name)
  if (kind !== null) onFound({ kind, stored: members })
}
