import { fence, type OnHookError } from '../fence.ts'

type Method = (this: unknown, ...args: unknown[]) => unknown

/**
 * Calls `before` with the arguments of each call of one object's method, and then the method. The
 * method becomes the object's own, which does not show when it is printed or listed. Returns how to
 * undo; twice is fine.
 */
export function tap(
  object: object,
  name: string,
  before: (args: readonly unknown[]) => void,
  onError: OnHookError,
): () => void {
  const own = Object.getOwnPropertyDescriptor(object, name)
  const original = Reflect.get(object, name) as Method
  if (typeof original !== 'function' || own?.configurable === false) return () => undefined
  let isOn = true
  const tapped = new Proxy(original, {
    apply(target, self, args) {
      if (isOn) fence(() => before(args), onError)
      return Reflect.apply(target, self, args) as unknown
    },
  })
  Object.defineProperty(object, name, {
    value: tapped,
    writable: true,
    configurable: true,
    enumerable: own?.enumerable ?? false,
  })
  return () => {
    isOn = false
    // Somebody who wrapped it after us still calls it; it does nothing any more.
    if (Object.getOwnPropertyDescriptor(object, name)?.value !== tapped) return
    if (own === undefined) Reflect.deleteProperty(object, name)
    else Object.defineProperty(object, name, own)
  }
}
