type Method = (this: unknown, ...args: unknown[]) => unknown

/** `wrapper` with the arity and the kind (async or not) of what it stands for. */
export function asOriginal<T extends object>(wrapper: T, original: object): T {
  const { length } = original as { length?: unknown }
  Object.defineProperty(wrapper, 'length', { value: length, configurable: true })
  return Object.setPrototypeOf(wrapper, Object.getPrototypeOf(original) as object) as T
}

/**
 * Calls `after` with what a method was called on, with and gave; the caller gets the latter, or
 * what the method throws. Returns how to undo. Nothing happens where there is no such method.
 */
export function wrapMethod(
  target: object,
  name: string,
  after: (self: unknown, args: readonly unknown[], result: unknown) => void,
): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name)
  const found: unknown = own?.value
  if (own === undefined || typeof found !== 'function') return () => undefined
  const method = {
    [name](this: unknown, ...args: unknown[]): unknown {
      const result: unknown = (found as Method).apply(this, args)
      after(this, args, result)
      return result
    },
  }[name]!
  const wrapper = asOriginal(method, found)
  Object.defineProperty(target, name, { ...own, value: wrapper })
  return () => {
    // Somebody who wrapped it after us still calls our wrapper.
    if (Object.getOwnPropertyDescriptor(target, name)?.value === wrapper) {
      Object.defineProperty(target, name, own)
    }
  }
}
