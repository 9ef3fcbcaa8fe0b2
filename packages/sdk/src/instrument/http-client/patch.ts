// HTTP clients: gives every OAuth library a record, by what it sends and gets. A library's own
// hooks, which know more, take the exchange over (scopes.ts).
import { createCalls } from '../client-call/call.ts'
import type { Instrument, TokenHookOptions } from '../instrument.ts'
import { createReplacements, type Replacements } from '../members.ts'
import type { Library } from '../modules.ts'
import { isObject } from '../unknown.ts'
import { type FetchOptions, wrapFetch } from './fetch.ts'
import { watchNodeHttp } from './node-http.ts'
import { watchUndici } from './undici.ts'
import { createWatch } from './watch.ts'

/** See the head of this file. */
export function instrumentHttpClients(hooks: TokenHookOptions): Instrument {
  const { scopes, roleClaims, onError } = hooks
  const calls = createCalls(hooks)
  const watch = createWatch({ scopes, calls, roleClaims, onError })
  let isStopped = false
  const options = { watch, isStopped: () => isStopped, onError }
  const replacements = createReplacements()
  const restore = [
    replacements.restore,
    replaceFetch({ ...options, library: 'fetch' }),
    watchNodeHttp(watch, onError),
    watchUndici(watch, onError),
  ]
  return {
    libraries: [undiciLibrary({ ...options, library: 'undici' }, replacements)],
    isHooked: watch.hasSeen,
    settle: calls.settle,
    disable: () => {
      isStopped = true
      calls.stop()
      for (const undo of restore) undo()
    },
  }
}

/** Returns how to undo it, which leaves a `fetch` that somebody put over ours. */
function replaceFetch(options: FetchOptions): () => void {
  const before = Object.getOwnPropertyDescriptor(globalThis, 'fetch')
  if (typeof before?.value !== 'function' || before.configurable !== true) return () => undefined
  const ours: unknown = wrapFetch(before.value, options)
  Object.defineProperty(globalThis, 'fetch', { ...before, value: ours })
  return () => {
    const { value } = Object.getOwnPropertyDescriptor(globalThis, 'fetch') ?? {}
    if (value === ours) Object.defineProperty(globalThis, 'fetch', before)
  }
}

/** npm's undici, a CommonJS module: its exports object is also the default of its namespace. */
function undiciLibrary(options: FetchOptions, { replace }: Replacements): Library {
  return {
    name: 'undici',
    entry: /\/node_modules\/undici\/index\.js$/,
    setsMembers: true,
    onLoad: (exports) => {
      for (const one of [exports, exports.default]) {
        if (isObject(one))
          replace(one as Record<string, unknown>, 'fetch', (fetch) => wrapFetch(fetch, options))
      }
    },
  }
}
