// Tells when an instrumented library was loaded: `import` through import-in-the-middle, `require`
// (also of ES modules) through require-in-the-middle. Both are needed; neither sees the other's.
//
// import-in-the-middle's ready-made entry points share one include list per process. The
// application's own OpenTelemetry set-up may use them, and the last list would win for both. So the
// loader hook is our own instance, with a list that names our libraries only.
import * as module from 'node:module'
import type { ResolveHookSync } from 'node:module'
import { isModuleNamespaceObject } from 'node:util/types'
import { addHook, removeHook } from 'import-in-the-middle'
import { createHook } from 'import-in-the-middle/create-hook.mjs'
import { supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs'
import { Hook as RequireHook } from 'require-in-the-middle'
import { fence, type OnHookError } from './fence.ts'
import { createForeignLoaders } from './foreign-loaders.ts'

/** A library: where its main module lies, and what to do with its exports. */
export interface Library {
  readonly name: string
  /** The end of its main ES module's URL. */
  readonly entry: RegExp
  /** Called once per load, with a namespace or a CommonJS exports object. Idempotent. */
  readonly onLoad: (exports: Record<string, unknown>) => void
  /**
   * `onLoad` sets members. The namespace that `require` of an ES module gives cannot be changed;
   * the application gets a copy of it then.
   */
  readonly setsMembers?: boolean
}

/** Starts telling; returns how to stop. The loader hook itself stays: Node cannot remove it. */
export function watchModules(libraries: readonly Library[], onError: OnHookError): () => void {
  const onImport = (url: string, exports: Record<string, unknown>): void => {
    const library = libraries.find(({ entry }) => entry.test(url))
    if (library !== undefined) fence(() => library.onLoad(exports), onError)
  }
  const foreign = createForeignLoaders(hookUrl(), onImport, onError)
  onResolved = foreign.onResolved
  registerLoader(libraries)
  addHook(onImport)
  const names = libraries.map(({ name }) => name)
  const requireHook = new RequireHook(names, <T>(exports: T, name: string): T => {
    const library = libraries.find((one) => one.name === name)
    return library === undefined ? exports : onRequire(library, exports, onError)
  })
  return () => {
    removeHook(onImport)
    foreign.leave()
    onResolved = () => undefined
    requireHook.unhook()
  }
}

/** What `require` gives: the exports, or a copy of a namespace whose members were set. */
function onRequire<T>(library: Library, exports: T, onError: OnHookError): T {
  const isSealed = library.setsMembers === true && isModuleNamespaceObject(exports)
  const own = isSealed ? copyOf(exports) : exports
  const isPatched = fence(() => (library.onLoad(own as Record<string, unknown>), true), onError)
  return isPatched === true ? own : exports
}

/** The members as they are now; the bindings of libraries do not change after they are loaded. */
function copyOf<T>(namespace: T): T {
  const copy = {}
  for (const key of Reflect.ownKeys(namespace as object)) {
    const value: unknown = Reflect.get(namespace as object, key)
    const enumerable = typeof key === 'string'
    Object.defineProperty(copy, key, { value, enumerable, configurable: true, writable: true })
  }
  return copy as T
}

let isRegistered = false
/** Of whoever watches now. */
let onResolved: (url: string) => void = () => undefined

function registerLoader(libraries: readonly Library[]): void {
  if (isRegistered) return
  isRegistered = true
  const include = libraries.map(({ entry }) => entry)
  const watched = (resolve: ResolveHookSync): ResolveHookSync => {
    return (specifier, context, next) => {
      const resolved = resolve(specifier, context, next)
      onResolved(resolved.url)
      return resolved
    }
  }
  if (supportsSyncHooks()) {
    const { applyOptions, resolveSync, loadSync } = createHook({ url: hookUrl() })
    applyOptions({ include })
    module.registerHooks({ resolve: watched(resolveSync), load: loadSync })
  } else {
    // A query makes it another module instance than the application's own, with its own list.
    module.register(`${hookUrl()}?grantlog`, { data: { include } })
    module.registerHooks({
      resolve: watched((specifier, context, next) => next(specifier, context)),
    })
  }
}

function hookUrl(): string {
  return import.meta.resolve('import-in-the-middle/hook.mjs')
}
