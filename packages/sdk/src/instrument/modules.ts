// Tells when an instrumented library was loaded: `import` through import-in-the-middle, `require`
// (also of ES modules) through require-in-the-middle. Both are needed; neither sees the other's.
//
// import-in-the-middle's ready-made entry points share one include list per process. The
// application's own OpenTelemetry set-up may use them, and the last list would win for both. So the
// loader hook is our own instance, with a list that names our libraries only.
import * as module from 'node:module'
import type { ResolveHookSync } from 'node:module'
import { isAbsolute, parse } from 'node:path'
import { isModuleNamespaceObject } from 'node:util/types'
import { addHook, removeHook } from 'import-in-the-middle'
import { createHook } from 'import-in-the-middle/create-hook.mjs'
import { supportsSyncHooks } from 'import-in-the-middle/register-hooks.mjs'
import { Hook as RequireHook } from 'require-in-the-middle'
import { fence, type OnHookError } from './fence.ts'
import { createForeignLoaders } from './foreign-loaders.ts'
import { isObject } from './unknown.ts'

/** A library: where its main module lies, and what to do with its exports. */
export interface Library {
  readonly name: string
  /** The end of its main ES module's URL. */
  readonly entry: RegExp
  /**
   * Called once per load, with a namespace or a CommonJS exports object. Idempotent. If it gives an
   * object, `require` gives that in place of the exports.
   */
  readonly onLoad: (exports: Record<string, unknown>) => unknown
  /**
   * `onLoad` sets members. The namespace that `require` of an ES module gives cannot be changed;
   * the application gets a copy of it then.
   */
  readonly setsMembers?: boolean
}

/** Starts telling; returns how to stop. The loader hook itself stays: Node cannot remove it. */
export function watchModules(libraries: readonly Library[], onError: OnHookError): () => void {
  const onImport = (url: string, exports: Record<string, unknown>): void => {
    for (const { entry, onLoad } of libraries) {
      if (entry.test(url)) fence(() => onLoad(exports), onError)
    }
  }
  const foreign = createForeignLoaders(hookUrl(), onImport, onError)
  onResolved.add(foreign.onResolved)
  registerLoader(libraries)
  addHook(onImport)
  const names = libraries.map(({ name }) => name)
  const requireHook = new RequireHook(names, <T>(exports: T, name: string, folder?: string): T =>
    libraries
      .filter((one) => one.name === name || isFile(one.name, name, folder))
      .reduce((given, library) => onRequire(library, given, onError), exports),
  )
  return () => {
    removeHook(onImport)
    foreign.leave()
    onResolved.delete(foreign.onResolved)
    requireHook.unhook()
  }
}

/** Files outside of packages are told by their folder and their name without its ending. */
function isFile(path: string, name: string, folder: string | undefined): boolean {
  if (folder === undefined || !isAbsolute(path)) return false
  const own = parse(path)
  return own.dir === folder && own.name === name
}

/** What `require` gives: the exports, or what `onLoad` makes of them or of a copy. */
function onRequire<T>(library: Library, exports: T, onError: OnHookError): T {
  const isSealed = library.setsMembers === true && isModuleNamespaceObject(exports)
  const own = isSealed ? copyOf(exports) : exports
  const loaded = fence(() => ({ given: library.onLoad(own as Record<string, unknown>) }), onError)
  if (loaded === null) return exports
  const { given } = loaded
  return isObject(given) || typeof given === 'function' ? (given as T) : own
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

/** Of all who watch now. */
const onResolved = new Set<(url: string) => void>()
/** What the one loader hook of this thread looks at; it cannot be taken out. */
const included: RegExp[] = []
let extend: (() => void) | null = null

function registerLoader(libraries: readonly Library[]): void {
  included.push(...libraries.map(({ entry }) => entry))
  if (extend !== null) return extend()
  if (supportsSyncHooks()) {
    const { applyOptions, resolveSync, loadSync } = createHook({ url: hookUrl() })
    extend = () => applyOptions({ include: included })
    extend()
    module.registerHooks({ resolve: watched(resolveSync), load: loadSync })
  } else {
    // A query makes it another module instance than the application's own, with its own list. It
    // runs in another thread, and its list stays as it is.
    extend = () => undefined
    module.register(`${hookUrl()}?grantlog`, { data: { include: included } })
    module.registerHooks({
      resolve: watched((specifier, context, next) => next(specifier, context)),
    })
  }
}

function watched(resolve: ResolveHookSync): ResolveHookSync {
  return (specifier, context, next) => {
    const resolved = resolve(specifier, context, next)
    for (const tell of onResolved) tell(resolved.url)
    return resolved
  }
}

function hookUrl(): string {
  return import.meta.resolve('import-in-the-middle/hook.mjs')
}
