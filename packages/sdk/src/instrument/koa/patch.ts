// Koa 2 and 3 (CommonJS, with an ES module around it). `createContext` of its class is called once
// for each request; the context that it gives is kept with the request, since a router leaves there
// which route was reached.
import { fenced } from '../fence.ts'
import { type Framework, wholeRoute } from '../framework.ts'
import type { HookOptions, Instrument } from '../instrument.ts'
import { attempt, isObject, membersOf, record, text } from '../unknown.ts'
import { wrapMethod } from '../wrap.ts'

/** A context of Koa. */
const koa: Framework = {
  // By @koa/router and others of that name. koa-mount takes its part of the path away in front.
  routeOf: (ctx, path) => {
    const own = text(record(ctx)._matchedRoute)
    if (own === null) return null
    const mount = text(record(ctx).mountPath)?.replace(/\/$/, '') ?? ''
    return (
      wholeRoute(own, path) ??
      (mount === '' ? null : wholeRoute(`${mount}${own === '/' ? '' : own}`, path))
    )
  },
  // Koa knows the address behind proxies; `ip` of an application that trusts none is the other
  // end's.
  addressOf: (ctx) => text(attempt(() => record(ctx).ip)),
  bodyOf: (ctx) => attempt(() => record(record(ctx).request).body),
}

/** See the head of this file. Nothing happens before the library is loaded. */
export function instrumentKoa({ scopes, onError }: HookOptions): Instrument {
  const restore: (() => void)[] = []
  const patched = new WeakSet<object>()

  const keep = fenced<{ request: unknown; context: unknown }>(({ request, context }) => {
    const served = isObject(request) ? scopes.served(request) : undefined
    if (served === undefined || !isObject(context)) return
    served.framework = koa
    served.context = context
  }, onError)

  return {
    libraries: [
      {
        name: 'koa',
        entry: /\/node_modules\/koa\/(?:dist\/koa\.mjs|lib\/application\.js)$/,
        onLoad: (exports) => {
          const { prototype } = membersOf(exports.default ?? exports)
          if (!isObject(prototype) || patched.has(prototype)) return
          patched.add(prototype)
          const after = (_: unknown, [request]: readonly unknown[], context: unknown): void =>
            keep({ request, context })
          restore.push(wrapMethod(prototype, 'createContext', after))
        },
      },
    ],
    // It serves requests of any kind: only those about OAuth count, and others see them.
    isHooked: () => false,
    settle: () => Promise.resolve(0),
    disable: () => {
      for (const undo of restore.splice(0).reverse()) undo()
    },
  }
}
