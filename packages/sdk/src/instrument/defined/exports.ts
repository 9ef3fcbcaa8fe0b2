// Puts wrappers into what a module exports. Most exports are objects whose members can be set. The
// namespace that `require` of an ES module gives cannot be changed, and neither can members that
// are getters, as compilers make them: there the application gets a copy.
import { SdkError } from '../../codes.ts'
import type { AnyFunction } from './definition.ts'

type Key = string | symbol
type Make = (original: AnyFunction) => AnyFunction

/** The wrappers of one module. */
export interface Patches {
  /** Puts wrappers in; gives what takes the place of the exports, which mostly is themselves. */
  readonly apply: (exports: object, makes: Readonly<Record<string, Make>>) => object
  /** Whether there are any. */
  readonly areSet: () => boolean
  /** Puts the originals back, where nobody has put something else. */
  readonly restore: () => void
}

export function createPatches(): Patches {
  const { wrapperOf, isWrapper } = createWrappers()
  const copies = new WeakMap<object, object>()
  const undo: (() => void)[] = []

  /** Sets a member; false: it cannot be set. */
  function set(owner: object, key: Key, wrapper: unknown): boolean {
    const before = Object.getOwnPropertyDescriptor(owner, key)
    const original: unknown = Reflect.get(owner, key)
    if (!assign(owner, key, wrapper, before)) return false
    undo.push(() => {
      if (Reflect.get(owner, key) !== wrapper) return
      if (before === undefined) Reflect.deleteProperty(owner, key)
      else if (before.get !== undefined) Object.defineProperty(owner, key, before)
      else Reflect.set(owner, key, original)
    })
    return true
  }

  /** Sets a member of a member; gives the root, or its copy. */
  function put(root: object, [key = '', ...rest]: readonly string[], value: unknown): object {
    if (rest.length > 0) {
      const inner = memberOf(root, key)
      const own = isOwner(inner) ? put(inner, rest, value) : inner
      return own === inner ? root : put(root, [key], own)
    }
    if (set(root, key, value)) return root
    const copy = copies.get(root) ?? copyOf(root)
    copies.set(root, copy)
    set(copy, key, value)
    return copy
  }

  function hook(root: object, target: string, make: Make): object {
    const [path = '', method] = target.split('#')
    const names = path.split('.').filter((name) => name !== '')
    const all = method === undefined ? names : [...names, 'prototype', method]
    const wrapper = wrapperOf(target, all.reduce<unknown>(memberOf, root), make)
    return wrapper === null ? root : put(root, all, wrapper)
  }

  /** The exports themselves, as CommonJS has them: `module.exports = function`. */
  function hookRoot(root: object, make: Make | undefined): object {
    const wrapper = make === undefined ? null : wrapperOf('default', root, make)
    if (wrapper !== null) undo.push(() => undefined)
    return wrapper ?? root
  }

  function hookAll(exports: object, makes: Readonly<Record<string, Make>>): object {
    return Object.entries(makes).reduce((root, [target, make]) => hook(root, target, make), exports)
  }

  return {
    apply: (exports, makes) => {
      const isTwice = hasTwoNames(exports)
      const own = hookAll(exports, makes)
      if (isTwice) set(own, 'module.exports', memberOf(own, 'default'))
      // What `import` of CommonJS calls `default` are the exports themselves.
      const inner = memberOf(own, 'default')
      const isOther = isOwner(inner) && inner !== exports && !isWrapper(inner)
      const patched = isOther ? hookAll(inner, makes) : inner
      if (patched !== inner) set(own, 'default', patched)
      return hookRoot(own, makes.default)
    },
    areSet: () => undo.length > 0,
    restore: () => {
      for (const one of undo.splice(0).reverse()) one()
    },
  }
}

/** Node calls what CommonJS exports `module.exports`, too. */
function hasTwoNames(exports: object): boolean {
  const main = memberOf(exports, 'module.exports')
  return main !== undefined && main === memberOf(exports, 'default')
}

interface Wrappers {
  /** The wrapper of a function, always the same; null: it is no function, or is one itself. */
  readonly wrapperOf: (target: string, original: unknown, make: Make) => AnyFunction | null
  readonly isWrapper: (value: object) => boolean
}

function createWrappers(): Wrappers {
  const wrappers = new Map<string, WeakMap<object, AnyFunction>>()
  const all = new WeakSet<object>()
  return {
    isWrapper: (value) => all.has(value),
    wrapperOf: (target, original, make) => {
      if (typeof original !== 'function' || all.has(original)) return null
      let own = wrappers.get(target)
      if (own === undefined) wrappers.set(target, (own = new WeakMap()))
      const wrapper = own.get(original) ?? make(original as AnyFunction)
      own.set(original, wrapper)
      all.add(wrapper)
      return wrapper
    },
  }
}

function isOwner(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function memberOf(owner: unknown, name: string): unknown {
  return isOwner(owner) ? Reflect.get(owner, name) : undefined
}

function assign(
  owner: object,
  key: Key,
  wrapper: unknown,
  before: PropertyDescriptor | undefined,
): boolean {
  if (before?.get !== undefined) {
    if (before.configurable !== true) return false
    return Reflect.defineProperty(owner, key, {
      ...{
        value: wrapper,
        enumerable: before.enumerable === true,
        configurable: true,
        writable: true,
      },
    })
  }
  // A method that is inherited gets a place of its own.
  if (before === undefined) {
    return Reflect.defineProperty(owner, key, {
      value: wrapper,
      configurable: true,
      writable: true,
    })
  }
  return Reflect.set(owner, key, wrapper) && Reflect.get(owner, key) === wrapper
}

/** Getters stay getters, for what they give may not be there yet. A class has no copy. */
function copyOf(exports: object): object {
  if (typeof exports === 'function' || Object.hasOwn(exports, 'constructor')) {
    throw new SdkError('INSTRUMENTATION_INVALID', 'a class that is frozen')
  }
  const descriptors = Object.getOwnPropertyDescriptors(exports) as Record<Key, PropertyDescriptor>
  for (const key of Reflect.ownKeys(descriptors)) {
    const own = descriptors[key]!
    own.configurable = true
    if (own.get === undefined) own.writable = true
  }
  return Object.create(Object.getPrototypeOf(exports) as object | null, descriptors) as object
}
