// Fastify 4 and 5. It publishes each application that is made, so that a tool can add hooks to it
// (its documentation, "Diagnostics Channel Hooks"); nothing is patched. Ours is the first of each
// request, before any that refuses it, and only keeps Fastify's own request.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fenced } from '../fence.ts'
import type { Framework } from '../framework.ts'
import type { HookOptions, Instrument } from '../instrument.ts'
import { attempt, isObject, record, text } from '../unknown.ts'

const channel = 'fastify.initialization'

/** A request of Fastify. */
const fastify: Framework = {
  routeOf: (request) => {
    const { routeOptions } = record(request)
    // Before 4.10. Later ones warn of who asks for it.
    return routeOptions === undefined
      ? text(record(request).routerPath)
      : text(record(routeOptions).url)
  },
  addressOf: (request) => text(attempt(() => record(request).ip)),
  bodyOf: (request) => attempt(() => record(request).body),
}

type OnRequest = (request: unknown, reply: unknown, done: () => void) => void

/** See the head of this file. */
export function instrumentFastify({ scopes, onError }: HookOptions): Instrument {
  let isEnabled = true

  const keep = fenced<unknown>((request) => {
    const { raw } = record(request)
    const served = isEnabled && isObject(raw) ? scopes.served(raw) : undefined
    if (served === undefined) return
    served.framework = fastify
    served.context = request as object
  }, onError)

  const onRequest: OnRequest = function grantlog(request, _reply, done) {
    keep(request)
    done()
  }

  const onInitialization = fenced<unknown>((message) => {
    const application = record(record(message).fastify)
    const { addHook } = application
    if (typeof addHook === 'function') addHook.call(application, 'onRequest', onRequest)
  }, onError)

  subscribe(channel, onInitialization)
  return {
    libraries: [],
    isHooked: () => false,
    settle: () => Promise.resolve(0),
    disable: () => {
      isEnabled = false
      unsubscribe(channel, onInitialization)
    },
  }
}
