/**
 * An object in front of another, with members of its own in the place of some. All else the
 * original is asked for itself: what its getters read may be private.
 */
export function inFront(original: object, own: Readonly<Record<string, unknown>>): object {
  const get = (key: string | symbol): unknown =>
    Object.hasOwn(own, key) ? own[String(key)] : Reflect.get(original, key, original)
  // Its target is empty, for of a frozen one nothing else may be told.
  return new Proxy(
    {},
    {
      getPrototypeOf: () => Reflect.getPrototypeOf(original),
      has: (_, key) => Reflect.has(original, key),
      get: (_, key) => get(key),
      set: (_, key, value) => Reflect.set(original, key, value),
      ownKeys: () => Reflect.ownKeys(original),
      getOwnPropertyDescriptor: (_, key) => {
        const there = Reflect.getOwnPropertyDescriptor(original, key)
        const { enumerable = false } = there ?? {}
        return there && { get: () => get(key), enumerable, configurable: true }
      },
    },
  )
}
