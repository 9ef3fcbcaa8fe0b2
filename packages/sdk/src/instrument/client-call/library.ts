// Functions of client libraries, wrapped: one call, one record, whatever it does within.
import { fence, type OnHookError } from '../fence.ts'
import type { CallFacts } from '../../facts.ts'
import type { ClientCall, Exchange, Scopes } from '../scopes.ts'
import type { Calls, OpenCall } from './call.ts'
import { withCallback } from './callback.ts'
import { type Ended, watchPromise } from './promise.ts'

type Function = (this: unknown, ...args: unknown[]) => unknown

/** A call that has ended. */
export interface SeenCall extends Ended {
  readonly self: unknown
  readonly args: readonly unknown[]
  readonly exchanges: readonly Exchange[]
  /** Parameters by a library within. */
  readonly form?: URLSearchParams | undefined
}

/** What its record says; null: it has none. */
export type Tell = (seen: SeenCall) => {
  readonly action: string
  readonly facts: () => CallFacts
} | null

/** Ends the open call, now or later. */
export type OnEnd = (seen: SeenCall, open: OpenCall) => void

export interface LibraryOptions {
  readonly calls: Calls
  readonly scopes: Scopes
  /** The function is called as if nobody watched. */
  readonly isOff: () => boolean
  readonly onError: OnHookError
  /** Where its last argument is a function, it gives no promise, and tells its result by that. */
  readonly takesCallback?: boolean
}

/** Ends a call with what `tell` says of it. */
export function endWith(tell: Tell): OnEnd {
  return (seen, open) => {
    const told = tell(seen)
    if (told === null) open.drop()
    else open.end(told.action, told.facts)
  }
}

/** `original`, which gives a promise or takes a callback, with a record of each call. */
export function wrapCall<T>(original: T, onEnd: OnEnd, options: LibraryOptions): T {
  const { calls, scopes, isOff, onError, takesCallback = false } = options
  return new Proxy(original as Function, {
    apply(target, self, args) {
      if (isOff()) return Reflect.apply(target, self, args)
      const open = calls.open()
      const call: ClientCall = { exchanges: [], isOver: false }
      const end = (ended: Ended): void => {
        call.isOver = true
        // Taken out: a socket that is kept alive keeps the call, and they hold secrets.
        const { form } = call
        call.form = undefined
        const exchanges = call.exchanges.splice(0)
        const seen = { self: self as unknown, args, exchanges, form, ...ended }
        if (fence(() => (onEnd(seen, open), true), onError) === null) open.drop()
      }
      const watched = takesCallback ? withCallback(args, end) : null
      // It was no call: what is asked from now on does not belong to it.
      const drop = (): void => {
        call.isOver = true
        call.form = undefined
        call.exchanges.splice(0)
        open.drop()
      }
      let promise: unknown
      try {
        promise = scopes.call(call, () => Reflect.apply(target, self, watched ?? args))
      } catch (error) {
        drop()
        throw error
      }
      if (watched !== null) return promise
      return watchPromise(promise, {
        fulfilled: (result) => end({ result, error: undefined, hasFailed: false }),
        rejected: (error) => end({ result: undefined, error, hasFailed: true }),
        dropped: drop,
      })
    },
  }) as T
}
