// Sees requests from start to end: the middleware frames each, the provider's events fill it in.
import type { Occurrence, ServerFacts } from '../../event.ts'
import { startStopwatch, type Stopwatch } from '../clock.ts'
import { fence, type OnHookError } from '../fence.ts'
import { parentOf } from '../parent.ts'
import { type KoaContext, remoteAddressOf, routeOf, snapshot, type Witnessed } from './snapshot.ts'

export interface WitnessOptions {
  /** Called at the end of each audited request, before its response is written. */
  readonly onEvent: (facts: ServerFacts, occurrence: Occurrence) => void
  readonly onError: OnHookError
}

export type Middleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>

export interface Witness {
  /** Passes on what comes after it: its result, its error, and when. */
  readonly middleware: Middleware
  /** Takes the arguments of the provider's `emit`. */
  readonly onEmit: (args: readonly unknown[]) => void
  /** From now on nothing is seen; the middleware may stay where it is. */
  readonly stop: () => void
}

interface Request extends Witnessed {
  readonly stopwatch: Stopwatch
  readonly parent: Occurrence['parent']
}

/** Requests are known by their Koa context and forgotten with it. */
export function createWitness({ onEvent, onError }: WitnessOptions): Witness {
  const requests = new WeakMap<object, Request>()
  let isStopped = false

  function begin(ctx: KoaContext): Request {
    const request: Request = {
      stopwatch: startStopwatch(),
      parent: parentOf(ctx.req?.headers?.traceparent),
      remoteAddress: remoteAddressOf(ctx),
      events: new Map(),
      error: null,
      thrown: null,
    }
    requests.set(ctx, request)
    return request
  }

  function end(ctx: KoaContext, request: Request): void {
    requests.delete(ctx)
    if (isStopped || routeOf(ctx) === null) return
    const facts = snapshot(ctx, request)
    const { startTimeUnixNano, stop } = request.stopwatch
    onEvent(facts, { startTimeUnixNano, endTimeUnixNano: stop(), parent: request.parent })
  }

  return {
    middleware: async (ctx, next) => {
      const request = isStopped ? null : fence(() => begin(ctx), onError)
      if (request === null) return next()
      try {
        return await next()
      } catch (error) {
        request.thrown = error
        throw error
      } finally {
        fence(() => end(ctx, request), onError)
      }
    },
    onEmit: (args) => {
      const [event] = args
      if (isStopped || typeof event !== 'string') return
      // Older versions had other orders of arguments: they are told apart by what they are.
      const request = args.map((arg) => isObject(arg) && requests.get(arg)).find((one) => one)
      if (!request) return
      const error = args.find((arg) => arg instanceof Error)
      if (error !== undefined) request.error = error
      request.events.set(event, args.at(-1))
    },
    stop: () => {
      isStopped = true
    },
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
