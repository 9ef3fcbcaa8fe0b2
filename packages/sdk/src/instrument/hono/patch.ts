// Hono 4 and, from 3.9 on, 3 (both kinds of modules). Its router is asked once for each request, in
// the scope of that request, and gives the handlers that fit, each with its route. The router that
// `new Hono()` makes replaces its own `match` at the first call; so its class is hooked, and after
// that call the instance. A router that the application passes itself is not seen.
import { fenced } from '../fence.ts'
import { type Framework, wholeRoute } from '../framework.ts'
import type { HookOptions, Instrument } from '../instrument.ts'
import { isObject, membersOf, record, text } from '../unknown.ts'
import { wrapMethod } from '../wrap.ts'

/** What the router gave: `[[[handler, route], …], …]`. */
const hono: Framework = {
  routeOf: (matched, path) => {
    const [handlers] = matched as readonly unknown[]
    const routes = Array.isArray(handlers) ? handlers.map(routeIn) : []
    // Middlewares are for all methods and stand in front of the handler.
    const { path: own } = routes.findLast(({ method }) => method !== 'ALL') ?? {}
    const template = text(own)
    // An application within another knows nothing of the path in front.
    return template === null ? null : wholeRoute(template, path)
  },
  addressOf: () => null,
  bodyOf: () => null,
}

function routeIn(entry: unknown): ReturnType<typeof record> {
  const [pair] = Array.isArray(entry) ? (entry as unknown[]) : []
  return Array.isArray(pair) ? record(pair[1]) : {}
}

/** See the head of this file. Nothing happens before the library is loaded. */
export function instrumentHono({ scopes, onError }: HookOptions): Instrument {
  const restore: (() => void)[] = []
  const patched = new WeakSet<object>()
  let isEnabled = true

  const keep = fenced<unknown>((matched) => {
    const served = isEnabled ? scopes.served() : undefined
    if (served === undefined || !Array.isArray(matched)) return
    served.framework = hono
    served.context = matched
  }, onError)

  // It stays where it is: to keep how to undo it would keep the instance.
  function patchInstance(router: unknown): void {
    if (!isObject(router) || patched.has(router) || !Object.hasOwn(router, 'match')) return
    patched.add(router)
    wrapMethod(router, 'match', (_self, _args, matched) => keep(matched))
  }

  const patchOnce = fenced<unknown>(patchInstance, onError)

  function patchClass(prototype: object): void {
    if (patched.has(prototype)) return
    patched.add(prototype)
    const undo = wrapMethod(prototype, 'match', (self, _, matched) => {
      keep(matched)
      patchOnce(self)
    })
    restore.push(undo)
  }

  return {
    libraries: [
      {
        name: 'hono',
        entry: /\/node_modules\/hono\/dist\/index\.js$/,
        onLoad: ({ Hono }) => {
          if (typeof Hono !== 'function') return
          const { router } = membersOf(new (Hono as new () => unknown)())
          if (isObject(router)) patchClass(Object.getPrototypeOf(router) as object)
        },
      },
    ],
    isHooked: () => false,
    settle: () => Promise.resolve(0),
    disable: () => {
      isEnabled = false
      for (const undo of restore.splice(0).reverse()) undo()
    },
  }
}
