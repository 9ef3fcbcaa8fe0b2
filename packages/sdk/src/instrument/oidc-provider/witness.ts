// Sees requests from start to end: the middleware frames each, the provider's events fill it in.
import type { Begin, Occurrence } from '../../event.ts'
import { startStopwatch, type Stopwatch } from '../clock.ts'
import { fence, type OnHookError } from '../fence.ts'
import { parentOf } from '../parent.ts'
import { countRunning, type Running } from '../running.ts'
import { isObject } from '../unknown.ts'
import {
  actionOf,
  type KoaContext,
  remoteAddressOf,
  routeOf,
  snapshot,
  tokenResponseOf,
  type Witnessed,
} from './snapshot.ts'

export interface WitnessOptions {
  /** Called at the end of each audited request, before its response is written. */
  readonly begin: Begin
  readonly onError: OnHookError
}

export type Middleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>

export interface Witness {
  /** Passes on what comes after it: its result, its error, and when. */
  readonly middleware: Middleware
  /** Takes the arguments of the provider's `emit`. */
  readonly onEmit: (args: readonly unknown[]) => void
  /** See running.ts; of all requests, for before its end none shows whether it is audited. */
  readonly settle: Running['settle']
  /** From now on nothing is seen; the middleware may stay where it is. */
  readonly stop: () => void
}

interface Request extends Witnessed {
  readonly stopwatch: Stopwatch
  readonly parent: Occurrence['parent']
}

/** Requests are known by their Koa context and forgotten with it. */
export function createWitness({ begin, onError }: WitnessOptions): Witness {
  const requests = new WeakMap<object, Request>()
  const running = countRunning()
  let isStopped = false

  function enter(ctx: KoaContext): Request {
    const request: Request = {
      stopwatch: startStopwatch(),
      parent: fence(() => parentOf(ctx.req?.headers?.traceparent), onError),
      remoteAddress: fence(() => remoteAddressOf(ctx), onError),
      events: new Map(),
      error: null,
      thrown: null,
    }
    requests.set(ctx, request)
    running.enter()
    return request
  }

  function end(ctx: KoaContext, request: Request): void {
    requests.delete(ctx)
    const endpoint = isStopped ? null : routeOf(ctx)
    if (endpoint === null) return
    const ticket = begin(actionOf(endpoint))
    try {
      const { startTimeUnixNano, stop } = request.stopwatch
      const occurrence = { startTimeUnixNano, endTimeUnixNano: stop(), parent: request.parent }
      ticket.record(snapshot(ctx, request), occurrence)
    } catch (error) {
      ticket.lose(error)
    }
  }

  return {
    middleware: async (ctx, next) => {
      // A provider mounted inside another one shares its context: one request, one record.
      const isSeen = isStopped || requests.has(ctx)
      const request = isSeen ? null : fence(() => enter(ctx), onError)
      if (request === null) return next()
      try {
        return await next()
      } catch (error) {
        request.thrown = error
        throw error
      } finally {
        fence(() => end(ctx, request), onError)
        running.leave()
      }
    },
    onEmit: (args) => {
      const [event] = args
      if (isStopped || typeof event !== 'string') return
      // Older versions had other orders of arguments: they are told apart by what they are.
      const ctx = args.find((arg) => isObject(arg) && requests.has(arg)) as KoaContext | undefined
      const request = ctx && requests.get(ctx)
      if (ctx === undefined || request === undefined) return
      const error = args.find((arg) => arg instanceof Error)
      if (error !== undefined) request.error = error
      request.events.set(event, args.at(-1))
      if (event === 'grant.success') request.events.set(event, tokenResponseOf(ctx))
    },
    settle: running.settle,
    stop: () => {
      isStopped = true
    },
  }
}
