type Method = (this: unknown, ...args: unknown[]) => unknown

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
  const wrapper = {
    [name](this: unknown, ...args: unknown[]): unknown {
      const result: unknown = (found as Method).apply(this, args)
      after(this, args, result)
      return result
    },
  }[name]!
  Object.defineProperty(wrapper, 'length', { value: found.length, configurable: true })
  Object.defineProperty(target, name, { ...own, value: wrapper })
  return () => {
    // Somebody who wrapped it after us still calls our wrapper.
    if (Object.getOwnPropertyDescriptor(target, name)?.value === wrapper) {
      Object.defineProperty(target, name, own)
    }
  }
}
