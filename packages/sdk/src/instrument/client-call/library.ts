// Functions of client libraries, wrapped: one call, one record, whatever it does within.
import { fence, type OnHookError } from '../fence.ts'
import type { CallFacts } from '../../facts.ts'
import type { ClientCall, Exchange, Scopes } from '../scopes.ts'
import type { Calls } from './call.ts'
import { watchPromise } from './promise.ts'

type Function = (this: unknown, ...args: unknown[]) => unknown

/** A call that has ended. */
export interface SeenCall {
  readonly args: readonly unknown[]
  readonly exchanges: readonly Exchange[]
  /** undefined after an error. */
  readonly result: unknown
  readonly error: unknown
  readonly hasFailed: boolean
}

/** What its record says; null: it has none. */
export type Tell = (seen: SeenCall) => {
  readonly action: string
  readonly facts: () => CallFacts
} | null

export interface LibraryOptions {
  readonly calls: Calls
  readonly scopes: Scopes
  readonly isStopped: () => boolean
  readonly onError: OnHookError
}

/** `original`, which gives a promise, with a record of each call. */
export function wrapCall<T>(original: T, tell: Tell, options: LibraryOptions): T {
  const { calls, scopes, isStopped, onError } = options
  return new Proxy(original as Function, {
    apply(target, self, args) {
      if (isStopped()) return Reflect.apply(target, self, args)
      const open = calls.open()
      const call: ClientCall = { exchanges: [], isOver: false }
      const end = (how: Pick<SeenCall, 'result' | 'error' | 'hasFailed'>): void => {
        call.isOver = true
        const seen = { args, exchanges: call.exchanges, ...how }
        const told = fence(() => tell(seen), onError)
        if (told === null) open.drop()
        else fence(() => open.end(told.action, told.facts), onError)
      }
      let promise: unknown
      try {
        promise = scopes.call(call, () => Reflect.apply(target, self, args))
      } catch (error) {
        open.drop()
        throw error
      }
      return watchPromise(promise, {
        fulfilled: (result) => end({ result, error: undefined, hasFailed: false }),
        rejected: (error) => end({ result: undefined, error, hasFailed: true }),
        dropped: open.drop,
      })
    },
  }) as T
}
