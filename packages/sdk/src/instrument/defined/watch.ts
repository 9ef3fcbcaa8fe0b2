// Wrappers of a library's functions. Each is a proxy: name, arity, members and `this` are those of
// the function, and so is what comes of a call, the same value or the same error. A library's
// callback is called with what it would be called with.
import { isPromise } from 'node:util/types'
import { withCallback, withLast } from '../client-call/callback.ts'
import {
  endWith as endCallWith,
  type SeenCall,
  type Tell,
  wrapCall,
} from '../client-call/library.ts'
import { type Ended, type OnEnded, watchEnd, watchFunction } from '../client-call/promise.ts'
import type { ServedRequest } from '../scopes.ts'
import { membersOf } from '../unknown.ts'
import type { OpenValidation, ToldValidation } from '../validating.ts'
import type { ToldAction } from './action.ts'
import { callFacts, type ToldCall } from './call.ts'
import type { AnyFunction, Wrap } from './definition.ts'
import type { Seam } from './seam.ts'

/** A call that has ended. */
export interface EndedCall extends Ended {
  readonly self: unknown
  readonly args: readonly unknown[]
  /** The request that is served here and now. */
  readonly served: ServedRequest | undefined
  /** Arguments of the function that made this one, where that is watched. */
  readonly made: readonly unknown[]
}

/** What a library said of a token; null: nothing. */
export type TellValidation = (call: EndedCall) => ToldValidation | null

export interface CallOptions {
  /** Where the function takes one, it tells its result by its last argument: `(error, result)`. */
  readonly callback?: boolean
}

/** A function that validates a token, whose result is a value, a promise, or told to a callback. */
export function validates(tell: TellValidation, options: CallOptions = {}): Wrap {
  return validatesMadeBy(tell, options, [])
}

/** A function that makes such functions; a promise of one will do. */
export function makesValidators(tell: TellValidation, options: CallOptions = {}): Wrap {
  return madeBy((made) => validatesMadeBy(tell, options, made))
}

function validatesMadeBy(
  tell: TellValidation,
  { callback = false }: CallOptions,
  made: readonly unknown[],
): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (seam.isOff()) return Reflect.apply(target, self, args)
        const open = seam.openValidation()
        if (open === null) return Reflect.apply(target, self, args)
        const served = seam.servedOf()
        const end: OnEnded = (ended) =>
          endWith(open, seam, () => tell({ self, args, served, made, ...ended }))
        const run = (own: unknown[]): unknown =>
          open.run(() => Reflect.apply(target, self, own) as unknown)
        return watchCall(run, args, { end, callback })
      },
    })
}

/** A middleware that has let a request in, refused it, or answered it. */
export interface EndedGuard extends EndedCall {
  /** It called `next` without an error. */
  readonly isLetIn: boolean
}

export type TellGuard = (call: EndedGuard) => ToldValidation | null

/**
 * A middleware of `(request, response, next)` or `(context, next)`. It ends when it calls `next`,
 * when it fails, or when it has answered; what comes after it is not within it.
 */
export function guards(tell: TellGuard): Wrap {
  return guardsMadeBy(tell, [])
}

function guardsMadeBy(tell: TellGuard, made: readonly unknown[]): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (seam.isOff()) return Reflect.apply(target, self, args)
        const served = seam.servedOf(args[0])
        const open = seam.openValidation(served)
        if (open === null) return Reflect.apply(target, self, args)
        const end = (ended: Ended, isLetIn: boolean): void =>
          endWith(open, seam, () => tell({ self, args, served, made, isLetIn, ...ended }))
        const onNext = ([error]: readonly unknown[]): void => {
          const hasFailed = error !== undefined && error !== null && !isDetour(error)
          end({ result: undefined, error, hasFailed }, !hasFailed)
        }
        const run = (own: unknown[]): unknown => {
          const result: unknown = open.run(() => Reflect.apply(target, self, own))
          // The record is made before a promise could tell of it.
          if (hasAnswered(args[1])) end({ result, error: undefined, hasFailed: false }, false)
          return result
        }
        return watchCall(run, withLast(args, onNext) ?? args, {
          end: (ended) => {
            // It may still call `next`, or answer, in a moment: express-jwt does.
            if (ended.hasFailed || hasAnswered(args[1])) end(ended, false)
          },
        })
      },
    })
}

/** What Express takes for no error: it goes on elsewhere. */
function isDetour(error: unknown): boolean {
  return error === 'route' || error === 'router'
}

/** A function that makes middlewares. */
export function makesGuards(tell: TellGuard): Wrap {
  return madeBy((made) => guardsMadeBy(tell, made))
}

