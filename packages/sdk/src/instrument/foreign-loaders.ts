// Other copies of import-in-the-middle, such as the one that an application's OpenTelemetry has. A
// module that one copy has taken is left alone by all others, so whoever comes first would be the
// only one who is told of it. Each copy has a list of its own of whom to tell; we are on each.
import { createRequire } from 'node:module'
import { fence, type OnHookError } from './fence.ts'

type OnImport = (url: string, exports: Record<string, unknown>) => void

interface Copy {
  readonly addHook: (hook: OnImport) => void
  readonly removeHook: (hook: OnImport) => void
}

/** What the wrappers of modules import; it is loaded before the first of them is. */
const registry = '/import-in-the-middle/lib/register.js'

export interface ForeignLoaders {
  /** Given the URL of each module that is found. */
  readonly onResolved: (url: string) => void
  /** Takes us off all lists. */
  readonly leave: () => void
}

/** `own` is the URL of our copy's hook.mjs. */
export function createForeignLoaders(
  own: string,
  onImport: OnImport,
  onError: OnHookError,
): ForeignLoaders {
  const known = new Set([new URL('lib/register.js', own).href])
  const copies: Copy[] = []

  function adopt(url: string, isLast: boolean): void {
    const copy = createRequire(url)('../index.js') as Copy
    if ('addHook' in copy) {
      copy.addHook(onImport)
      copies.push(copy)
    } else if (!isLast) {
      // It is being loaded here and now, and what it exports is still to come.
      queueMicrotask(() => void fence(() => adopt(url, true), onError))
    }
  }

  return {
    onResolved: (url) => {
      if (!url.endsWith(registry) || known.has(url)) return
      known.add(url)
      fence(() => adopt(url, false), onError)
    },
    leave: () => {
      for (const copy of copies.splice(0)) fence(() => copy.removeHook(onImport), onError)
    },
  }
}
