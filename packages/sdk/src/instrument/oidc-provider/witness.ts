// Sees requests from start to end: the middleware frames each, the provider's events and its
// storage fill it in.
import type { Occurrence, Ticket } from '../../event.ts'
import type { Facts } from '../../facts.ts'
import { timesSince } from '../clock.ts'
import { fence, type OnHookError } from '../fence.ts'
import type { TokenHookOptions } from '../instrument.ts'
import { parentOf } from '../parent.ts'
import { countRunning, type Running } from '../running.ts'
import { isObject, text, texts } from '../unknown.ts'
import { type Found, type KoaContext, remoteAddressOf, type Witnessed } from './context.ts'
import { actionOf, endpointOf, isAction, roleOf } from './endpoints.ts'
import { tokenResponseOf } from './issued.ts'
import { logoutFacts } from './logout.ts'
import { snapshot } from './snapshot.ts'

export interface WitnessOptions extends TokenHookOptions {
  /** The context of the request that the library serves here and now, if it tells. */
  readonly current: () => unknown
}

export type Middleware = (ctx: KoaContext, next: () => Promise<unknown>) => Promise<unknown>

export interface Witness {
  /** Passes on what comes after it: its result, its error, and when. */
  readonly middleware: Middleware
  /** Takes the arguments of the provider's `emit`. */
  readonly onEmit: (args: readonly unknown[]) => void
  readonly onFound: (found: Found) => void
  /** A route of the library was reached: the record of this request is the library's. */
  readonly onRoute: () => void
  /** See running.ts; of all requests, for before its end none shows whether it is audited. */
  readonly settle: Running['settle']
  /** From now on nothing is seen; the middleware may stay where it is. */
  readonly stop: () => void
}

interface Request extends Witnessed {
  /** `performance.now()`. */
  readonly startedAtMs: number
  readonly parent: Occurrence['parent']
}

/** Stored objects that one request reads; more than this is no protocol any more. */
const foundMax = 64

/** Requests are known by their Koa context and forgotten with it. */
export function createWitness(options: WitnessOptions): Witness {
  const { current, onError } = options
  const { claim, record, recordLogout } = createRecording(options)
  const requests = new WeakMap<object, Request>()
  const running = countRunning()
  let isStopped = false

  function enter(ctx: KoaContext): Request {
    const request = openRequest(ctx, onError)
    requests.set(ctx, request)
    running.enter()
    return request
  }

  function now(): { readonly ctx: KoaContext; readonly request: Request } | null {
    const ctx = isStopped ? null : current()
    const request = isObject(ctx) ? requests.get(ctx) : undefined
    return request === undefined ? null : { ctx: ctx as KoaContext, request }
  }

  function end(ctx: KoaContext, request: Request): void {
    // The application may have answered itself: then it has ended before.
    if (!requests.delete(ctx)) return
    if (!isStopped) fence(() => record(ctx, request), onError)
    running.leave()
  }

  const unready = onAnswered(options, requests, end)
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
        end(ctx, request)
      }
    },
    onEmit: (args) => {
      const [event] = args
      if (isStopped || typeof event !== 'string') return
      // Events of tokens and other stored things have no context among theirs.
      const given = contextAmong(args, requests)
      const ctx = given ?? (isOfStored(event) ? now()?.ctx : undefined)
      const request = ctx && requests.get(ctx)
      if (ctx === undefined || request === undefined) return
      if (event.startsWith('backchannel.')) recordLogout(args, ctx, request)
      else note(request, event, args, ctx)
    },
    onFound: (found) => {
      const seen = now()?.request.found
      if (seen !== undefined && seen.length < foundMax) seen.push(found)
    },
    onRoute: () => {
      const here = now()
      if (here !== null) claim(here.ctx)
    },
    settle: running.settle,
    stop: () => {
      isStopped = true
      unready()
    },
  }
}

/** Events of stored things that a request's record tells of. */
function isOfStored(event: string): boolean {
  return event.endsWith('.destroyed') || event === 'refresh_token.saved'
}

/** Older versions had other orders of arguments: they are told apart by what they are. */
function contextAmong(
  args: readonly unknown[],
  requests: WeakMap<object, Request>,
): KoaContext | undefined {
  return args.find((arg) => isObject(arg) && requests.has(arg)) as KoaContext | undefined
}

/** Calls `end` with the request, if it still runs, whose held response is about to begin. */
function onAnswered(
  { scopes, current }: WitnessOptions,
  requests: WeakMap<object, Request>,
  end: (ctx: KoaContext, request: Request) => void,
): () => void {
  return scopes.onReady((exchanged) => {
    const ctx = current()
    const request = isObject(ctx) ? requests.get(ctx) : undefined
    if (request === undefined || (ctx as KoaContext).req !== exchanged.request) return
    end(ctx as KoaContext, request)
  })
}

function openRequest(ctx: KoaContext, onError: OnHookError): Request {
  return {
    startedAtMs: performance.now(),
    parent: fence(() => parentOf(ctx.req?.headers?.traceparent), onError),
    remoteAddress: fence(() => remoteAddressOf(ctx.req), onError),
    events: new Map(),
    revokedGrants: [],
    found: [],
    error: null,
    thrown: null,
  }
}

/** What becomes of a request at its end. */
interface Recording {
  /** It is the library's: nobody else is to make a record of it. */
  readonly claim: (ctx: KoaContext) => void
  /** Its record, if it is one of a request that did something. */
  readonly record: (ctx: KoaContext, request: Request) => void
  /** The record of a logout token that was sent on the way. */
  readonly recordLogout: (args: readonly unknown[], ctx: KoaContext, request: Request) => void
}

function createRecording({ begin, scopes, roleClaims }: WitnessOptions): Recording {
  function claim({ req }: KoaContext): void {
    const served = isObject(req) ? scopes.served(req) : undefined
    if (served !== undefined) served.isClaimed = true
  }

  function emit(ticket: Ticket, request: Request, facts: () => Facts): void {
    try {
      ticket.record(facts(), occurrenceOf(request))
    } catch (error) {
      ticket.lose(error)
    }
  }

  return {
    claim,
    record: (ctx, request) => {
      if (text(ctx._matchedRouteName) === null) return
      claim(ctx)
      const endpoint = endpointOf(ctx)
      if (endpoint === null || !isAction(endpoint, ctx, request)) return
      const ticket = begin(actionOf(endpoint), roleOf(endpoint), ctx.req)
      emit(ticket, request, () => snapshot(endpoint, ctx, request, roleClaims))
    },
    recordLogout: (args, ctx, request) => {
      const ticket = begin('oauth.backchannel_logout', 'authorization_server', ctx.req)
      emit(ticket, request, () => logoutFacts(args, ctx))
    },
  }
}

function note(request: Request, event: string, args: readonly unknown[], ctx: KoaContext): void {
  const error = args.find((arg) => arg instanceof Error)
  if (error !== undefined) request.error = error
  const last = args.at(-1)
  request.events.set(event, event === 'grant.success' ? tokenResponseOf(ctx) : last)
  if (event === 'grant.revoked') request.revokedGrants.push(...texts(last))
}

function occurrenceOf({ parent, startedAtMs }: Request): Occurrence {
  return { ...timesSince(startedAtMs), parent }
}
