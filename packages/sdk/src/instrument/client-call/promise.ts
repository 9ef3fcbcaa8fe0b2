import { isPromise } from 'node:util/types'

/** How a call ended. Nothing here may throw. */
export interface Ending {
  readonly fulfilled: (value: unknown) => void
  readonly rejected: (error: unknown) => void
  /** It gave something else than a promise. */
  readonly dropped: () => void
}

/**
 * Tells how a promise ends before its owner learns it.
 *
 * A promise can be watched only by a promise derived from it; watched without, its rejection would
 * count as handled. So its owner gets the derived one, which settles in the same way.
 */
export function watchPromise(promise: unknown, ending: Ending): unknown {
  // Something that only looks like a promise may do anything when it is asked.
  if (!isPromise(promise)) {
    ending.dropped()
    return promise
  }
  return promise.then(
    (value: unknown) => {
      ending.fulfilled(value)
      return value
    },
    (error: unknown) => {
      ending.rejected(error)
      throw error
    },
  )
}

/** How a function ended. */
export interface Ended {
  /** undefined after an error. */
  readonly result: unknown
  readonly error: unknown
  readonly hasFailed: boolean
}

export type OnEnded = (ended: Ended) => void

/**
 * Runs a call and tells how it ends: a promise when it settles, all else at once, unless `isEnd`
 * says of a value that it is none yet. Neither may throw.
 */
export function watchEnd(
  run: () => unknown,
  end: OnEnded,
  isEnd: (result: unknown) => boolean = () => true,
): unknown {
  const rejected = (error: unknown): void => end({ result: undefined, error, hasFailed: true })
  let result: unknown
  try {
    result = run()
  } catch (error) {
    rejected(error)
    throw error
  }
  const fulfilled = (value: unknown): void =>
    end({ result: value, error: undefined, hasFailed: false })
  const dropped = (): void => void (isEnd(result) && fulfilled(result))
  return watchPromise(result, { fulfilled, rejected, dropped })
}

/**
 * `original`, with how each call ends told to what `begin` gives for it; null: nobody needs to
 * know. A promise ends when it settles, all else at once. Neither may throw.
 */
export function watchFunction<T>(
  original: T,
  begin: (args: readonly unknown[], self: unknown) => OnEnded | null,
): T {
  return new Proxy(original as Function, {
    apply(target, self, args) {
      const tell = begin(args, self)
      if (tell === null) return Reflect.apply(target, self, args)
      return watchEnd(() => Reflect.apply(target, self, args), tell)
    },
  }) as T
}

type Function = (this: unknown, ...args: unknown[]) => unknown
