/** Members of modules' exports, replaced by wrappers. */
export interface Replacements {
  /**
   * Puts `make(original)` in the place of a function. The same function has the same wrapper
   * wherever it is exported, and a wrapper gets none. What is no function stays.
   */
  readonly replace: (
    exports: Record<string, unknown>,
    name: string,
    make: (original: object) => unknown,
  ) => void
  readonly isEmpty: () => boolean
  /** Puts the originals back, where nobody has put something else. */
  readonly restore: () => void
}

export function createReplacements(): Replacements {
  const wrappers = new WeakMap<object, unknown>()
  const isWrapper = new WeakSet<object>()
  const undo: (() => void)[] = []
  return {
    replace: (exports, name, make) => {
      const original = exports[name]
      if (typeof original !== 'function' || isWrapper.has(original)) return
      const wrapper = wrappers.get(original) ?? make(original)
      wrappers.set(original, wrapper)
      isWrapper.add(wrapper as object)
      exports[name] = wrapper
      undo.push(() => {
        if (exports[name] === wrapper) exports[name] = original
      })
    },
    isEmpty: () => undo.length === 0,
    restore: () => {
      for (const one of undo.splice(0).reverse()) one()
    },
  }
}
