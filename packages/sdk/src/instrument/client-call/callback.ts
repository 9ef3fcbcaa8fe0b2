// Functions that tell their result to a callback, their last argument.
import type { Ended, OnEnded } from './promise.ts'

type Function = (this: unknown, ...args: unknown[]) => unknown

/** The arguments with a callback of `(error, result)` that tells; null: the last one is none. */
export function withCallback(args: readonly unknown[], end: OnEnded): unknown[] | null {
  return withLast(args, ([error, result]) => end(endedWith(error, result)))
}

function endedWith(error: unknown, result: unknown): Ended {
  const hasFailed = error !== undefined && error !== null
  return { result: hasFailed ? undefined : result, error: error ?? undefined, hasFailed }
}

/** The arguments with a last function that tells with what it is called; null: there is none. */
export function withLast(
  args: readonly unknown[],
  onCall: (args: readonly unknown[]) => void,
): unknown[] | null {
  const last = args.at(-1)
  if (typeof last !== 'function') return null
  const watched = new Proxy(last as Function, {
    apply(target, self, own: unknown[]) {
      onCall(own)
      return Reflect.apply(target, self, own)
    },
  })
  return [...args.slice(0, -1), watched]
}
