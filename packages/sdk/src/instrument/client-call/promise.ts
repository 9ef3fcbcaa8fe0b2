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