/** A function whose result, or what its promise gives, is a function to be wrapped itself. */
function madeBy(wrapFor: (args: readonly unknown[]) => Wrap): Wrap {
  return (original, seam) => {
    const wrapped = new WeakMap<object, AnyFunction>()
    return new Proxy(original, {
      apply(target, self, args: unknown[]) {
        const made: unknown = Reflect.apply(target, self, args)
        if (seam.isOff()) return made
        const replaced = (one: unknown): unknown => {
          if (typeof one !== 'function') return one
          const known = wrapped.get(one)
          if (known !== undefined) return known
          const own = seam.fenced(() => wrapFor(args)(one as AnyFunction, seam)) ?? one
          wrapped.set(one, own as AnyFunction)
          return own
        }
        return isPromise(made) ? made.then(replaced) : replaced(made)
      },
    })
  }
}

/** What an authorization server did; null: nothing that is audited. */
export type TellAction = (call: EndedCall) => ToldAction | null

/**
 * A function that does what a request to an authorization server asks for. The record is made when
 * that request ends; of several such functions in one request the last that tells counts.
 */
export function serves(tell: TellAction, options: CallOptions = {}): Wrap {
  return servesMadeBy(tell, options, [])
}

/** A function that makes such functions: of a middleware `next` is the callback. */
export function makesServers(tell: TellAction, options: CallOptions = {}): Wrap {
  return madeBy((made) => servesMadeBy(tell, options, made))
}

function servesMadeBy(
  tell: TellAction,
  { callback = false }: CallOptions,
  made: readonly unknown[],
): Wrap {
  return (original, seam) =>
    new Proxy(original, {
      apply(target, self, args: unknown[]) {
        if (seam.isOff()) return Reflect.apply(target, self, args)
        const served = seam.servedOf(...args)
        const end: OnEnded = (ended) => {
          const told = seam.fenced(() => tell({ self, args, served, made, ...ended }))
          if (told !== null) seam.fenced(() => seam.tellAction(told, served))
        }
        const run = (own: unknown[]): unknown => Reflect.apply(target, self, own)
        return watchCall(run, args, { end, callback })
      },
    })
}

/** A request that was made; null: none that is audited. */
export type TellCall = (call: SeenCall) => ToldCall | null

const actionForm = /^oauth\.[a-z_]{1,40}$/

/** A function that asks an authorization server, or a resource, and gives a promise. */
export function asks(tell: TellCall, { callback = false }: CallOptions = {}): Wrap {
  return (original, seam) => {
    const { calls, scopes, onError } = seam
    const onEnd = endCallWith((seen) => toldOf(tell(seen), seen, seam))
    const isOff = (): boolean => seam.isOff() || scopes.calling() !== undefined
    const options = { calls, scopes, isOff, onError, takesCallback: callback }
    return wrapCall(original, onEnd, options)
  }
}

function toldOf(told: ToldCall | null, seen: SeenCall, seam: Seam): ReturnType<Tell> {
  if (told === null || !actionForm.test(told.action)) return null
  const { library, options } = seam
  const { roleClaims } = options
  return { action: told.action, facts: () => callFacts(told, { library, seen, roleClaims }) }
}

/** What is known before the call; what it gives is to tell of its end, null: nothing. */
export type TellLater = (self: unknown, args: readonly unknown[]) => TellCall | null

/**
 * A function of a client that ends without a request of its own: it gives a token that it has, or
 * checks what somebody sent. The requests within it have their own records.
 */
export function ends(begin: TellLater): Wrap {
  return (original, seam) =>
    watchFunction(original, (args, self) => {
      if (seam.isOff() || seam.scopes.calling() !== undefined) return null
      const tell = seam.fenced(() => begin(self, args))
      if (tell === null) return null
      const open = seam.calls.open()
      return (ended) => {
        const seen = { self, args, exchanges: [], ...ended }
        const told = seam.fenced(() => toldOf(tell(seen), seen, seam))
        if (told === null) open.drop()
        else open.end(told.action, told.facts)
      }
    })
}

interface Watching extends CallOptions {
  readonly end: OnEnded
}

/** Runs a call and tells how it ends; a callback tells it, if there is one among the arguments. */
function watchCall(
  run: (args: unknown[]) => unknown,
  args: unknown[],
  { callback = false, end }: Watching,
): unknown {
  const watched = callback ? withCallback(args, end) : null
  // What only looks like a promise may do anything when it is asked, and nobody knows its end.
  if (watched === null)
    return watchEnd(
      () => run(args),
      end,
      (result) => !isThenable(result),
    )
  try {
    return run(watched)
  } catch (error) {
    end({ result: undefined, error, hasFailed: true })
    throw error
  }
}

function isThenable(value: unknown): boolean {
  return typeof membersOf(value).then === 'function'
}

function endWith(open: OpenValidation, seam: Seam, tell: () => ToldValidation | null): void {
  seam.fenced(() => open.end(seam.fenced(tell)))
}

/** Of a response of Node. */
function hasAnswered(response: unknown): boolean {
  return (response as { readonly headersSent?: unknown } | undefined)?.headersSent === true
}
