declare module 'import-in-the-middle/create-hook.mjs' {
  import type { LoadHookSync, ResolveHookSync } from 'node:module'
  /** One loader hook with its own options; `url` is that of import-in-the-middle/hook.mjs. */
  export function createHook(meta: { url: string }): {
    applyOptions: (options: {
      include?: (string | RegExp)[]
      exclude?: (string | RegExp)[]
    }) => void
    resolveSync: ResolveHookSync
    loadSync: LoadHookSync
  }
}
